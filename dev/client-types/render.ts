import * as z from "zod";
import type { Command } from "../../workers/functions/command.ts";
import type { TypedColumn, TypedRelation } from "./read.ts";

/** The file that clients import: `createClient<Database>(…)`, and the inputs and outputs of commands. */
export function renderTypes(relations: TypedRelation[], commands: Iterable<Command>): string {
  const tables = relations.filter(({ is_view }) => !is_view).map(table);
  const views = relations.filter(({ is_view }) => is_view).map(view);
  return `// Written by \`npm run types\` from the migrated schema and the registry of commands.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** For \`createClient<Database>(url, key)\`. */
export interface Database {
  public: {
    Tables: {
${indent(tables, 6)}
    };
    Views: {
${indent(views, 6)}
    };
    Functions: { [_ in never]: never };
    Enums: { user_role: "agency_owner" | "agency_member" | "client_admin" | "client_viewer" };
    CompositeTypes: { [_ in never]: never };
  };
}

/** What each command takes and answers: \`invoke(name, { body })\`. */
export interface Commands {
${indent([...commands].map(commandType), 2)}
}
`;
}

function table({ name, columns, relationships }: TypedRelation): string {
  return `${name}: {
  Row: {
${fields(columns, () => false)}
  };
  Insert: {
${fields(
  columns.filter(({ insertable }) => insertable),
  ({ optional }) => optional,
)}
  };
  Update: {
${fields(
  columns.filter(({ updatable }) => updatable),
  () => true,
)}
  };
  Relationships: ${list(relationships.map(relationship))};
};`;
}

const fields = (columns: TypedColumn[], optional: (column: TypedColumn) => boolean) =>
  indent(
    columns.map((column) => `${key(column.name)}${optional(column) ? "?" : ""}: ${typeOf(column)};`),
    4,
  );

function view({ name, columns }: TypedRelation): string {
  return `${name}: {
  Row: {
${indent(
  columns.map((column) => `${key(column.name)}: ${typeOf({ ...column, nullable: true })};`),
  4,
)}
  };
  Relationships: [];
};`;
}

function relationship({ name, columns, to, referenced, one_to_one }: TypedRelation["relationships"][number]): string {
  return `{
  foreignKeyName: ${quote(name)};
  columns: ${tuple(columns)};
  isOneToOne: ${one_to_one};
  referencedRelation: ${quote(to)};
  referencedColumns: ${tuple(referenced)};
}`;
}

const NUMBERS = new Set(["smallint", "integer", "bigint", "real", "double precision", "numeric"]);

function typeOf({ type, nullable, values }: TypedColumn): string {
  const plain = values && values.length > 0 ? values.map(quote).join(" | ") : scalar(type);
  return nullable ? `${plain} | null` : plain;
}

function scalar(type: string): string {
  if (type.endsWith("[]")) return `${scalar(type.slice(0, -2))}[]`;
  if (type === "boolean") return "boolean";
  if (type === "json" || type === "jsonb") return "Json";
  return NUMBERS.has(type) ? "number" : "string";
}

function commandType({ name, input, output }: Command): string {
  return `${quote(name)}: { input: ${typed(input, "input")}; output: ${typed(output, "output")} };`;
}

const typed = (schema: z.ZodType, io: "input" | "output") =>
  fromSchema(z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Schema);

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

/** JSON Schema as a type; what a type cannot say is left to the server. */
function fromSchema(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => fromSchema({ ...schema, type })).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(fromSchema).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `Array<${fromSchema(schema.items ?? {})}>`;
    case "object":
      return objectType(schema);
    default:
      return "unknown";
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (!properties)
    return `Record<string, ${typeof additionalProperties === "object" ? fromSchema(additionalProperties) : "unknown"}>`;
  const parts = Object.entries(properties).map(
    ([name, of]) => `${key(name)}${required.includes(name) ? "" : "?"}: ${fromSchema(of)}`,
  );
  return parts.length === 0 ? "Record<string, never>" : `{ ${parts.join("; ")} }`;
}

const quote = (text: string) => JSON.stringify(text);
const key = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? name : quote(name));
const tuple = (names: string[]) => `[${names.map(quote).join(", ")}]`;
const list = (items: string[]) =>
  items.length === 0
    ? "[]"
    : `[\n${indent(
        items.map((item) => `${item},`),
        4,
      )}\n  ]`;
const indent = (blocks: string[], spaces: number) =>
  blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => (line === "" ? line : " ".repeat(spaces) + line))
    .join("\n");
