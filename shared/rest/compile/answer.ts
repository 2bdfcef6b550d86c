import type { Format, Media } from "../parse/accept.ts";
import type { Preferences } from "../parse/prefer.ts";
import { relationName } from "./sql.ts";

/** What becomes of the rows of the query named `source`: one row with their number and the body of the answer. */
export interface Shape {
  format: Format;
  /** The client wants exactly one row; otherwise `format` decides. */
  singular?: boolean;
  /** Expression of the body, in the place of the rows as `format` says. */
  body?: string;
  /** The body is left out. */
  head?: boolean;
  /** Expression of the number of rows there are without a limit; null when nobody asked. */
  total?: string | undefined;
  /** Further columns of the answer. */
  more?: string[];
  preferences: Preferences;
}

/** Fails inside the statement, so that a transaction which must not commit does not: the text is read back from the error. */
export const GUARD = /invalid input syntax for type integer: "(PGRST\d{3}):(\d+)"/;

/** The columns of the statement's one row. `rows` is the name under which they are selected from. */
export function answerColumns({
  format,
  body,
  head = false,
  total,
  more = [],
  preferences,
  ...shape
}: Shape): string[] {
  const singular = shape.singular ?? format.kind === "object";
  return [
    "count(*) AS page_total",
    `${total ?? "NULL::bigint"} AS total`,
    `${head ? "''" : (body ?? bodySql(format))} AS body`,
    "nullif(current_setting('response.status', true), '') AS status",
    "nullif(current_setting('response.headers', true), '') AS headers",
    ...more,
    ...guards(singular, preferences),
  ];
}

const guard = (holds: string, code: string) =>
  `CASE WHEN ${holds} THEN 0 ELSE ('${code}:' || count(*))::integer END AS "${code}"`;

function guards(singular: boolean, { handling, max_affected }: Preferences): string[] {
  const bounded = handling === "strict" && max_affected !== undefined;
  return [
    ...(singular ? [guard("count(*) = 1", "PGRST116")] : []),
    ...(bounded ? [guard(`count(*) <= ${max_affected}`, "PGRST124")] : []),
  ];
}

function bodySql({ kind, strip_nulls, media }: Format): string {
  if (media) return rawSql(`${media.aggregate}(r${media.of ? `::${quoted(media.of)}` : ""})`, media);
  const row = strip_nulls ? "json_strip_nulls(row_to_json(r))" : "r";
  if (kind === "csv") return CSV;
  if (kind === "object") return `coalesce((json_agg(${row}) -> 0)::text, 'null')`;
  return `coalesce(json_agg(${row})::text, '[]')`;
}

const quoted = (name: string) => {
  const [schema = "", ...rest] = name.split(".");
  return relationName({ schema, name: rest.join(".") });
};

/** A value as it is sent, bytes in hexadecimal; nothing for null. */
export const rawSql = (value: string, { binary }: Pick<Media, "binary">) =>
  `coalesce(${binary ? `encode(${value}::bytea, 'hex')` : `${value}::text`}, '')`;

/** The names of the first row's columns, then each row as Postgres writes a record, without its brackets. */
const CSV = `(SELECT coalesce((SELECT string_agg(names.name, ',') FROM (
    SELECT json_object_keys(row_to_json(first)) AS name FROM (SELECT * FROM source LIMIT 1) AS first) AS names), '')
  || E'\\n' || coalesce(string_agg(substring(r::text, 2, length(r::text) - 2), E'\\n'), ''))`;
