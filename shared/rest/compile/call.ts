import { parseJson } from "../parse/body.ts";
import { parseQuery } from "../parse/query.ts";
import type { Argument, Column, Relation, Routine } from "../schema/model.ts";
import { findRoutine } from "../schema/routine.ts";
import type { Call, Called } from "../schema/routine.ts";
import { answerColumns } from "./answer.ts";
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
  const { schema, name, parameters, body } = request;
  const called = findRoutine(context.schema, callOf(request, context));
  const { routine } = called;
  const taken = new Set(body ? [] : routine.arguments.map((argument) => argument.name));
  const query = parseQuery(parameters, taken);
  const { before, list } = argumentsSql(called, request, query.columns, context);
  const invocation = `${relationName({ schema, name })}(${list})`;
  const read_only = !body || routine.volatility !== "volatile";
  const asked: Asked = { ...request, query };
  const relation = rowsOf(routine, context);
  const plan = relation
    ? callForRows(relation, invocation, before, asked, routine, context)
    : callForValue(invocation, before, asked, routine, context);
  return { ...plan, kind: "call", read_only, is_void: routine.returns === "void" };
}

function callOf({ schema, name, parameters, body }: CallRequest, context: Context): Call {
  const named = context.schema.routines.filter((one) => one.schema === schema && one.name === name);
  if (!body) {
    const known = new Set(named.flatMap((one) => one.arguments.map((argument) => argument.name)));
    return {
      schema,
      name,
      given: [...new Set([...parameters.keys()].filter((key) => known.has(key) || isArgument(key, parameters)))],
    };
  }
  const body_type = typeOf(body.content_type);
  if (body_type !== "json" && body.content_type !== FORM) return { schema, name, given: [], body_type };
  const columns = parameters.get("columns");
  return { schema, name, given: columns ? (parseQuery(parameters).columns ?? []) : keysOf(body), body_type: "json" };
}

const RESERVED = new Set(["select", "columns", "order", "limit", "offset", "and", "or", "on_conflict"]);

/** What has neither an operator nor another meaning was meant as an argument, and is named in the complaint. */
function isArgument(key: string, parameters: URLSearchParams): boolean {
  return !RESERVED.has(key) && !key.includes(".") && !/^(not\.)?[a-z]+(\([^)]*\))?\./.test(parameters.get(key) ?? "");
}

const FORM = "application/x-www-form-urlencoded";

function typeOf(content_type: string): NonNullable<Call["body_type"]> {
  switch (content_type) {
    case "text/plain":
      return "text";
    case "application/octet-stream":
      return "bytea";
    case "text/xml":
    case "application/xml":
      return "xml";
    default:
      return "json";
  }
}

/** The body as an object of arguments; a form is one too. */
function objectOf({ text, content_type }: { text: string; content_type: string }): unknown {
  if (content_type === FORM) return Object.fromEntries(new URLSearchParams(text));
  return text.trim() === "" ? {} : parseJson(text);
}

function keysOf(body: { text: string; content_type: string }): string[] {
  const value = objectOf(body);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** The argument list of the call, and the query that takes arguments out of a JSON body. */
function argumentsSql(
  { routine, whole }: Called,
  { parameters, body }: CallRequest,
  columns: string[] | undefined,
  context: Context,
): { before: string[]; list: string } {
  const values = context.parameters;
  if (whole) {
    const type = routine.arguments[0]?.type ?? "json";
    const text = body?.text ?? "";
    return {
      before: [],
      list: type === "bytea" ? `convert_to(${values.add(text)}, 'UTF8')` : `${values.add(text)}::${type}`,
    };
  }
  if (!body) {
    const used = routine.arguments.filter(({ name }) => parameters.has(name));
    return {
      before: [],
      list: used.map((one) => `${assigned(one)} ${fromParameters(one, parameters, context)}`).join(", "),
    };
  }
  const given = new Set(columns ?? keysOf(body));
  const used = routine.arguments.filter(({ name }) => given.has(name));
  if (used.length === 0) return { before: [], list: "" };
  const json = body.content_type === FORM ? JSON.stringify(objectOf(body)) : body.text;
  const record = used.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ");
  return {
    before: [`given AS (SELECT * FROM json_to_record(${values.add(json)}::json) AS given (${record}))`],
    list: used.map((one) => `${assigned(one)} (SELECT ${identifier(one.name)} FROM given)`).join(", "),
  };
}

const assigned = ({ name, variadic }: Argument) => `${variadic ? "VARIADIC " : ""}${identifier(name)} :=`;

function fromParameters({ name, type, variadic }: Argument, parameters: URLSearchParams, context: Context): string {
  const given = parameters.getAll(name);
  return `${context.parameters.add(variadic ? arrayLiteral(given) : (given.at(-1) ?? ""))}::${type}`;
}

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
  const format =
    returns_set || asked.format.kind === "csv" ? asked.format : { ...asked.format, kind: "object" as const };
  const rows = `called AS MATERIALIZED (SELECT * FROM ${invocation} AS ${identifier(root.alias)})`;
  const source = { from: `called AS ${identifier(root.alias)}` };
  return readNode(root, source, { ...asked, format }, context, [...before, rows]);
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
    body: returns_set ? "coalesce(json_agg(r.value)::text, '[]')" : scalarSql(format.kind),
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

const scalarSql = (kind: Asked["format"]["kind"]) =>
  kind === "text" || kind === "octets"
    ? "(array_agg(r.value))[1]::text"
    : "coalesce((json_agg(r.value) -> 0)::text, 'null')";
