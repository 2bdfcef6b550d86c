import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const COLUMNS = ["seed", "table", "column", "type", "default", "home", "comes with", "note"];

const rowSchema = z
  .strictObject({
    /** Which of the united systems: 000 to 004. */
    seed: z.string().regex(/^00[0-4]$/),
    table: z.string().regex(/^[a-z_]+$/),
    /** Empty when the system only names the table. */
    column: z.string().regex(/^[a-z_]*$/),
    type: z.string(),
    default: z.string(),
    /** Where the fact is kept: `table.column` of schema `public`, or a whole table of that or another schema; empty when it has no home yet. */
    home: z.string().regex(/^([a-z_]+(\.[a-z_]+)?)?$/),
    /** The capability that will bring it, or will use it when it has a home already; empty when it is in use. */
    comesWith: z.string(),
    note: z.string(),
  })
  .refine(({ home, comesWith }) => home !== "" || comesWith !== "", "neither a home nor a capability that brings it");
export type LineageRow = z.infer<typeof rowSchema>;

/** Every column of the systems that Switchboard unites, from `columns.tsv`. */
export function readLineage(): LineageRow[] {
  return parseLineage(readFileSync(join(import.meta.dirname, "columns.tsv"), "utf8"));
}

/** @throws for another header, a malformed line, or a column that is listed twice */
export function parseLineage(text: string): LineageRow[] {
  const [header, ...lines] = text.replace(/\n$/, "").split("\n");
  if (header !== COLUMNS.join("\t")) throw new Error(`expected the columns ${COLUMNS.join(", ")}`);
  const rows = lines.map((line) => {
    const [seed, table, column, type, byDefault, home, comesWith, note] = line.split("\t");
    return rowSchema.parse({ seed, table, column, type, default: byDefault, home, comesWith, note });
  });
  const seen = new Set<string>();
  for (const row of rows) {
    const key = `${row.seed} ${sourceName(row)}`;
    if (seen.has(key)) throw new Error(`${key} is listed twice`);
    seen.add(key);
  }
  return rows;
}

/** The name in its own system: `table.column`, or the table alone. */
export function sourceName({ table, column }: Pick<LineageRow, "table" | "column">): string {
  return column === "" ? `${table} (table named only)` : `${table}.${column}`;
}
