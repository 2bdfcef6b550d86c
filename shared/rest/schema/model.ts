import type { Media } from "../parse/accept.ts";

/** What the data door knows of the database: nothing that is not in here is ever named in a statement. */
export interface Schema {
  /** By `schema.name`. */
  relations: ReadonlyMap<string, Relation>;
  relationships: Relationship[];
  routines: Routine[];
  /** Forms of rows that the schema makes itself. */
  media: (Media & { asked_as: string })[];
}

/** A table, view, or the row type that a function returns. */
export interface Relation {
  schema: string;
  name: string;
  is_view: boolean;
  columns: ReadonlyMap<string, Column>;
  primary_key: string[];
  /** Column sets of primary keys and unique constraints. */
  unique: string[][];
}

export interface Column {
  name: string;
  /** As Postgres spells it: `character varying(255)`, `uuid[]`. */
  type: string;
  /** An expression; null where an insert must give a value, or gets null. */
  default: string | null;
  /** Roles that may read it. */
  readers: string[];
  /** Functions of its domain, quoted, that make JSON of a value, and a value of JSON or of text. */
  shown_by?: string | null;
  json_read_by?: string | null;
  text_read_by?: string | null;
}

/** One end of a foreign key as seen from a relation, or a function that takes its row. */
export interface Relationship {
  from: Relation;
  to: Relation;
  cardinality: "many-to-one" | "one-to-many" | "one-to-one" | "many-to-many" | "computed";
  /** Pairs of columns, of `from` and of `to`; empty for a junction or a function. */
  on: [string, string][];
  /** The foreign key's name; of a junction, that of its key to `from`. */
  constraint: string;
  junction?: Junction;
  /** The function, whose rows are `to`. */
  routine?: Routine;
  /** The foreign key leads from a relation to itself. */
  is_self: boolean;
  /** For a one-to-one: the foreign key's columns are on the side of `from`. */
  holds_key: boolean;
}

export interface Junction {
  relation: Relation;
  /** The key to the far side. */
  constraint: string;
  /** Pairs of columns, of `from` and of the junction. */
  from: [string, string][];
  /** Pairs of columns, of the junction and of `to`. */
  to: [string, string][];
}

export interface Routine {
  schema: string;
  name: string;
  arguments: Argument[];
  returns: string;
  returns_set: boolean;
  /** `schema.name` of the relation whose rows it returns. */
  returns_relation: string | null;
  /** It returns rows with columns of their own: a composite type, or `out` arguments. */
  returns_record: boolean;
  /** These columns. */
  returns_columns: { name: string; type: string }[];
  /** The planner's estimate; 1 says that it returns one row. */
  rows: number;
  volatility: "immutable" | "stable" | "volatile";
  /** Its value is an answer of this type as it is. */
  media: (Media & { asked_as: string }) | null;
}

export interface Argument {
  name: string;
  type: string;
  /** `schema.name` of the relation whose row it is. */
  row_of: string | null;
  optional: boolean;
  variadic: boolean;
}

export const nameOf = ({ schema, name }: { schema: string; name: string }) => `${schema}.${name}`;

export function isToOne({ cardinality, routine }: Relationship): boolean {
  if (routine) return !routine.returns_set || routine.rows === 1;
  return cardinality === "many-to-one" || cardinality === "one-to-one";
}
