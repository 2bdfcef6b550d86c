import { RestError } from "../error.ts";

/** What a request brings to be written: an array of objects as the client spelled it, so that no digit is lost. */
export interface Payload {
  /** JSON, always an array. */
  json: string;
  /** Names of the first object's properties. */
  keys: string[];
  /** Whether every object has these and no others. */
  uniform: boolean;
  count: number;
  /** The client sent one object, not an array. */
  single: boolean;
}

/** @throws RestError PGRST102 when the body is not what its content type says */
export function parseBody(body: string, content_type: string | null): Payload {
  const type = typeOf(content_type);
  switch (type) {
    case "application/json":
    case "application/vnd.pgrst.object+json":
    case "application/vnd.pgrst.array+json":
      return payloadOf(body);
    case "application/x-www-form-urlencoded":
      return payloadOf(JSON.stringify(Object.fromEntries(new URLSearchParams(body))));
    case "text/csv":
      return payloadOf(JSON.stringify(readCsv(body)));
    default:
      throw new RestError(400, "PGRST102", `Content-Type not acceptable: ${type}`);
  }
}

/** The type alone, in lower case; JSON where none is named. */
export const typeOf = (content_type: string | null): string =>
  content_type?.split(";", 1)[0]?.trim().toLowerCase() || "application/json";

/** @throws RestError PGRST102 when it is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RestError(400, "PGRST102", "Empty or invalid json");
  }
}

/** A value that is neither an object nor an array brings no rows. */
function payloadOf(text: string): Payload {
  const value = parseJson(text);
  const single = isObject(value);
  if (!single && !Array.isArray(value)) return { json: "[]", keys: [], uniform: true, count: 0, single };
  const rows: unknown[] = single ? [value] : value;
  if (!rows.every(isObject)) throw new RestError(400, "PGRST102", "All object keys must match");
  const keys = Object.keys(rows[0] ?? {});
  const uniform = rows.every(
    (row) => Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key)),
  );
  return { json: single ? `[${text}]` : text, keys, uniform, count: rows.length, single };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** RFC 4180; an unquoted `NULL` is null. */
export function readCsv(text: string): Record<string, string | null>[] {
  const [header = [], ...lines] = readRecords(text);
  return lines.map((cells) => {
    if (cells.length !== header.length)
      throw new RestError(400, "PGRST102", "All lines must have same number of fields");
    return Object.fromEntries(header.map((name, i) => [name ?? "", cells[i] ?? null]));
  });
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function readRecords(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  for (let at = 0; at < text.length;) {
    CELL.lastIndex = at;
    const found = CELL.exec(text);
    if (!found) throw new RestError(400, "PGRST102", "The body is not CSV");
    const [whole, quoted, bare = "", end] = found;
    record.push(quoted === undefined ? (bare === "NULL" ? null : bare) : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === "," && at === text.length) record.push("");
    if (end !== ",") {
      records.push(record);
      record = [];
    }
  }
  if (record.length > 0) records.push(record);
  return records;
}
