import { RestError } from "../error.ts";
import type { Field } from "../parse/field.ts";
import type { Column, Relation } from "../schema/model.ts";
import { distance } from "../schema/similar.ts";
import { identifier, literal } from "./sql.ts";

/** Where fields are looked up. */
export interface Scope {
  relation: Relation;
  alias: string;
  /** Its name in complaints. */
  title: string;
  /** Functions that take a row of the relation and can be read like a column, by name. */
  computed: ReadonlySet<string>;
}

const IS_JSON = /^jsonb?$/;

/**
 * The expression of a field.
 * @throws RestError 42703 for a column that the schema cache does not know
 */
export function fieldSql(scope: Scope, { name, path }: Field): string {
  const column = scope.relation.columns.get(name);
  if (!column && !scope.computed.has(name)) throw unknownColumn(scope, name);
  const plain = `${identifier(scope.alias)}.${identifier(name)}`;
  if (path.length === 0) return plain;
  const json = column && IS_JSON.test(column.type) ? plain : `to_jsonb(${plain})`;
  return `(${json}${path.map(({ operator, key }) => operator + keySql(key)).join("")})`;
}

const keySql = (key: string) => (/^-?\d{1,9}$/.test(key) ? key : literal(key));

export const isField = ({ relation, computed }: Scope, { name }: Field) =>
  relation.columns.has(name) || computed.has(name);

/** As Postgres itself would say it, with its hint: columns of a name at most three letters away, not half of it. */
export function unknownColumn({ title, relation }: Scope, name: string): RestError {
  const rated = [...relation.columns.keys()].map((column) => ({ column, away: distance(name, column) }));
  const near = rated.filter(({ column, away }) => away <= 3 && away <= Math.floor(column.length / 2));
  const nearest = Math.min(...near.map(({ away }) => away));
  const meant = near.filter(({ away }) => away === nearest).map(({ column }) => `the column "${title}.${column}"`);
  const hint =
    meant.length === 1 || meant.length === 2 ? `Perhaps you meant to reference ${meant.join(" or ")}.` : null;
  return new RestError(400, "42703", `column ${title}.${name} does not exist`, null, hint);
}

/**
 * What a star means: the columns that a role may read, or all of them where it may read none, so that Postgres refuses with
 * its own words. In a database that is not ours it means all in any case, as it does to PostgREST.
 */
export function readable({ columns }: Relation, { role, stars_are_whole }: Reader): Column[] {
  const all = [...columns.values()];
  if (stars_are_whole) return all;
  const open = all.filter(({ readers }) => readers.includes(role));
  return open.length > 0 ? open : all;
}

export interface Reader {
  role: string;
  stars_are_whole: boolean;
}
