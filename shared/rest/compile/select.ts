import { RestError } from "../error.ts";
import type { Condition } from "../parse/logic.ts";
import type { OrderTerm } from "../parse/order.ts";
import { isToOne } from "../schema/model.ts";
import type { Relationship } from "../schema/model.ts";
import { conditionSql } from "./condition.ts";
import type { Context } from "./context.ts";
import { scopeOf } from "./context.ts";
import { fieldSql } from "./field.ts";
import type { Embed, Node } from "./node.ts";
import { embedCalled, embedsOf } from "./node.ts";
import type { Output } from "./outputs.ts";
import { outputsOf, selectList } from "./outputs.ts";
import { identifier, relationName } from "./sql.ts";

/** Where a resource's rows come from, and which of them. */
export interface Source {
  from: string;
  where?: string[];
}

/** `SELECT …` for a resource with everything that is embedded in it. */
export function selectSql(node: Node, source: Source, context: Context, extra: string[] = []): string {
  const outputs = outputsOf(node, context);
  const { columns, group } = selectList(outputs);
  return [
    `SELECT ${[...columns, ...extra].join(", ")}`,
    rowsSql(node, source, context, embedsOf(node)),
    group.length > 0 ? `GROUP BY ${group.join(", ")}` : "",
    orderSql(node, outputs, context),
    pageSql(node, context),
  ]
    .filter(Boolean)
    .join(" ");
}

/** The same rows, unordered and uncut, for counting: only what decides whether a row is there is joined. */
export function countedSql(node: Node, source: Source, context: Context, limit?: number): string {
  const decides = (embed: Embed) =>
    embed.select.inner || node.conditions.some((condition) => mentions(condition, embed));
  const rows = rowsSql(node, source, context, embedsOf(node).filter(decides));
  const { group } = selectList(outputsOf(node, context));
  // groups are what is counted where rows are summed up
  if (group.length > 0)
    return `SELECT 1 ${rowsSql(node, source, context, embedsOf(node))} GROUP BY ${group.join(", ")}`;
  return `SELECT 1 ${rows}${limit === undefined ? "" : ` LIMIT ${limit}`}`;
}

function mentions(condition: Condition, embed: Embed): boolean {
  if (condition.kind === "logic") return condition.conditions.some((one) => mentions(one, embed));
  return condition.field.name === embed.key || condition.field.name === embed.select.name;
}

function rowsSql(node: Node, { from, where = [] }: Source, context: Context, embeds: Embed[]): string {
  const conditions = [...where, ...node.conditions.map((condition) => whereSql(condition, node, context))];
  const joins = embeds.map((embed) => ` ${joinSql(node, embed, context)}`).join("");
  return `FROM ${from}${joins}${conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : ""}`;
}

/** A condition on a resource's own rows. */
export function whereSql(condition: Condition, node: Node, context: Context): string {
  return conditionSql(condition, scopeOf(context, node), context.parameters, (name) => {
    const embed = embedsOf(node).find(({ key, select }) => key === name || select.name === name);
    return embed && present(embed);
  });
}

/** Null where nothing is embedded. */
const present = ({ select, lateral }: Embed) => `${identifier(lateral)}.${select.spread ? '"$present"' : '"rows"'}`;

function joinSql(parent: Node, embed: Embed, context: Context): string {
  const { select, lateral } = embed;
  const on = select.inner ? `${present(embed)} IS NOT NULL` : "TRUE";
  return `${select.inner ? "INNER" : "LEFT"} JOIN LATERAL (${embeddedSql(parent, embed, context)}) AS ${identifier(lateral)} ON ${on}`;
}

function embeddedSql(parent: Node, { select, relationship, node }: Embed, context: Context): string {
  const source = related(parent, relationship, node.alias);
  if (!select.spread) {
    const rows = isToOne(relationship) ? "row_to_json(r)" : "json_agg(r)";
    return `SELECT ${rows} AS "rows" FROM (${selectSql(node, source, context)}) AS r`;
  }
  if (isToOne(relationship)) return spreadOne(node, source, context);
  const lists = outputsOf(node, context).map(({ name }) => `json_agg(r.${identifier(name)}) AS ${identifier(name)}`);
  const there = 'CASE WHEN count(*) > 0 THEN TRUE END AS "$present"';
  return `SELECT ${[...lists, there].join(", ")} FROM (${selectSql(node, source, context)}) AS r`;
}

/** Sums are left to the resource that it is spread into. */
function spreadOne(node: Node, source: Source, context: Context): string {
  const columns = outputsOf(node, context).map(({ name, sql }) => `${sql || "1"} AS ${identifier(name)}`);
  return [
    `SELECT ${[...columns, 'TRUE AS "$present"'].join(", ")}`,
    rowsSql(node, source, context, embedsOf(node)),
    pageSql(node, context),
  ].join(" ");
}

const equal = (a: string, x: string, b: string, y: string) =>
  `${identifier(a)}.${identifier(x)} = ${identifier(b)}.${identifier(y)}`;

/** The rows of a relationship that belong to a row of the parent. */
export function related(parent: Node, relationship: Relationship, alias: string): Source {
  const { to, on, junction, routine } = relationship;
  if (routine) return { from: `${relationName(routine)}(${identifier(parent.alias)}) AS ${identifier(alias)}` };
  const from = `${relationName(to)} AS ${identifier(alias)}`;
  if (!junction) return { from, where: on.map(([mine, theirs]) => equal(alias, theirs, parent.alias, mine)) };
  const link = `${alias}_link`;
  const links = junction.to.map(([column, theirs]) => equal(link, column, alias, theirs)).join(" AND ");
  return {
    from: `${from} INNER JOIN ${relationName(junction.relation)} AS ${identifier(link)} ON ${links}`,
    where: junction.from.map(([mine, column]) => equal(link, column, parent.alias, mine)),
  };
}

function orderSql(node: Node, outputs: Output[], context: Context): string {
  if (node.order.length === 0) return "";
  return `ORDER BY ${node.order.map((term) => termSql(term, node, outputs, context)).join(", ")}`;
}

function termSql(term: OrderTerm, node: Node, outputs: Output[], context: Context): string {
  const { direction, nulls } = term;
  const by =
    term.relation === undefined
      ? ownTerm(term, node, outputs, context)
      : relatedTerm(term, term.relation, node, context);
  return [by, direction?.toUpperCase(), nulls && `NULLS ${nulls.toUpperCase()}`].filter(Boolean).join(" ");
}

function ownTerm({ field }: OrderTerm, node: Node, outputs: Output[], context: Context): string {
  const summed = outputs.find(({ name, aggregate }) => aggregate && name === field.name);
  return summed ? identifier(summed.name) : fieldSql(scopeOf(context, node), field);
}

function relatedTerm({ field }: OrderTerm, name: string, node: Node, context: Context): string {
  const { relationship, key, select, node: target, lateral } = embedCalled(node, name);
  if (!isToOne(relationship)) {
    throw new RestError(
      400,
      "PGRST118",
      `A related order on '${key}' is not possible`,
      `'${node.relation.name}' and '${key}' do not form a many-to-one or one-to-one relationship`,
    );
  }
  // what is spread has its columns under the names that were chosen for them
  const spread = select.spread && field.path.length === 0 ? outputsOf(target, context) : [];
  if (spread.some((output) => output.name === field.name && !output.aggregate)) {
    return `${identifier(lateral)}.${identifier(field.name)}`;
  }
  const alias = "ordering";
  const { from, where = [] } = related(node, relationship, alias);
  const value = fieldSql(scopeOf(context, { relation: relationship.to, alias }), field);
  return `(SELECT ${value} FROM ${from} WHERE ${where.join(" AND ") || "TRUE"} LIMIT 1)`;
}

function pageSql({ limit, offset }: Node, { max_rows }: Context): string {
  const rows = limit === undefined ? max_rows : Math.min(limit, max_rows);
  return `LIMIT ${rows}${offset ? ` OFFSET ${offset}` : ""}`;
}
