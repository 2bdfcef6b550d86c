import { RestError } from "../error.ts";
import { outputName } from "../parse/field.ts";
import type { SelectColumn } from "../parse/select.ts";
import type { Column } from "../schema/model.ts";
import { isToOne } from "../schema/model.ts";
import type { Context } from "./context.ts";
import { scopeOf } from "./context.ts";
import { fieldSql, isField, readable } from "./field.ts";
import type { Embed, Node } from "./node.ts";
import { castTo, identifier } from "./sql.ts";

/** One column of what a resource answers. */
export interface Output {
  name: string;
  sql: string;
  /** It sums up rows; the columns beside it are grouped by. */
  aggregate?: (expression: string) => string;
  /** A value of type json, which cannot be grouped by. */
  is_json?: boolean;
}

/** The columns of a resource, those of what is spread into it among them. */
export function outputsOf(node: Node, context: Context): Output[] {
  return node.items.flatMap((item): Output[] => {
    if (item.kind === "embed") return embedOutputs(item, context);
    if (item.kind === "column") return [columnOutput(item, node, context)];
    return readable(node.relation, context).map((column) => ({
      name: column.name,
      sql: shown(column, `${identifier(node.alias)}.${identifier(column.name)}`),
      is_json: Boolean(column.shown_by),
    }));
  });
}

/** A domain may have a function by which its values are shown. */
const shown = ({ shown_by }: Pick<Column, "shown_by">, sql: string) => (shown_by ? `${shown_by}(${sql})` : sql);

const countOf = (expression: string) => `count(${expression || "*"})`;

function columnOutput(column: SelectColumn, node: Node, context: Context): Output {
  const { field, alias, cast, aggregate, aggregateCast } = column;
  const name = alias ?? aggregate ?? (field ? outputName(field) : "count");
  const scope = scopeOf(context, node);
  // "count" without brackets counts the rows of a resource that has no such column, whether or not sums are allowed
  if (field && !aggregate && field.name === "count" && !isField(scope, field)) {
    return { name, sql: "", aggregate: cast ? (expression) => castTo(countOf(expression), cast) : countOf };
  }
  const known = field && field.path.length === 0 ? node.relation.columns.get(field.name) : undefined;
  const plain = field && shown(known ?? {}, fieldSql(scope, field));
  const value = plain && cast ? castTo(plain, cast) : plain;
  if (!aggregate) return { name, sql: value ?? "", is_json: Boolean(known?.shown_by && !cast) };
  if (!context.aggregates) throw new RestError(400, "PGRST123", "Use of aggregate functions is not allowed");
  return {
    name,
    sql: value ?? "",
    aggregate: (expression) => {
      const sum = `${aggregate}(${expression === "" ? "*" : expression})`;
      return aggregateCast ? castTo(sum, aggregateCast) : sum;
    },
  };
}

/** It shows nothing, and nor does what is embedded in it: it only decides which rows there are. */
const isEmpty = ({ items }: Node): boolean => items.every((item) => item.kind === "embed" && isEmpty(item.node));

function embedOutputs(embed: Embed, context: Context): Output[] {
  const { key, select, relationship, node, lateral } = embed;
  if (isEmpty(node)) return [];
  const one = isToOne(relationship);
  if (!select.spread) {
    const rows = `${identifier(lateral)}."rows"`;
    return [{ name: key, sql: one ? rows : `COALESCE(${rows}, '[]')`, is_json: true }];
  }
  return outputsOf(node, context).map(({ name, aggregate, is_json = false }) => {
    const value = `${identifier(lateral)}.${identifier(name)}`;
    // a sum over a single row would say nothing: it is taken over the rows that the resource is spread into
    if (one) return { name, sql: value, is_json, ...(aggregate && { aggregate }) };
    return { name, sql: `COALESCE(${value}, '[]')`, is_json: true };
  });
}

/** Their expressions for a `SELECT`, and what to group by: nothing unless one of them sums up. */
export function selectList(outputs: Output[]): { columns: string[]; group: string[] } {
  const grouped = outputs.some(({ aggregate }) => aggregate);
  const comparable = ({ sql, is_json }: Output) => (grouped && is_json ? `(${sql})::jsonb` : sql);
  const columns = outputs.map((output) => {
    const value = output.aggregate ? output.aggregate(output.sql) : comparable(output);
    return `${value} AS ${identifier(output.name)}`;
  });
  return { columns, group: grouped ? outputs.filter(({ aggregate }) => !aggregate).map(comparable) : [] };
}
