import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const COLUMNS = ["row", "law", "kind", "comes with", "what it asks"];

const rowSchema = z.strictObject({
  id: z.string().regex(/^F[1-9]\d*$/),
  /** The law of which the row is a case. */
  law: z.enum(["conservation", "once", "convergence", "freshness", "gate", "isolation", "truth"]),
  /** What sort of test proves it: with many callers at once, with crashes at every step, under load, and so on. */
  kind: z.enum(["unit", "property", "kill", "race", "product", "load"]),
  /** The capability that will bring it; empty when it must hold now. */
  comesWith: z.string(),
  asks: z.string().min(1),
});
export type Invariant = z.infer<typeof rowSchema>;

/** Reads `rows.tsv`, the list of invariants. */
export function readRows(): Invariant[] {
  return parseRows(readFileSync(join(import.meta.dirname, "rows.tsv"), "utf8"));
}

/** @throws for another header, a malformed line, or ids that are not F1, F2, F3 and so on */
export function parseRows(text: string): Invariant[] {
  const [header, ...lines] = text.trimEnd().split("\n");
  if (header !== COLUMNS.join("\t")) throw new Error(`expected the columns ${COLUMNS.join(", ")}`);
  return lines.map((line, index) => {
    const [id, law, kind, comesWith, asks] = line.split("\t");
    if (id !== `F${index + 1}`) throw new Error(`expected F${index + 1}, found ${id}`);
    return rowSchema.parse({ id, law, kind, comesWith, asks });
  });
}
