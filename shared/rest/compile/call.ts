import { RestError } from "../error.ts";
import { parseBody, typeOf } from "../parse/body.ts";
import { isFilter } from "../parse/filter.ts";
import { parseQuery } from "../parse/query.ts";
import type { Argument, Column, Relation, Routine } from "../schema/model.ts";
import { findRoutine } from "../schema/routine.ts";
import type { Call, Called } from "../schema/routine.ts";
import { answerColumns, rawSql } from "./answer.ts";
import type { Context } from "./context.ts";
import { applyClauses, buildNode } from "./node.ts";
import type { Plan } from "./plan.ts";
import type { Asked } from "./read.ts";
import { readNode } from "./read.ts";
import { arrayLiteral, identifier, relationName } from "./sql.ts";

export interface CallRequest extends Omit<Asked, "query"> {
  schema: string;
  name: string;
  parameters: URLSearchParams;
  /** Absent for a GET, whose arguments are parameters. */
  body?: { text: string; content_type: string };
}

/** `/rpc/name`: calls a function, and answers its rows as those of a table, or its value. */
export function compileCall(request: CallRequest, context: Context): Plan {
  const { schema, name, parameters, body, preferences } = request;
  const query = parseQuery(parameters, body ? undefined : isArgument);
  const given = body ? givenInBody(body, query.columns) : givenInAddress(parameters);
  const called = findRoutine(context.schema, { schema, name, given: given.names, body_type: given.body_type });
  const { routine } = called;
  if (preferences.handling === "strict" && preferences.max_affected !== undefined && !routine.returns_set) {
    throw new RestError(
      400,
      "PGRST128",
      "Function must return SETOF or TABLE when max-affected preference is used with handling=strict",
    );
  }
  const { before, list } = argumentsSql(called, given, context);
  const invocation = `${relationName({ schema, name })}(${list})`;
  const read_only = !body || routine.volatility !== "volatile";
  const asked: Asked = { ...request, query };
  const relation = rowsOf(routine, context);
  const plan = relation
    ? callForRows(relation, invocation, before, asked, routine, context)
    : callForValue(invocation, before, asked, routine, context);
  return { ...plan, kind: "call", read_only, is_void: routine.returns === "void" };
}

/** What a request hands to the function. */
interface Given {
  names: string[];
  body_type?: Call["body_type"];
  /** Each argument's texts; of a JSON body, `json` in its place. */
  texts?: URLSearchParams;
  /** Rows of arguments, of which the first counts. */
  json?: string;
  /** The body as it came. */
  whole?: string;
}

const RESERVED = new Set(["select", "columns", "order", "limit", "offset", "and", "or", "on_conflict"]);

/** A parameter that is no filter is an argument of the function. */
const isArgument = (key: string, value: string) => !RESERVED.has(key) && !/\.|->/.test(key) && !isFilter(value);

function givenInAddress(parameters: URLSearchParams): Given {
  const texts = new URLSearchParams([...parameters].filter(([key, value]) => isArgument(key, value)));
  return { names: [...new Set(texts.keys())], texts };
}

const WHOLE: Record<string, NonNullable<Call["body_type"]>> = {
  "text/plain": "text",
  "application/octet-stream": "bytea",
  "text/xml": "xml",
  "application/xml": "xml",
};

/** @throws RestError PGRST102 */
function givenInBody({ text, content_type }: { text: string; content_type: string }, columns?: string[]): Given {
  const type = typeOf(content_type);
  const body_type = WHOLE[type];
  if (body_type) return { names: [], body_type, whole: text };
  if (type === "application/x-www-form-urlencoded") {
    const texts = new URLSearchParams(text);
    return { names: [...new Set(texts.keys())], texts };
  }
  const payload = parseBody(text === "" ? "{}" : text, content_type);
  if (columns === undefined && !payload.uniform) throw new RestError(400, "PGRST102", "All object keys must match");
  const names = columns ?? payload.keys;
  if (type === "text/csv") return { names, json: payload.json };
  return { names, body_type: "json", json: payload.json, whole: text };
}

/** The argument list of the call, and the query that takes arguments out of a JSON body. */
function argumentsSql(
  { routine, whole }: Called,
  given: Given,
  { parameters }: Context,
): { before: string[]; list: string } {
  const names = new Set(given.names);
  const used = routine.arguments.filter(({ name }) => name !== "" && names.has(name));
  if (whole) {
    const type = routine.arguments[0]?.type ?? "json";
    const value = parameters.add(given.whole ?? "");
    return { before: [], list: type === "bytea" ? `convert_to(${value}, 'UTF8')` : `${value}::${type}` };
  }
  const { texts, json = "[]" } = given;
  if (texts) {
    const value = (one: Argument) => {
      const all = texts.getAll(one.name);
      return `${parameters.add(one.variadic ? arrayLiteral(all) : (all.at(-1) ?? ""))}::${typeOfArgument(one)}`;
    };
    return { before: [], list: used.map((one) => `${assigned(one)} ${value(one)}`).join(", ") };
  }
  if (used.length === 0) return { before: [], list: "" };
  const record = used.map((one) => `${identifier(one.name)} ${typeOfArgument(one)}`).join(", ");
  return {
    before: [`given AS (SELECT * FROM json_to_recordset(${parameters.add(json)}::json) AS given (${record}) LIMIT 1)`],
    list: used.map((one) => `${assigned(one)} (SELECT ${identifier(one.name)} FROM given)`).join(", "),
  };
}

const assigned = ({ name, variadic }: Argument) => `${variadic ? "VARIADIC " : ""}${identifier(name)} :=`;

/** Without a length, which an argument does not have, these two types would keep one letter only. */
const typeOfArgument = ({ type }: Argument) => type.replace(/^(character|bit)(?=\[\]$|$)/, "$1 varying");

/** The relation whose rows a function answers; one without a name for rows of its own kind. */
function rowsOf(routine: Routine, { schema }: Context): Relation | undefined {
  const known = routine.returns_relation === null ? undefined : schema.relations.get(routine.returns_relation);
  if (known) return known;
  if (!routine.returns_record) return undefined;
  const columns = routine.returns_columns.map((column): [string, Column] => [
    column.name,
    { ...column, default: null, readers: [] },
  ]);
  return {
    schema: routine.schema,
    name: routine.name,
    is_view: false,
    columns: new Map(columns),
    primary_key: [],
    unique: [],
  };
}

function callForRows(
  relation: Relation,
  invocation: string,
  before: string[],
  asked: Asked,
  routine: Routine,
  context: Context,
): Plan {
  const { returns_set } = routine;
  const root = buildNode(context.schema, relation, asked.query.select);
  applyClauses(root, asked.query.clauses);
  const { kind } = asked.format;
  const isList = returns_set || kind === "csv" || kind === "custom";
  const format = isList ? asked.format : { ...asked.format, kind: "object" as const };
  const rows = `called AS MATERIALIZED (SELECT * FROM ${invocation} AS ${identifier(root.alias)})`;
  const source = { from: `called AS ${identifier(root.alias)}` };
  return readNode(root, source, { ...asked, format, singular: kind === "object" }, context, [...before, rows]);
}

function callForValue(
  invocation: string,
  before: string[],
  asked: Asked,
  { returns_set }: Routine,
  context: Context,
): Plan {
  const { format, preferences, head = false } = asked;
  const columns = answerColumns({
    format: { kind: "array", strip_nulls: false },
    body: returns_set ? "coalesce(json_agg(r.value)::text, '[]')" : scalarSql(format),
    head,
    total: preferences.count && "count(*)",
    preferences,
  });
  const queries = [...before, `source AS (SELECT ${invocation} AS value)`];
  return {
    kind: "call",
    read_only: false,
    has_body: true,
    offset: 0,
    queries,
    columns,
    parameters: context.parameters,
  };
}

const VALUE = "(array_agg(r.value))[1]";

const scalarSql = ({ kind, media }: Asked["format"]) => {
  if (kind === "text") return `${VALUE}::text`;
  return media ? rawSql(VALUE, media) : "coalesce((json_agg(r.value) -> 0)::text, 'null')";
};
