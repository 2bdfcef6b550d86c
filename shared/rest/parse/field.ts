import type { Cursor } from "./cursor.ts";

/** A column, and what is looked up inside of it where it holds JSON. */
export interface Field {
  name: string;
  path: JsonStep[];
}

export interface JsonStep {
  operator: "->" | "->>";
  key: string;
}

/** Letters, digits, `_`, `$` and inner spaces; a dash unless it begins an arrow. */
const NAME = /(?:[\p{L}\p{N}_$ ]|-(?!>))+/uy;
/** A number is an index where it is all of the key. */
const INDEX = /-?\d+(?=->|::|[.,)]|$)/y;
/** A dash may stand inside of a key. */
const KEY = /[^-,.():>]+(?:-(?!>)[^-,.():>]+)*/y;

/** A bare or quoted name. */
export function readName(cursor: Cursor): string {
  if (cursor.here === '"') return cursor.quoted();
  const name = cursor.match(NAME)?.[0].trim() ?? "";
  return name === "" ? cursor.fail("field name (* or [a..z0..9_$])") : name;
}

/** A name with its JSON path, such as `data->items->0->>name`. */
export function readField(cursor: Cursor): Field {
  const name = readName(cursor);
  return { name, path: readPath(cursor) };
}

/** The arrows and keys after a name; none is an empty path. */
export function readPath(cursor: Cursor): JsonStep[] {
  const path: JsonStep[] = [];
  for (;;) {
    const operator = cursor.takes("->>") ? "->>" : cursor.takes("->") ? "->" : null;
    if (operator === null) return path;
    const key = cursor.here === '"' ? cursor.quoted() : (cursor.match(INDEX) ?? cursor.match(KEY))?.[0].trim();
    path.push({ operator, key: key ?? failKey(cursor) });
  }
}

function failKey(cursor: Cursor): never {
  if (!cursor.takes("-")) cursor.fail('"-", digit or any non reserved character different from: .,>()');
  return cursor.fail("digit");
}

const isIndex = (key: string) => /^-?\d+$/.test(key);

/** The name that a field has in an answer when none is given: its last key that is not an index. */
export function outputName({ name, path }: Field): string {
  return path.findLast(({ key }) => !isIndex(key))?.key ?? name;
}
