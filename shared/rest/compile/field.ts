import { RestError } from "../error.ts";
import type { Field } from "../parse/field.ts";
import type { Column, Relation } from "../schema/model.ts";
import { identifier, literal } from "./sql.ts";

/** Where fields are looked up. */
export interface Scope {
  relation: Relation;
  alias: string;
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
  if (!column && !scope.computed.has(name)) throw unknownColumn(scope.relation, name);
  const plain = `${identifier(scope.alias)}.${identifier(name)}`;
  if (path.length === 0) return plain;
  const json = column && IS_JSON.test(column.type) ? plain : `to_jsonb(${plain})`;
  return `(${json}${path.map(({ operator, key }) => operator + keySql(key)).join("")})`;
}

const keySql = (key: string) => (/^-?\d{1,9}$/.test(key) ? key : literal(key));

/** As Postgres itself would say it. */
export function unknownColumn({ name: relation }: Relation, name: string): RestError {
  return new RestError(400, "42703", `column ${relation}.${name} does not exist`);
}

/** Columns that a role may read; all of them where it may read none, so that Postgres refuses with its own words. */
export function readable({ columns }: Relation, role: string): Column[] {
  const all = [...columns.values()];
  const open = all.filter(({ readers }) => readers.includes(role));
  return open.length > 0 ? open : all;
}
