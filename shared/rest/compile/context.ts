import type { Relation, Schema } from "../schema/model.ts";
import type { Scope } from "./field.ts";
import type { Node } from "./node.ts";
import type { Parameters } from "./sql.ts";

/** What a statement is compiled with. */
export interface Context {
  schema: Schema;
  /** The role whose rights the statement runs with. */
  role: string;
  /** A star means every column, also those that the role may not read. */
  stars_are_whole: boolean;
  parameters: Parameters;
  /** No resource answers more rows than this. */
  max_rows: number;
  /** Whether clients may ask for sums, counts and so on. */
  aggregates: boolean;
}

type Placed = Pick<Node, "relation" | "alias"> & Partial<Pick<Node, "title">>;

export const scopeOf = ({ schema }: Context, { relation, alias, title = relation.name }: Placed): Scope => ({
  relation,
  alias,
  title,
  computed: computedColumns(schema, relation),
});

/** Functions that take a row of the relation and answer one value: `t.function` reads like a column. */
function computedColumns({ routines }: Schema, { schema, name }: Relation): ReadonlySet<string> {
  return new Set(
    routines.flatMap((routine) => {
      const [row, ...more] = routine.arguments;
      const fits = row?.row_of === `${schema}.${name}` && more.length === 0 && routine.schema === schema;
      return fits && !routine.returns_set ? [routine.name] : [];
    }),
  );
}
