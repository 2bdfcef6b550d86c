import type { Answer, Plan } from "../compile/plan.ts";
import { RestError } from "../error.ts";
import type { Format } from "../parse/accept.ts";
import type { Preferences } from "../parse/prefer.ts";

export interface RestResponse {
  status: number;
  headers: [string, string][];
  body: string | null;
}

export interface Asked {
  method: string;
  /** Last part of the address: a table's name. */
  resource: string;
  format: Format;
  preferences: Preferences;
  max_rows: number;
}

/** Puts the row that a plan's statement gave into the form of an HTTP answer. */
export function respond(plan: Plan, row: Answer, estimate: number | undefined, asked: Asked): RestResponse {
  const rows = Number(row.page_total);
  const total = totalOf(row, estimate, asked);
  const headers: [string, string][] = [["content-range", contentRange(plan, rows, total)]];
  const applied = preferenceApplied(asked.preferences);
  if (applied) headers.push(["preference-applied", applied]);
  if (row.location && plan.location) headers.push(["location", locationOf(asked.resource, row.location)]);
  const status = Number(row.status ?? statusOf(plan, row, rows, total, asked));
  const body = plan.has_body && !plan.is_void && asked.method !== "HEAD" ? row.body : null;
  if (plan.has_body && !plan.is_void) headers.push(["content-type", contentType(asked.format, plan)]);
  return { status, headers: [...headers, ...ownHeaders(row.headers)], body: status === 204 ? null : body };
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

function statusOf(plan: Plan, { updated }: Answer, rows: number, total: number | null, { method }: Asked): number {
  switch (plan.kind) {
    case "insert":
      return 201;
    case "upsert": {
      const inserted = rows - Number(updated ?? 0) > 0;
      if (inserted) return 201;
      return plan.has_body || method === "POST" ? 200 : 204;
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
    throw new RestError(
      416,
      "PGRST103",
      "Requested range not satisfiable",
      `An offset of ${offset} was requested, but there are only ${total} rows.`,
    );
  }
  return rows < total ? 206 : 200;
}

function contentRange({ kind, offset }: Plan, rows: number, total: number | null): string {
  const of = total ?? "*";
  if (kind === "insert" || kind === "upsert" || kind === "delete" || rows === 0) return `*/${of}`;
  return `${offset}-${offset + rows - 1}/${of}`;
}

function contentType({ kind, strip_nulls }: Format, { kind: plan }: Plan): string {
  const nulls = strip_nulls ? ";nulls=stripped" : "";
  switch (kind) {
    case "csv":
      return "text/csv; charset=utf-8";
    case "object":
      return `application/vnd.pgrst.object+json${nulls}; charset=utf-8`;
    case "text":
      return "text/plain; charset=utf-8";
    case "octets":
      return "application/octet-stream";
    default:
      return strip_nulls && plan !== "call"
        ? "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
        : "application/json; charset=utf-8";
  }
}

function preferenceApplied(preferences: Preferences): string {
  const { resolution, missing, tx, handling, timezone, max_affected } = preferences;
  const all = { resolution, missing, return: preferences.return, count: preferences.count, tx, handling, timezone };
  const named = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return [...named, ...(max_affected === undefined ? [] : [`max-affected=${max_affected}`])].join(", ");
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
    return list.flatMap((one: unknown) =>
      Object.entries(one as object).map(([name, value]): [string, string] => [name, String(value)]),
    );
  } catch {
    throw new RestError(
      500,
      "PGRST111",
      "response.headers guc must be a JSON array composed of objects with a single key and a string value",
    );
  }
}
