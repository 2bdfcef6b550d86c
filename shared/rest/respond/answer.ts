import type { Answer, Plan } from "../compile/plan.ts";
import { RestError } from "../error.ts";
import type { Format } from "../parse/accept.ts";
import type { Preferences } from "../parse/prefer.ts";

export interface RestResponse {
  status: number;
  headers: [string, string][];
  body: string | Uint8Array<ArrayBuffer> | null;
}

export interface Asked {
  method: string;
  /** Last part of the address: a table's name. */
  resource: string;
  format: Format;
  preferences: Preferences;
  max_rows: number;
  /** A preference about the transaction was heeded. */
  rollback_allowed: boolean;
  /** Of a reading of a table: its address, parameters in the order of their names. */
  location?: string | undefined;
  /** The schema, where there is a choice. */
  profile?: string | undefined;
}

/** Puts the row that a plan's statement gave into the form of an HTTP answer. */
export function respond(plan: Plan, row: Answer, estimate: number | undefined, asked: Asked): RestResponse {
  const rows = Number(row.page_total);
  const total = totalOf(row, estimate, asked);
  const range = contentRange(plan, rows, total);
  const headers: [string, string][] = plan.is_put ? [] : [["content-range", range]];
  if (asked.location !== undefined && plan.kind === "read") headers.push(["content-location", asked.location]);
  const applied = preferenceApplied(plan, asked);
  if (applied) headers.push(["preference-applied", applied]);
  if (row.location && plan.location && rows === 1) headers.push(["location", locationOf(asked.resource, row.location)]);
  if (plan.has_body && !plan.is_void) {
    headers.push(["content-type", contentType(asked.format, plan)]);
    if (asked.profile !== undefined) headers.push(["content-profile", asked.profile]);
  }
  const status = givenStatus(row.status) ?? statusOf(plan, row, rows, total);
  const text = plan.has_body && !plan.is_void && asked.method !== "HEAD" ? row.body : null;
  const body = text !== null && asked.format.media?.binary ? bytesOf(text) : text;
  const own = ownHeaders(row.headers);
  const kept = headers.filter(([name]) => !own.some(([given]) => given.toLowerCase() === name));
  return { status, headers: [...kept, ...own], body: status === 204 || status === 205 ? null : body };
}

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** Types of ours whose text is UTF-8; what others mean, they say themselves. */
const UTF8 = new Set([
  "text/plain",
  "text/csv",
  "text/xml",
  "application/json",
  "application/geo+json",
  "application/openapi+json",
]);

/**
 * What a function put into `response.status`.
 * @throws RestError PGRST112 for what is no status
 */
function givenStatus(given: string | null): number | undefined {
  if (given === null) return undefined;
  const status = Number(/^\d+/.exec(given)?.[0]);
  if (status >= 200 && status < 600) return status;
  throw new RestError(500, "PGRST112", "response.status guc must be a valid status code");
}

/** A count beyond the page is taken from the planner where that was asked for. */
function totalOf({ total }: Answer, estimate: number | undefined, { preferences, max_rows }: Asked): number | null {
  const counted = total === null ? null : Number(total);
  if (preferences.count === "planned") return estimate ?? counted;
  if (preferences.count === "estimated" && counted !== null && counted > max_rows) {
    return Math.max(counted, estimate ?? counted);
  }
  return counted;
}

function statusOf(plan: Plan, { updated }: Answer, rows: number, total: number | null): number {
  switch (plan.kind) {
    case "insert":
      return 201;
    case "upsert": {
      if (plan.is_put && !plan.has_body) return 204;
      const inserted = rows - Number(updated ?? 0) > 0;
      return inserted || plan.ignores_duplicates ? 201 : 200;
    }
    case "update":
    case "delete":
      return plan.has_body ? 200 : 204;
    case "call":
      return plan.is_void ? 204 : pageStatus(plan, rows, total);
    case "read":
      return pageStatus(plan, rows, total);
  }
}

/** @throws RestError PGRST103 for a page beyond the last row */
function pageStatus({ offset }: Plan, rows: number, total: number | null): number {
  if (total === null) return 200;
  if (offset > total) {
    const error = new RestError(
      416,
      "PGRST103",
      "Requested range not satisfiable",
      `An offset of ${offset} was requested, but there are only ${total} rows.`,
    );
    error.headers.push(["content-range", `*/${total}`]);
    throw error;
  }
  return rows < total ? 206 : 200;
}

function contentRange({ kind, offset }: Plan, rows: number, total: number | null): string {
  const of = total ?? "*";
  if (kind === "insert" || kind === "upsert" || kind === "delete" || rows === 0) return `*/${of}`;
  return `${offset}-${offset + rows - 1}/${of}`;
}

function contentType({ kind, strip_nulls, media }: Format, { kind: plan }: Plan): string {
  if (media) return UTF8.has(media.type) ? `${media.type}; charset=utf-8` : media.type;
  const nulls = strip_nulls ? ";nulls=stripped" : "";
  switch (kind) {
    case "csv":
      return "text/csv; charset=utf-8";
    case "object":
      return `application/vnd.pgrst.object+json${nulls}; charset=utf-8`;
    case "text":
      return "text/plain; charset=utf-8";
    default:
      return strip_nulls && plan !== "call"
        ? "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
        : "application/json; charset=utf-8";
  }
}

/** The preferences that matter to a kind of request, in PostgREST's order. */
const HEEDED: Record<Plan["kind"], readonly (keyof Preferences)[]> = {
  read: ["count", "tx", "handling", "timezone"],
  call: ["count", "tx", "handling", "timezone", "max_affected"],
  insert: ["missing", "return", "count", "tx", "handling", "timezone"],
  upsert: ["resolution", "missing", "return", "count", "tx", "handling", "timezone"],
  update: ["missing", "return", "count", "tx", "handling", "timezone", "max_affected"],
  delete: ["return", "count", "tx", "handling", "timezone", "max_affected"],
};
const OF_PUT = HEEDED.upsert.filter((name) => name !== "resolution" && name !== "missing");

function preferenceApplied({ kind, is_put }: Plan, { preferences, rollback_allowed }: Asked): string {
  return (is_put ? OF_PUT : HEEDED[kind])
    .filter((name) => name !== "tx" || rollback_allowed)
    .filter((name) => name !== "max_affected" || preferences.handling === "strict")
    .flatMap((name) => (preferences[name] === undefined ? [] : [`${name.replace("_", "-")}=${preferences[name]}`]))
    .join(", ");
}

function locationOf(resource: string, json: string): string {
  const key = JSON.parse(json) as Record<string, unknown>;
  const filters = Object.entries(key).map(
    ([name, value]) => `${encodeURIComponent(name)}=eq.${encodeURIComponent(String(value))}`,
  );
  return `/${resource}?${filters.join("&")}`;
}

/** What a function put into `response.headers`: a JSON list of objects with one property each. */
function ownHeaders(json: string | null): [string, string][] {
  if (json === null) return [];
  try {
    const list = JSON.parse(json) as unknown;
    if (!Array.isArray(list)) throw new TypeError("no list");
    return list.map((one: unknown): [string, string] => {
      const [pair, ...more] = Object.entries(one as object);
      if (!pair || more.length > 0 || typeof pair[1] !== "string") throw new TypeError("not one header");
      return [pair[0], pair[1]];
    });
  } catch {
    throw new RestError(
      500,
      "PGRST111",
      "response.headers guc must be a JSON array composed of objects with a single key and a string value",
    );
  }
}
