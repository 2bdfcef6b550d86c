import { RestError } from "../error.ts";
import type { Clause } from "../parse/query.ts";
import type { Condition } from "../parse/logic.ts";
import type { OrderTerm } from "../parse/order.ts";
import type { SelectColumn, SelectEmbed, SelectItem, SelectStar } from "../parse/select.ts";
import type { Relation, Relationship, Schema } from "../schema/model.ts";
import { findRelationship } from "../schema/resolve.ts";

/** One resource of a request: what is asked of it, and what is embedded in it. */
export interface Node {
  relation: Relation;
  /** Its name inside the statement. */
  alias: string;
  /** Its name in complaints. */
  title: string;
  items: (SelectStar | SelectColumn | Embed)[];
  conditions: Condition[];
  order: OrderTerm[];
  limit?: number;
  offset?: number;
}

export interface Embed {
  kind: "embed";
  /** Its name in the answer, and in filters. */
  key: string;
  select: SelectEmbed;
  relationship: Relationship;
  node: Node;
  /** Name of the joined subquery. */
  lateral: string;
}

const DEEPEST = 8;
const MOST_EMBEDS = 60;

export const embedsOf = ({ items }: Node): Embed[] => items.filter((item) => item.kind === "embed");

/**
 * Resolves what a request selects against the schema.
 * @throws RestError when a relationship is unknown or ambiguous, or when it goes too deep
 */
export function buildNode(schema: Schema, relation: Relation, items: SelectItem[]): Node {
  let embeds = 0;
  const build = (of: Relation, asked: SelectItem[], alias: string, title: string, depth: number): Node => {
    if (depth > DEEPEST) throw new RestError(400, "PGRST100", `Resources may be embedded ${DEEPEST} deep at most`);
    refuseRepeated(of, asked, depth + 1);
    return {
      relation: of,
      alias,
      title,
      conditions: [],
      order: [],
      items: asked.map((item) => {
        if (item.kind !== "embed") return item;
        if (++embeds > MOST_EMBEDS)
          throw new RestError(400, "PGRST100", `At most ${MOST_EMBEDS} resources can be embedded`);
        const relationship = findRelationship(schema, of, item.name, item.hint);
        const name = `${relationship.to.name}_${embeds}`;
        const shown = relationship.junction ? relationship.to.name : `${relationship.to.name}_${depth + 1}`;
        return {
          kind: "embed",
          key: item.alias ?? item.name,
          select: item,
          relationship,
          node: build(relationship.to, item.items, name, shown, depth + 1),
          lateral: `${name}_rows`,
        };
      }),
    };
  };
  return build(relation, items, relation.name, relation.name, 0);
}

/** Two resources of one name would be one property of the answer. */
function refuseRepeated(of: Relation, items: SelectItem[], depth: number): void {
  const keys = items.flatMap((item) => (item.kind === "embed" ? [item.alias ?? item.name] : []));
  const repeated = keys.find((key, i) => keys.indexOf(key) !== i);
  if (repeated === undefined) return;
  throw new RestError(400, "42712", `table name "${of.name}_${repeated}_${depth}" specified more than once`);
}

/**
 * Hands each clause to the resource that it is about.
 * @throws RestError PGRST108 when that is not embedded in the request
 */
export function applyClauses(root: Node, clauses: Clause[]): void {
  for (const { path, condition, order, limit, offset } of clauses) {
    const node = path.reduce(step, root);
    if (condition) node.conditions.push(condition);
    if (order) node.order.push(...order);
    if (limit !== undefined) node.limit = limit;
    if (offset !== undefined) node.offset = offset;
  }
}

function step(node: Node, name: string): Node {
  return embedCalled(node, name).node;
}

/** @throws RestError PGRST108 */
export function embedCalled(node: Node, name: string): Embed {
  const embeds = embedsOf(node);
  const found = embeds.find(({ key }) => key === name) ?? embeds.find(({ select }) => select.name === name);
  if (found) return found;
  throw new RestError(
    400,
    "PGRST108",
    `'${name}' is not an embedded resource in this request`,
    null,
    `Verify that '${name}' is included in the 'select' query parameter.`,
  );
}
