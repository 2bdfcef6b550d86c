import { nameOf } from "./model.ts";
import type { Column, Relation, Routine, Schema } from "./model.ts";
import { findRelationships } from "./relationships.ts";

/** What `INTROSPECT` answers. */
export interface Catalogue {
  relations: CatalogueRelation[];
  /** Views of every schema: one that clients reach may be made of others. */
  views: CatalogueView[];
  keys: CatalogueKey[];
  routines: Routine[];
  media: Schema["media"];
}

export interface CatalogueRelation {
  schema: string;
  name: string;
  is_view: boolean;
  columns: Column[];
}

export interface CatalogueView {
  /** `schema.name` */
  name: string;
  /** Which column of which relation each of its columns shows. */
  origins: { column: string; relation: string; relation_column: string }[];
}

export interface CatalogueKey {
  name: string;
  /** Primary, unique or foreign. */
  kind: "p" | "u" | "f";
  relation: string;
  columns: string[];
  references: string | null;
  referenced: string[];
}

/** A relation that stands for another: a view shows columns of a table under names of its own. */
export interface StandIn {
  relation: Relation;
  /** From the table's column to the names that show it. */
  shows: ReadonlyMap<string, string[]>;
}

/** Puts the catalogue into the form in which requests are answered from it. */
export function buildSchema({ relations, views, keys, routines, media }: Catalogue): Schema {
  const byName = new Map(relations.map((relation) => [nameOf(relation), makeRelation(relation)]));
  const stand_ins = findStandIns(views, byName);
  for (const key of keys) if (key.kind !== "f") addUnique(key, stand_ins);
  return {
    relations: byName,
    relationships: findRelationships({ keys, stand_ins, routines, relations: byName }),
    routines,
    media,
  };
}

function makeRelation({ schema, name, is_view, columns }: CatalogueRelation): Relation {
  return {
    schema,
    name,
    is_view,
    columns: new Map(columns.map((column) => [column.name, column])),
    primary_key: [],
    unique: [],
  };
}

/** By the name of a table, the relations that show its columns: itself, and views of it, directly or through views. */
function findStandIns(views: CatalogueView[], relations: Map<string, Relation>): Map<string, StandIn[]> {
  const origins = new Map(views.map((view) => [view.name, view.origins]));
  const found = new Map<string, StandIn[]>();
  for (const [name, relation] of relations) {
    for (const [table, shows] of tablesShown(name, relation, origins)) {
      found.set(table, [...(found.get(table) ?? []), { relation, shows }]);
    }
  }
  return found;
}

type Origins = ReadonlyMap<string, CatalogueView["origins"]>;

function tablesShown(name: string, relation: Relation, origins: Origins): Map<string, Map<string, string[]>> {
  const shown = new Map<string, Map<string, string[]>>();
  const add = (table: string, column: string, shown_as: string) => {
    const columns = shown.get(table) ?? new Map<string, string[]>();
    shown.set(table, columns.set(column, [...(columns.get(column) ?? []), shown_as]));
  };
  const trace = (from: string, column: string, shown_as: string) => {
    add(from, column, shown_as);
    for (const origin of origins.get(from) ?? []) {
      if (origin.column === column) trace(origin.relation, origin.relation_column, shown_as);
    }
  };
  for (const column of relation.columns.keys()) trace(name, column, column);
  return shown;
}

/** A key of a table is one of each relation that shows all of its columns. */
function addUnique({ kind, relation, columns }: CatalogueKey, stand_ins: ReadonlyMap<string, StandIn[]>): void {
  for (const { relation: shown, shows } of stand_ins.get(relation) ?? []) {
    const names = columns.flatMap((column) => shows.get(column)?.[0] ?? []);
    if (names.length < columns.length) continue;
    shown.unique.push(names);
    if (kind === "p" && shown.primary_key.length === 0) shown.primary_key = names;
  }
}
