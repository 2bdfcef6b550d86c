import { is, SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { getTableConfig, getViewConfig, PgArray, PgColumn, PgDialect, PgTable, PgView } from "drizzle-orm/pg-core";
import { escapeIdentifier, escapeLiteral } from "pg";

/** A table or view as the drizzle schema describes it. */
export interface Described {
  schema: string;
  name: string;
  /** `create table` in schema `target`, so that Postgres spells the description as it spells its own. */
  createIn(target: string): string;
}

const dialect = new PgDialect();

/** Every table and view among the exports of the drizzle schema. */
export function describeSchema(exports: Record<string, unknown>): Described[] {
  return Object.values(exports).flatMap((entry) => {
    if (is(entry, PgTable)) return [describeTable(entry)];
    if (is(entry, PgView)) return [describeView(entry)];
    return [];
  });
}

function describeTable(table: PgTable): Described {
  const { name, schema = "public", columns, checks, primaryKeys } = getTableConfig(table);
  const lists = columns.flatMap((column) => (column.enumValues === undefined ? [] : [listCheck(name, column)]));
  const lines = [
    ...columns.map(columnLine),
    ...lists,
    ...checks.map((check) => `constraint ${escapeIdentifier(check.name)} check (${text(check.value)})`),
    ...primaryKeys.map(
      (key) => `primary key (${key.columns.map((column) => escapeIdentifier(column.name)).join(", ")})`,
    ),
  ];
  return { schema, name, createIn: (target) => create(target, name, lines) };
}

function describeView(view: PgView): Described {
  const { name, schema = "public", selectedFields } = getViewConfig(view);
  const columns = Object.values(selectedFields).filter((field) => is(field, PgColumn));
  return { schema, name, createIn: (target) => create(target, name, columns.map(columnLine)) };
}

function create(target: string, name: string, lines: string[]): string {
  return `create table ${escapeIdentifier(target)}.${escapeIdentifier(name)} (${lines.join(",\n")})`;
}

function columnLine(column: AnyPgColumn): string {
  const { name, notNull, primary, generated, generatedIdentity } = column;
  return [
    escapeIdentifier(name),
    column.getSQLType(),
    generated && `generated always as (${text(valueOf(generated.as))}) stored`,
    generatedIdentity && "generated always as identity",
    !generated && column.default !== undefined && `default ${text(column.default, column)}`,
    notNull && "not null",
    primary && "primary key",
  ]
    .filter(Boolean)
    .join(" ");
}

function listCheck(table: string, { name, enumValues = [] }: AnyPgColumn): string {
  const values = enumValues.map((value) => escapeLiteral(value)).join(", ");
  return `constraint ${escapeIdentifier(`${table}_${name}_check`)} check (${escapeIdentifier(name)} in (${values}))`;
}

const valueOf = (value: unknown) => (typeof value === "function" ? value() : value);

function text(value: unknown, column?: AnyPgColumn): string {
  if (is(value, SQL)) return dialect.sqlToQuery(value).sql;
  if (is(column, PgArray) && Array.isArray(value)) return escapeLiteral(`{${value.join(",")}}`);
  if (typeof value === "object") return escapeLiteral(JSON.stringify(value));
  return typeof value === "string" ? escapeLiteral(value) : String(value);
}
