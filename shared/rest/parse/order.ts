import { Cursor } from "./cursor.ts";
import type { Field } from "./field.ts";
import { readField, readName } from "./field.ts";

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
  if (!cursor.done) cursor.fail('"," or end of input');
  return terms;
}

function readTerm(cursor: Cursor): OrderTerm {
  const term: OrderTerm = { field: readField(cursor) };
  if (cursor.takes("(")) {
    term.relation = term.field.name;
    term.field = readField(cursor);
    cursor.need(")");
  }
  while (cursor.takes(".")) {
    const word = readName(cursor);
    if (word === "asc" || word === "desc") term.direction = word;
    else if (word === "nullsfirst") term.nulls = "first";
    else if (word === "nullslast") term.nulls = "last";
    else cursor.fail('"asc", "desc", "nullsfirst" or "nullslast"');
  }
  return term;
}
