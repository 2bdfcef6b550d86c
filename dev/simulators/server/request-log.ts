import type { IncomingHttpHeaders } from "node:http";
import type { Call, Provider } from "./http.ts";

/** One provider request as `GET /_sim/requests` shows it. */
export interface RequestRecord {
  id: number;
  /** ISO time of arrival. */
  at: string;
  provider: Provider;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Credentials are cut to their last four characters. */
  headers: Record<string, string>;
  body: unknown;
  /** HTTP status answered; null while in flight; 0 when a fault cut the connection before the provider saw the request. */
  status: number | null;
  /** Kinds of the faults that struck this request. */
  faults: string[];
}

export interface RequestLog {
  /** Records an arrival and returns the record for its status to be filled in; null when recording is off. */
  begin(provider: Provider, call: Call, now: number): RequestRecord | null;
  /** Oldest first. `since` is an id (exclusive) or unix milliseconds (inclusive). */
  list(filter: {
    provider?: Provider | undefined;
    since?: { id: number } | { at: number } | undefined;
  }): RequestRecord[];
  clear(): void;
}

/** A log that keeps the newest `limit` requests. Ids keep rising over `clear`. */
export function createRequestLog(limit: number): RequestLog {
  let records: RequestRecord[] = [];
  let next = 1;
  return {
    begin(provider, call, now) {
      if (limit === 0) return null;
      const record: RequestRecord = {
        id: next++,
        at: new Date(now).toISOString(),
        provider,
        method: call.method,
        path: call.path,
        query: Object.fromEntries(call.query),
        headers: redact(call.headers),
        body: call.body ?? null,
        status: null,
        faults: [],
      };
      if ("key" in record.query) record.query.key = lastFour(record.query.key);
      records.push(record);
      // Trimmed in large steps: shifting the array at every request would cost more than the request.
      if (records.length >= limit * 2) records = records.slice(-limit);
      return record;
    },
    list({ provider, since }) {
      return records
        .slice(-limit)
        .filter(
          (record) =>
            (!provider || record.provider === provider) &&
            (!since || ("id" in since ? record.id > since.id : Date.parse(record.at) >= since.at)),
        );
    },
    clear() {
      records = [];
    },
  };
}

const CREDENTIALS = new Set(["authorization", "x-goog-api-key", "x-api-key"]);

function redact(headers: IncomingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = String(value);
    shown[name] = CREDENTIALS.has(name) ? lastFour(text) : text;
  }
  return shown;
}

function lastFour(text: string | undefined): string {
  return `…${(text ?? "").slice(-4)}`;
}
