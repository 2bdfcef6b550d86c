import { Cursor } from "./cursor.ts";
import type { Field } from "./field.ts";
import { readField } from "./field.ts";

export interface OrderTerm {
  field: Field;
  /** The embedded resource whose field it is: `order=author(name)`. */
  relation?: string;
  direction?: "asc" | "desc";
  nulls?: "first" | "last";
}

/** Reads `order`: `last_message_at.desc.nullslast,id`. */
export function parseOrder(text: string): OrderTerm[] {
  const cursor = new Cursor(text, "order");
  const terms: OrderTerm[] = [];
  do {
    cursor.skipSpaces();
    terms.push(readTerm(cursor));
    cursor.skipSpaces();
  } while (cursor.takes(","));
  return terms;
}

const DIRECTION = /\.(asc|desc)/y;
const NULLS = /\.nulls(first|last)/y;

function readTerm(cursor: Cursor): OrderTerm {
  const term: OrderTerm = { field: readField(cursor) };
  if (cursor.takes("(")) {
    term.relation = term.field.name;
    term.field = readField(cursor);
    cursor.need(")");
  }
  const direction = cursor.match(DIRECTION)?.[1];
  if (direction === "asc" || direction === "desc") term.direction = direction;
  const nulls = cursor.match(NULLS)?.[1];
  if (nulls === "first" || nulls === "last") term.nulls = nulls;
  cursor.skipSpaces();
  if (cursor.done || cursor.here === ",") return term;
  if (nulls === undefined && cursor.takes(".")) {
    const words =
      direction === undefined ? '"asc", "desc", "nullsfirst" or "nullslast"' : '"nullsfirst" or "nullslast"';
    cursor.fail(words);
  }
  return cursor.fail(nulls === undefined ? 'delimiter (.), "," or end of input' : '"," or end of input', "'");
}
