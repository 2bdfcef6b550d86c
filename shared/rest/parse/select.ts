import { Cursor } from "./cursor.ts";
import type { Field } from "./field.ts";
import { readName, readPath } from "./field.ts";

export const AGGREGATES = ["avg", "count", "max", "min", "sum"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** What one entry of `select` asks for. */
export type SelectItem = SelectStar | SelectColumn | SelectEmbed;

export interface SelectStar {
  kind: "star";
}

export interface SelectColumn {
  kind: "column";
  /** Absent for `count()`, which counts rows. */
  field?: Field;
  alias?: string;
  cast?: string;
  aggregate?: Aggregate;
  aggregateCast?: string;
}

export interface SelectEmbed {
  kind: "embed";
  name: string;
  alias?: string;
  /** The foreign key, column or junction that says which relationship is meant. */
  hint?: string;
  inner: boolean;
  /** Its columns become columns of the row that embeds it. */
  spread: boolean;
  items: SelectItem[];
}

const CAST = /[^,().]+/y;

/** Reads `select`: `id, alias:name::text, data->>key, amount.sum(), relation!hint!inner(…), ...spread(…)`. */
export function parseSelect(text: string): SelectItem[] {
  const cursor = new Cursor(text, "select parameter");
  const items = readItems(cursor);
  // of nothing everything is shown; what follows the last embedded resource is passed over
  return items.length > 0 ? items : [{ kind: "star" }];
}

function readItems(cursor: Cursor): SelectItem[] {
  const items: SelectItem[] = [];
  cursor.skipSpaces();
  if (cursor.done || cursor.here === ")") return items;
  do {
    cursor.skipSpaces();
    items.push(readItem(cursor));
    cursor.skipSpaces();
  } while (cursor.takes(","));
  return items;
}

function readItem(cursor: Cursor): SelectItem {
  if (cursor.takes("...")) {
    const [alias, name] = readAliased(cursor);
    return readEmbed(cursor, name, alias, true);
  }
  if (cursor.takes("*")) return ended(cursor, { kind: "star" }, '")", "," or end of input');
  const [alias, name] = readAliased(cursor);
  if (name === "count" && cursor.takes("()")) {
    const counted = { kind: "column" as const, aggregate: "count" as const, ...named("alias", alias) };
    return ended(cursor, { ...counted, ...readCast(cursor, "aggregateCast") }, '")", "," or end of input');
  }
  if (cursor.here === "!" || cursor.here === "(") return readEmbed(cursor, name, alias, false);
  return ended(cursor, readColumn(cursor, name, alias), NAME_ENDS);
}

const NAME_ENDS = 'letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input';

/** A column ends where the next begins, or the brackets that it is in. */
function ended<Item>(cursor: Cursor, item: Item, expected: string): Item {
  cursor.skipSpaces();
  return cursor.done || cursor.here === "," || cursor.here === ")" ? item : cursor.fail(expected, "'");
}

/** `alias:name` or `name`; two colons begin a cast. */
function readAliased(cursor: Cursor): [alias: string | undefined, name: string] {
  const first = readName(cursor);
  if (cursor.here !== ":" || cursor.sees("::")) return [undefined, first];
  cursor.need(":");
  return [first, readName(cursor)];
}

function readColumn(cursor: Cursor, name: string, alias: string | undefined): SelectColumn {
  const column: SelectColumn = {
    kind: "column",
    field: { name, path: readPath(cursor) },
    ...named("alias", alias),
    ...readCast(cursor, "cast"),
  };
  if (!cursor.takes(".")) return column;
  const aggregate = AGGREGATES.find((one) => cursor.takes(`${one}()`));
  if (!aggregate) cursor.fail(AGGREGATES.map((one) => `${one}()`).join(", "));
  return { ...column, aggregate, ...readCast(cursor, "aggregateCast") };
}

function readEmbed(cursor: Cursor, name: string, alias: string | undefined, spread: boolean): SelectEmbed {
  const embed: SelectEmbed = { kind: "embed", name, ...named("alias", alias), inner: false, spread, items: [] };
  while (cursor.takes("!")) {
    const word = readName(cursor);
    if (word === "inner") embed.inner = true;
    else if (word !== "left") embed.hint = word;
  }
  cursor.need("(");
  embed.items = readItems(cursor);
  cursor.need(")");
  return embed;
}

function readCast<Key extends string>(cursor: Cursor, key: Key): Partial<Record<Key, string>> {
  if (!cursor.takes("::")) return {};
  return named(key, cursor.match(CAST)?.[0].trim() ?? cursor.fail("a type"));
}

function named<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}
