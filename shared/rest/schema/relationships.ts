import type { CatalogueKey, StandIn } from "./build.ts";
import type { Relation, Relationship, Routine } from "./model.ts";

interface Facts {
  keys: CatalogueKey[];
  stand_ins: ReadonlyMap<string, StandIn[]>;
  routines: Routine[];
  relations: ReadonlyMap<string, Relation>;
}

/** A foreign key between two relations, tables or views that stand for them. */
interface Reference {
  constraint: string;
  from: Relation;
  to: Relation;
  on: [string, string][];
}

/** Every way from one relation to another: foreign keys in both directions, junctions, and functions that take a row. */
export function findRelationships(facts: Facts): Relationship[] {
  const references = facts.keys.filter(({ kind }) => kind === "f").flatMap((key) => referencesOf(key, facts.stand_ins));
  return [
    ...references.flatMap(bothWays),
    ...junctions(references),
    ...facts.routines.flatMap((routine) => computed(routine, facts.relations)),
  ];
}

function referencesOf(key: CatalogueKey, stand_ins: ReadonlyMap<string, StandIn[]>): Reference[] {
  const holders = stand_ins.get(key.relation) ?? [];
  const targets = stand_ins.get(key.references ?? "") ?? [];
  return holders.flatMap((holder) =>
    targets.flatMap((target) => {
      const pairs = key.columns.map((column, i) =>
        (holder.shows.get(column) ?? []).flatMap((from) =>
          (target.shows.get(key.referenced[i] ?? "") ?? []).map((to): [string, string] => [from, to]),
        ),
      );
      return eachOf(pairs).map((on) => ({ constraint: key.name, from: holder.relation, to: target.relation, on }));
    }),
  );
}

/** A view may show a column twice, and a key through it as often: one of each list, in every combination. */
function eachOf<T>(lists: T[][]): T[][] {
  const MOST = 64;
  return lists.reduce<T[][]>(
    (found, list) => found.flatMap((start) => list.map((one) => [...start, one])).slice(0, MOST),
    [[]],
  );
}

function bothWays({ constraint, from, to, on }: Reference): Relationship[] {
  const one = isUnique(
    from,
    on.map(([column]) => column),
  );
  const is_self = from === to;
  return [
    { from, to, on, constraint, is_self, holds_key: true, cardinality: one ? "one-to-one" : "many-to-one" },
    {
      from: to,
      to: from,
      on: on.map(([a, b]) => [b, a]),
      constraint,
      is_self,
      holds_key: false,
      cardinality: one ? "one-to-one" : "one-to-many",
    },
  ];
}

const isUnique = ({ unique }: Relation, columns: string[]) =>
  unique.some((set) => set.length === columns.length && set.every((column) => columns.includes(column)));

/** Two foreign keys of a relation whose primary key holds the columns of both. */
function junctions(references: Reference[]): Relationship[] {
  const byHolder = new Map<Relation, Reference[]>();
  for (const reference of references) {
    byHolder.set(reference.from, [...(byHolder.get(reference.from) ?? []), reference]);
  }
  return [...byHolder].flatMap(([relation, keys]) => {
    const covers = ({ on }: Reference) => on.every(([column]) => relation.primary_key.includes(column));
    const parts = keys.filter(covers);
    return parts.flatMap((near) =>
      parts
        .filter((far) => far !== near && far.constraint !== near.constraint)
        .map((far): Relationship => ({
          from: near.to,
          to: far.to,
          cardinality: "many-to-many",
          on: [],
          constraint: near.constraint,
          junction: { relation, constraint: far.constraint, from: near.on.map(([a, b]) => [b, a]), to: far.on },
          is_self: near.to === far.to,
          holds_key: false,
        })),
    );
  });
}

function computed(routine: Routine, relations: ReadonlyMap<string, Relation>): Relationship[] {
  const [row, ...more] = routine.arguments;
  if (!row || more.length > 0 || routine.returns_relation === null) return [];
  const from = relations.get(row.row_of ?? "");
  const to = relations.get(routine.returns_relation);
  if (!from || !to) return [];
  return [
    { from, to, on: [], constraint: routine.name, routine, cardinality: "computed", is_self: false, holds_key: false },
  ];
}
