import type { Relation, Schema } from "../schema/model.ts";
import { nameOf } from "../schema/model.ts";
import type { Inspected, InspectedColumn, InspectedRoutine, InspectedTable } from "./inspect.ts";

const JSON_TYPE = "application/json";
const OBJECT_TYPES = ["application/vnd.pgrst.object+json;nulls=stripped", "application/vnd.pgrst.object+json"];

/** Where the door stands, for the document. */
export interface Place {
  /** Host and port. */
  host: string;
  scheme: string;
  path: string;
}

/** A schema as OpenAPI 2.0, in the form in which PostgREST describes one: code generators know that. */
export function describeSchema(schema: string, found: Inspected, known: Schema, { host, scheme, path }: Place): object {
  const [title, description] = split(found.comment);
  const { tables, routines } = found;
  return {
    swagger: "2.0",
    info: {
      title: title ?? `Tables and functions of ${schema}`,
      description: description ?? "What this role may use.",
      version: "1",
    },
    host,
    basePath: path,
    schemes: [scheme],
    consumes: [JSON_TYPE, ...OBJECT_TYPES, "text/csv"],
    produces: [JSON_TYPE, ...OBJECT_TYPES, "text/csv"],
    paths: Object.fromEntries([
      ["/", { get: rootOperation() }],
      ...tables.map((table) => [`/${table.name}`, pathOf(table)]),
      ...routines.map((routine) => [`/rpc/${routine.name}`, callOf(routine)]),
    ]),
    parameters: Object.fromEntries([...COMMON, ...tables.flatMap(parametersOf)]),
    definitions: Object.fromEntries(
      tables.map((table) => [table.name, definitionOf(table, known.relations.get(`${schema}.${table.name}`), known)]),
    ),
  };
}

const rootOperation = () => ({
  tags: ["Introspection"],
  summary: "OpenAPI description (this document)",
  produces: ["application/openapi+json", JSON_TYPE],
  responses: { 200: { description: "OK" } },
});

/** The first line of a comment, and what follows. */
function split(comment: string | null): [string | undefined, string | undefined] {
  if (comment === null) return [undefined, undefined];
  const [first = "", ...more] = comment.split("\n");
  return [first, more.join("\n").replace(/^\n+/, "") || undefined];
}

function about(tag: string, comment: string | null): object {
  const [summary, description] = split(comment);
  return { tags: [tag], ...(summary && { summary }), ...(description && { description }) };
}

const ref = (name: string) => ({ $ref: `#/parameters/${name}` });

function pathOf({ name, comment, writable, columns }: InspectedTable): object {
  const filters = columns.map((column) => ref(`rowFilter.${name}.${column.name}`));
  const operation = about(name, comment);
  const rows = { type: "array", items: { $ref: `#/definitions/${name}` } };
  const get = {
    ...operation,
    parameters: [...filters, ...["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"].map(ref)],
    responses: { 200: { description: "OK", schema: rows }, 206: { description: "Partial Content" } },
  };
  if (!writable) return { get };
  const done = { 204: { description: "No Content" } };
  return {
    get,
    post: {
      ...operation,
      parameters: [`body.${name}`, "select", "preferPost"].map(ref),
      responses: { 201: { description: "Created" } },
    },
    patch: { ...operation, parameters: [...filters, ref(`body.${name}`), ref("preferReturn")], responses: done },
    delete: { ...operation, parameters: [...filters, ref("preferReturn")], responses: done },
  };
}

function callOf({ name, comment, volatile, arguments: all }: InspectedRoutine): object {
  const operation = {
    ...about(`(rpc) ${name}`, comment),
    produces: [JSON_TYPE, ...OBJECT_TYPES],
    responses: { 200: { description: "OK" } },
  };
  const required = all.flatMap((one) => (one.required ? [one.name] : []));
  const args = {
    name: "args",
    in: "body",
    required: true,
    schema: {
      type: "object",
      ...(comment !== null && { description: comment }),
      properties: Object.fromEntries(all.map((one) => [one.name, { format: one.type, ...typeOf(one.type) }])),
      ...(required.length > 0 && { required }),
    },
  };
  const post = { ...operation, parameters: [args, ref("preferParams")] };
  return volatile ? { post } : { get: { ...operation, parameters: all.map(parameterOf) }, post };
}

function parameterOf({ name, type, required, variadic }: InspectedRoutine["arguments"][number]): object {
  const base = { name, in: "query", required };
  if (!variadic) {
    const { type: plain } = typeOf(type);
    return { ...base, format: type, type: plain === undefined || plain === "array" ? "string" : plain };
  }
  const of = type.slice(0, -2);
  return { ...base, type: "array", collectionFormat: "multi", items: { format: of, ...typeOf(of) } };
}

interface SwaggerType {
  type?: string;
  items?: SwaggerType;
}

const TYPES: Record<string, string> = {
  boolean: "boolean",
  smallint: "integer",
  integer: "integer",
  bigint: "integer",
  numeric: "number",
  real: "number",
  "double precision": "number",
};

function typeOf(type: string): SwaggerType {
  if (type === "json" || type === "jsonb") return {};
  if (type.endsWith("[]")) return { type: "array", items: typeOf(type.slice(0, -2)) };
  return { type: TYPES[type] ?? "string" };
}

function definitionOf({ comment, columns }: InspectedTable, relation: Relation | undefined, schema: Schema): object {
  const required = columns.flatMap((column) => (column.nullable ? [] : [column.name]));
  return {
    ...(comment !== null && { description: comment }),
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(columns.map((column) => [column.name, propertyOf(column, relation, schema)])),
    type: "object",
  };
}

function propertyOf(column: InspectedColumn, relation: Relation | undefined, schema: Schema): object {
  const description = descriptionOf(column, relation, schema);
  const preset = defaultOf(column);
  return {
    ...(preset !== undefined && { default: preset }),
    ...(description && { description }),
    ...(column.values.length > 0 && { enum: column.values }),
    format: column.type,
    ...(column.max_length !== null && { maxLength: column.max_length }),
    ...typeOf(column.type),
  };
}

/** The comment, and what keys the column belongs to: tools read the marks. */
function descriptionOf({ name, comment }: InspectedColumn, relation: Relation | undefined, schema: Schema): string {
  const isKey = relation?.primary_key.includes(name) ?? false;
  const [target] = schema.relationships
    .filter(({ from, to, holds_key, on }) => {
      return from === relation && to.schema === from.schema && holds_key && on.length === 1 && on[0]?.[0] === name;
    })
    .toSorted((a, b) => Number(a.to.is_view) - Number(b.to.is_view) || (nameOf(a.to) < nameOf(b.to) ? -1 : 1));
  const column = target?.on[0]?.[1];
  const notes = [
    ...(isKey ? ["This is a Primary Key.<pk/>"] : []),
    ...(target
      ? [`This is a Foreign Key to \`${target.to.name}.${column}\`.<fk table='${target.to.name}' column='${column}'/>`]
      : []),
  ];
  const noted = notes.length > 0 ? ["Note:", ...notes].join("\n") : "";
  return [comment ?? "", noted].filter(Boolean).join("\n\n");
}

/** A constant; what has to be computed is left out. */
function defaultOf({ type, default: expression }: InspectedColumn): unknown {
  if (expression === null) return undefined;
  if (typeOf(type).type === "string") {
    const [, text] = /^'((?:[^']|'')*)'::(.+)$/.exec(expression) ?? [];
    return text === undefined ? undefined : text.replaceAll("''", "'");
  }
  try {
    return JSON.parse(expression);
  } catch {
    return undefined;
  }
}

const inQuery = (name: string, description: string) => ({
  name,
  description,
  required: false,
  in: "query",
  type: "string",
});

const inHeader = (name: string, description: string, more: object) => ({
  ...inQuery(name, description),
  in: "header",
  ...more,
});

const prefer = (...values: string[]) => inHeader("Prefer", "Preference", { enum: values });
const RETURN = ["return=representation", "return=minimal", "return=none"];
const PAGE = "Limiting and Pagination";

const COMMON: [string, object][] = [
  ["preferParams", inHeader("Prefer", "Preference", {})],
  ["preferReturn", prefer(...RETURN)],
  ["preferCount", prefer("count=none", "count=exact", "count=planned", "count=estimated")],
  ["preferPost", prefer(...RETURN, "resolution=ignore-duplicates", "resolution=merge-duplicates")],
  ["select", inQuery("select", "Filtering Columns")],
  ["on_conflict", inQuery("on_conflict", "On Conflict")],
  ["order", inQuery("order", "Ordering")],
  ["range", inHeader("Range", PAGE, {})],
  ["rangeUnit", inHeader("Range-Unit", PAGE, { default: "items" })],
  ["offset", inQuery("offset", PAGE)],
  ["limit", inQuery("limit", PAGE)],
];

const parametersOf = ({ name, columns }: InspectedTable): [string, object][] => [
  [`body.${name}`, { name, description: name, required: false, in: "body", schema: { $ref: `#/definitions/${name}` } }],
  ...columns.map((column): [string, object] => [
    `rowFilter.${name}.${column.name}`,
    {
      name: column.name,
      ...(column.comment !== null && { description: column.comment }),
      required: false,
      in: "query",
      type: "string",
    },
  ]),
];
