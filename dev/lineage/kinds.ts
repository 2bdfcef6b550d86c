import { is } from "drizzle-orm";
import { getTableConfig, getViewConfig, PgTable, PgView } from "drizzle-orm/pg-core";
import * as schema from "../../shared/db/schema/index.ts";

export type Kind = "column" | "generated" | "view";

/** What stands behind each `table.column` of schema `public`: a column of its own, a generated one, or a view's. */
export function columnKinds(): Map<string, Kind> {
  return new Map(Object.values(schema).flatMap(kindsOf));
}

function kindsOf(entry: unknown): [string, Kind][] {
  if (is(entry, PgView)) {
    const { name, selectedFields } = getViewConfig(entry);
    return Object.keys(selectedFields).map((column) => [`${name}.${column}`, "view"]);
  }
  if (!is(entry, PgTable)) return [];
  const { name, schema: within, columns } = getTableConfig(entry);
  if (within !== undefined) return [];
  return columns.map((column) => [`${name}.${column.name}`, column.generated ? "generated" : "column"]);
}
