import { RestError } from "../error.ts";
import type { Payload } from "../parse/body.ts";
import type { Relation } from "../schema/model.ts";
import { answerColumns } from "./answer.ts";
import type { Context } from "./context.ts";
import { readable } from "./field.ts";
import { applyClauses, buildNode, embedsOf } from "./node.ts";
import type { Node } from "./node.ts";
import type { Plan } from "./plan.ts";
import type { Asked } from "./read.ts";
import { selectSql, whereSql } from "./select.ts";
import { identifier, literal, relationName } from "./sql.ts";

/** `POST`: new rows, or with a resolution rows that are new or renewed. */
export function compileInsert(relation: Relation, payload: Payload, asked: Asked, context: Context): Plan {
  const { query, preferences } = asked;
  const columns = writtenColumns(relation, payload, query.columns);
  const root = rootOf(relation, asked, context, false);
  const keys = query.on_conflict ?? relation.primary_key;
  const resolution = preferences.resolution !== undefined && keys.length > 0 ? preferences.resolution : undefined;
  const target = `INSERT INTO ${relationName(relation)}${columns.length > 0 ? ` (${names(columns)})` : ""}`;
  const rows = rowsSql(relation, payload, columns, preferences.missing === "default", context);
  const conflict = resolution ? conflictSql(relation, keys, columns, resolution) : "";
  const plan = change(resolution ? "upsert" : "insert", `${target} ${rows}${conflict}`, root, asked, context);
  return { ...plan, ignores_duplicates: resolution === "ignore-duplicates" };
}

/**
 * `PUT`: one row, named by its whole primary key, new or renewed.
 * @throws RestError PGRST105 when the filters are not just the key, PGRST115 when the body has another key
 */
export function compilePut(relation: Relation, payload: Payload, asked: Asked, context: Context): Plan {
  const filters = new Map<string, string>();
  for (const { path, condition, limit, offset } of asked.query.clauses) {
    if (limit !== undefined || offset !== undefined) {
      throw new RestError(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT");
    }
    if (!condition) continue;
    const plain = condition.kind === "filter" && condition.operator === "eq" && !condition.negated && path.length === 0;
    if (!plain || filters.has(condition.field.name)) throw notTheKey();
    filters.set(condition.field.name, condition.value);
  }
  const key = relation.primary_key;
  if (key.length === 0 || filters.size !== key.length || !key.every((column) => filters.has(column))) throw notTheKey();
  const [row = {}] = JSON.parse(payload.json) as Record<string, unknown>[];
  if (payload.count !== 1 || key.some((column) => String(row[column]) !== filters.get(column))) {
    throw new RestError(400, "PGRST115", "Payload values do not match URL in primary key column(s)");
  }
  const query = { ...asked.query, clauses: [] };
  const preferences = { ...asked.preferences, resolution: "merge-duplicates" as const };
  return { ...compileInsert(relation, payload, { ...asked, query, preferences }, context), is_put: true };
}

const notTheKey = () =>
  new RestError(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators");

/** `PATCH`: the rows that the filters leave. */
export function compileUpdate(relation: Relation, payload: Payload, asked: Asked, context: Context): Plan {
  const columns = writtenColumns(relation, payload, asked.query.columns);
  const root = rootOf(relation, asked, context, true);
  // nothing to set: no row is touched, and none answered
  if (columns.length === 0) return nothing("update", asked, context);
  const body = `${context.parameters.add(payload.json)}::json -> 0`;
  const record = `json_to_record(${body}) AS given (${typed(relation, columns)})`;
  const sets = columns.map((column) => `${identifier(column)} = ${taken(relation, column)}`).join(", ");
  const target = `UPDATE ${relationName(relation)} AS ${identifier(root.alias)}`;
  return change("update", `${target} SET ${sets} FROM ${record}${takeConditions(root, context)}`, root, asked, context);
}

/** `DELETE`: the rows that the filters leave. */
export function compileDelete(relation: Relation, asked: Asked, context: Context): Plan {
  const root = rootOf(relation, asked, context, true);
  const target = `DELETE FROM ${relationName(relation)} AS ${identifier(root.alias)}`;
  return change("delete", target + takeConditions(root, context), root, asked, context);
}

function rootOf(relation: Relation, { query }: Asked, { schema }: Context, filtered: boolean): Node {
  const root = buildNode(schema, relation, query.select);
  const clauses = filtered
    ? query.clauses
    : query.clauses.filter(({ path, condition }) => path.length > 0 || !condition);
  applyClauses(root, clauses);
  return root;
}

/** The filters of a change choose the rows to be changed; what comes back is not filtered again. */
function takeConditions(root: Node, context: Context): string {
  const conditions = root.conditions.splice(0).map((condition) => whereSql(condition, root, context));
  return conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
}

/**
 * The columns that a request writes: those it names, or those of its first object.
 * @throws RestError PGRST204 for one that the relation does not have, PGRST102 for objects of different forms
 */
function writtenColumns(relation: Relation, payload: Payload, given: string[] | undefined): string[] {
  if (!given && !payload.uniform) throw new RestError(400, "PGRST102", "All object keys must match");
  const columns = [...new Set(given ?? payload.keys)];
  const unknown = columns.find((column) => !relation.columns.has(column));
  if (unknown === undefined) return columns;
  throw new RestError(
    400,
    "PGRST204",
    `Could not find the '${unknown}' column of '${relation.name}' in the schema cache`,
  );
}

const names = (columns: string[]) => columns.map(identifier).join(", ");

/** The columns of a record that is taken out of JSON. */
const typed = ({ columns }: Relation, chosen: string[]) =>
  chosen
    .map((name) => `${identifier(name)} ${columns.get(name)?.json_read_by ? "json" : columns.get(name)?.type}`)
    .join(", ");

/** A column of that record as the table's column has it. */
function taken({ columns }: Relation, name: string): string {
  const read = columns.get(name)?.json_read_by;
  return read ? `${read}(given.${identifier(name)})` : `given.${identifier(name)}`;
}

function rowsSql(relation: Relation, payload: Payload, columns: string[], defaults: boolean, context: Context): string {
  if (columns.length === 0) return payload.count === 0 ? "SELECT WHERE FALSE" : "DEFAULT VALUES";
  const given = `${context.parameters.add(payload.json)}::json`;
  const json = defaults ? withDefaults(relation, columns, given) : given;
  const values = columns.map((column) => taken(relation, column)).join(", ");
  return `SELECT ${values} FROM json_to_recordset(${json}) AS given (${typed(relation, columns)})`;
}

/** A property that an object lacks gets its column's default instead of null. */
function withDefaults(relation: Relation, columns: string[], given: string): string {
  const pairs = columns.flatMap((column) => {
    const value = relation.columns.get(column)?.default ?? null;
    return value === null ? [] : [`${literal(column)}, ${value}`];
  });
  if (pairs.length === 0) return given;
  const filled = `jsonb_build_object(${pairs.join(", ")}) || element`;
  return `(SELECT coalesce(jsonb_agg(${filled}), '[]')::json FROM jsonb_array_elements(${given}::jsonb) AS element)`;
}

/** Counts, in a setting of the transaction, the rows that were there before: the answer's status depends on it. */
const COUNT_UPDATED =
  "set_config('switchboard.updated', (coalesce(nullif(current_setting('switchboard.updated', true), ''), '0')::integer + 1)::text, true) IS NOT NULL";

function conflictSql(relation: Relation, keys: string[], columns: string[], resolution: string): string {
  const unknown = keys.find((column) => !relation.columns.has(column));
  if (unknown !== undefined) {
    throw new RestError(400, "42703", `column "${unknown}" does not exist`);
  }
  const sets = columns.map((column) => `${identifier(column)} = EXCLUDED.${identifier(column)}`).join(", ");
  const renew =
    resolution === "ignore-duplicates" || sets === "" ? "NOTHING" : `UPDATE SET ${sets} WHERE ${COUNT_UPDATED}`;
  return ` ON CONFLICT (${names(keys)}) DO ${renew}`;
}

function change(kind: Plan["kind"], statement: string, root: Node, asked: Asked, context: Context): Plan {
  const { format, preferences } = asked;
  const has_body = preferences.return === "representation";
  const location = kind === "insert" && preferences.return === "headers-only" ? root.relation.primary_key : [];
  const returned = has_body ? neededColumns(root, context) : location;
  const returning =
    returned.map((column) => `${identifier(aliasOf(kind, root))}.${identifier(column)}`).join(", ") || "1";
  const rows = has_body
    ? selectSql(root, { from: `changed AS ${identifier(root.alias)}` }, context)
    : "SELECT * FROM changed";
  const columns = answerColumns({
    format: has_body ? format : { kind: "array", strip_nulls: false },
    singular: format.kind === "object",
    head: !has_body,
    total: preferences.count && preferences.count !== "planned" ? "(SELECT count(*) FROM changed)" : undefined,
    preferences,
    more: [
      ...(kind === "upsert" ? ["nullif(current_setting('switchboard.updated', true), '') AS updated"] : []),
      ...(location.length > 0 ? ["(json_agg(r) -> 0)::text AS location"] : []),
    ],
  });
  return {
    kind,
    has_body,
    read_only: false,
    offset: 0,
    location,
    queries: [`changed AS (${statement} RETURNING ${returning})`, `source AS (${rows})`],
    columns,
    parameters: context.parameters,
  };
}

/** An insert knows its table by its own name only. */
const aliasOf = (kind: Plan["kind"], { alias, relation }: Node) =>
  kind === "insert" || kind === "upsert" ? relation.name : alias;

/** What the answer, its order and what is embedded in it need of the changed rows. */
function neededColumns(root: Node, context: Context): string[] {
  const needed = new Set<string>();
  for (const item of root.items) {
    if (item.kind === "star") for (const { name } of readable(root.relation, context)) needed.add(name);
    if (item.kind === "column" && item.field) needed.add(item.field.name);
  }
  for (const { relationship } of embedsOf(root)) {
    for (const [mine] of relationship.junction?.from ?? relationship.on) needed.add(mine);
  }
  for (const { field, relation } of root.order) if (relation === undefined) needed.add(field.name);
  return [...needed];
}

function nothing(kind: Plan["kind"], { format, preferences }: Asked, { parameters }: Context): Plan {
  const has_body = preferences.return === "representation";
  const columns = answerColumns({ format, head: !has_body, preferences, total: preferences.count && "0::bigint" });
  return {
    kind,
    has_body,
    read_only: false,
    offset: 0,
    queries: ["source AS (SELECT WHERE FALSE)"],
    columns,
    parameters,
  };
}
