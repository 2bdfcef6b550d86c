import type { Format } from "../parse/accept.ts";
import type { Preferences } from "../parse/prefer.ts";
import type { RestQuery } from "../parse/query.ts";
import { narrow } from "../parse/range.ts";
import type { Window } from "../parse/range.ts";
import type { Relation } from "../schema/model.ts";
import { answerColumns } from "./answer.ts";
import type { Context } from "./context.ts";
import { applyClauses, buildNode } from "./node.ts";
import type { Node } from "./node.ts";
import type { Plan } from "./plan.ts";
import type { Source } from "./select.ts";
import { countedSql, selectSql } from "./select.ts";
import { Parameters, identifier, relationName } from "./sql.ts";

export interface Asked {
  query: RestQuery;
  format: Format;
  /** The client insists on exactly one row; otherwise `format` decides. */
  singular?: boolean;
  preferences: Preferences;
  head?: boolean;
  /** From the header `Range`. */
  window?: Window | undefined;
}

/** `GET` of a table or view. */
export function compileRead(relation: Relation, asked: Asked, context: Context): Plan {
  const root = buildNode(context.schema, relation, asked.query.select);
  applyClauses(root, asked.query.clauses);
  return readNode(root, { from: `${relationName(relation)} AS ${identifier(root.alias)}` }, asked, context);
}

/** The rows of a resource as an answer. `before` are queries that the source uses, as `name AS (…)`. */
export function readNode(root: Node, source: Source, asked: Asked, context: Context, before: string[] = []): Plan {
  const { format, preferences, head = false, window } = asked;
  Object.assign(root, narrow(root, window));
  const rows = selectSql(root, source, context);
  const total = totalSql(root, source, preferences, context);
  const { singular = format.kind === "object" } = asked;
  const columns = answerColumns({ format, singular, head, total, preferences });
  const queries = [...before, `source AS (${rows})`];
  return {
    kind: "read",
    read_only: true,
    has_body: true,
    offset: root.offset ?? 0,
    limit: Math.min(root.limit ?? context.max_rows, context.max_rows),
    queries,
    columns,
    parameters: context.parameters,
    ...estimate(root, source, preferences, context, before),
  };
}

/** Exact up to one more than a page may have; beyond that `estimated` takes the planner's word. */
function totalSql(root: Node, source: Source, { count }: Preferences, context: Context): string | undefined {
  if (count === undefined || count === "planned") return undefined;
  const counted = countedSql(root, source, context, count === "estimated" ? context.max_rows + 1 : undefined);
  return `(SELECT count(*) FROM (${counted}) AS counted)`;
}

function estimate(
  root: Node,
  source: Source,
  { count }: Preferences,
  context: Context,
  before: string[],
): Pick<Plan, "estimate"> {
  // a query before the source has parameters of its own, which a second statement would have to repeat
  if ((count !== "planned" && count !== "estimated") || before.length > 0) return {};
  const parameters = new Parameters();
  const counted = countedSql(root, source, { ...context, parameters });
  return { estimate: parameters.statement(`EXPLAIN (FORMAT JSON) ${counted}`) };
}
