import { Cursor } from "./cursor.ts";
import { readName } from "./field.ts";

/** Reads a list of names, such as `columns` and `on_conflict`. */
export function parseNames(text: string, what: string): string[] {
  const cursor = new Cursor(text, what);
  const names: string[] = [];
  do {
    cursor.skipSpaces();
    names.push(readName(cursor));
    cursor.skipSpaces();
  } while (cursor.takes(","));
  cursor.needEnd();
  return names;
}

/** `clients.projects.name` as its parts; dots inside quotes and after an arrow belong to a part. */
export function splitPath(key: string): string[] {
  const parts: string[] = [];
  let rest = key;
  for (;;) {
    const [whole = "", quoted] = /^(?:"((?:\\.|[^"\\])*)"|[^."]*)/.exec(rest) ?? [];
    const arrow = rest.indexOf("->");
    if (arrow !== -1 && arrow < whole.length) return [...parts, rest];
    if (rest[whole.length] !== ".") return [...parts, rest];
    parts.push(quoted ?? whole);
    rest = rest.slice(whole.length + 1);
  }
}
