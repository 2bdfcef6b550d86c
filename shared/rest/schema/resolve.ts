import { RestError } from "../error.ts";
import type { Relation, Relationship, Schema } from "./model.ts";
import { nameOf } from "./model.ts";
import { closest } from "./similar.ts";

/** @throws RestError PGRST205 when there is no such table or view in the schema */
export function findRelation(schema: Schema, of: string, name: string): Relation {
  const found = schema.relations.get(`${of}.${name}`);
  if (found) return found;
  const others = [...schema.relations.values()].filter((relation) => relation.schema === of);
  const like = closest(name, others, (relation) => relation.name);
  throw new RestError(
    404,
    "PGRST205",
    `Could not find the table '${of}.${name}' in the schema cache`,
    null,
    like ? `Perhaps you meant the table '${nameOf(like)}'` : null,
  );
}

/**
 * The relationship that `name` means seen from a relation: a function, a table or view, a foreign key's name, or the
 * column that holds it; `hint` tells apart where several do.
 * @throws RestError PGRST200 for none, PGRST201 for more than one
 */
export function findRelationship(schema: Schema, from: Relation, name: string, hint?: string): Relationship {
  const all = schema.relationships.filter((one) => one.from === from && one.to.schema === from.schema);
  const computed = all.find(({ routine }) => routine?.name === name);
  if (computed) return computed;
  const keys = all.filter(({ routine }) => !routine);
  const found = keys.filter((one) => (one.is_self ? meansSelf(one, name, hint) : means(one, name, hint)));
  if (found.length === 1 && found[0]) return found[0];
  throw found.length === 0 ? missing(from, name, hint, schema) : ambiguous(from, name, found);
}

/** The one column of `from` that the relationship goes by. */
const columnOf = ({ on }: Relationship) => (on.length === 1 ? on[0]?.[0] : undefined);

function means(one: Relationship, name: string, hint: string | undefined): boolean {
  if (hint !== undefined) return one.to.name === name && isHinted(one, hint);
  // a key leads to a table; views that stand for it are meant by their own names
  const byKey = !one.to.is_view && !one.junction && (one.constraint === name || columnOf(one) === name);
  return one.to.name === name || byKey;
}

function isHinted(one: Relationship, hint: string): boolean {
  if (one.junction) return one.junction.relation.name === hint;
  return one.constraint === hint || (one.on.length === 1 && (one.on[0]?.[0] === hint || one.on[0]?.[1] === hint));
}

/** From a relation to itself: its name means the many side, the column that holds the key the one. */
function meansSelf(one: Relationship, name: string, hint: string | undefined): boolean {
  if (one.holds_key) return hint === undefined && columnOf(one) === name;
  if (one.to.name !== name) return false;
  return hint === undefined ? !one.junction : isHinted(one, hint);
}

function missing(from: Relation, name: string, hint: string | undefined, schema: Schema): RestError {
  const using = hint === undefined ? "" : ` using the hint '${hint}'`;
  return new RestError(
    400,
    "PGRST200",
    `Could not find a relationship between '${from.name}' and '${name}' in the schema cache`,
    `Searched for a foreign key relationship between '${from.name}' and '${name}'${using} in the schema '${from.schema}', but no matches were found.`,
    meant(from, name, schema),
  );
}

/** A related resource of a name like the one given; another resource where this one is related to none. */
function meant(from: Relation, name: string, { relationships }: Schema): string | null {
  const inSchema = relationships.filter((one) => one.to.schema === from.schema);
  const own = inSchema.filter((one) => one.from === from);
  const wrong = own.length > 0 ? name : from.name;
  const names = own.length > 0 ? own.map(({ to }) => to.name) : inSchema.map((one) => one.from.name);
  if (names.includes(wrong)) return null;
  const like = closest(wrong, names, (one) => one);
  return like === undefined ? null : `Perhaps you meant '${like}' instead of '${wrong}'.`;
}

const ORDER: Relationship["cardinality"][] = ["one-to-many", "many-to-one", "one-to-one", "many-to-many", "computed"];

const sortKey = (one: Relationship) =>
  [
    ORDER.indexOf(one.cardinality),
    one.junction?.relation.name,
    one.constraint,
    one.junction?.constraint,
    one.on,
  ].join();

function ambiguous(from: Relation, name: string, relationships: Relationship[]): RestError {
  const found = relationships.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const hints = found.map((one) => `'${one.to.name}!${one.junction?.relation.name ?? one.constraint}'`).join(", ");
  return new RestError(
    300,
    "PGRST201",
    `Could not embed because more than one relationship was found for '${from.name}' and '${name}'`,
    found.map((one) => ({
      cardinality: one.cardinality,
      embedding: `${from.name} with ${one.to.name}`,
      relationship: describe(one),
    })),
    `Try changing '${name}' to one of the following: ${hints}. Find the desired relationship in the 'details' key.`,
  );
}

const list = (pairs: [string, string][], side: 0 | 1) => pairs.map((pair) => pair[side]).join(", ");

function describe({ from, to, on, constraint, junction }: Relationship): string {
  if (junction) {
    const near = `${constraint}(${list(junction.from, 1)})`;
    return `${junction.relation.name} using ${near} and ${junction.constraint}(${list(junction.to, 0)})`;
  }
  return `${constraint} using ${from.name}(${list(on, 0)}) and ${to.name}(${list(on, 1)})`;
}
