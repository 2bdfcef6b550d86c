import type { ProviderEvent } from "../../shared/channels/events.ts";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import type { Ingested } from "../../shared/ingest/ingest.ts";
import type { Tools } from "../tools.ts";

/** Meta's own bound on a webhook body; no other provider sends more. */
export const MAX_WEBHOOK_BYTES = 3 * 1024 * 1024;

export interface Source {
  provider: string;
  verify: (request: SignedRequest) => Promise<boolean>;
  normalise: (body: unknown) => Promise<ProviderEvent[]>;
}

/**
 * A provider's webhook, from bytes to rows: size, signature over the raw bytes, and only then parsing (F10). When this
 * returns, every item of the body is in Postgres (F8); when it throws, the provider keeps it and delivers it again.
 */
export async function receive(request: Request, source: Source, tools: Tools): Promise<Ingested> {
  const received_at = tools.now();
  const body = await readBody(request, MAX_WEBHOOK_BYTES);
  if (!body) throw new ServiceError("too_large", `A webhook body may have ${MAX_WEBHOOK_BYTES} bytes at most.`);
  if (!(await source.verify({ url: request.url, headers: request.headers, body }))) {
    throw new ServiceError("unauthorized", "The signature does not match the body.");
  }
  const events = await source.normalise(parse(body));
  const ingested = await ingest(tools.exec, { provider: source.provider, received_at, events });
  tools.log("info", "webhook.stored", { provider: source.provider, items: events.length, ...tally(ingested) });
  return ingested;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServiceError("invalid_input", "The body is not JSON.", undefined, { cause });
  }
}

function tally({ outcomes, wake }: Ingested): Record<string, number> {
  const counts: Record<string, number> = { woken: wake.length };
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
