import { RestError } from "../error.ts";
import { Cursor } from "./cursor.ts";
import type { Field } from "./field.ts";
import { readField } from "./field.ts";

/** The operators by which a field is compared with a value (docs.postgrest.org, "Operators"). */
export const OPERATORS = [
  "eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct",
  "fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj",
] as const; // prettier-ignore
export type Operator = (typeof OPERATORS)[number];

export interface Filter {
  kind: "filter";
  field: Field;
  negated: boolean;
  operator: Operator;
  /** `eq(any).{1,2}`: the value is a list, and the field must agree with any or all of it. */
  quantifier?: "any" | "all";
  /** Text search configuration, as in `fts(english).cat`. */
  language?: string;
  value: string;
}

const HEAD = /(not\.)?([a-z]+)(?:\(([^()]*)\))?\./y;
const QUANTIFIED = new Set<Operator>(["eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"]);
const SEARCHES = new Set<Operator>(["fts", "plfts", "phfts", "wfts"]);

/** Reads the value of a filter parameter, such as `not.in.(1,2)`; `field` is its name. */
export function parseFilter(field: Field, text: string): Filter {
  const cursor = new Cursor(text, "filter");
  const head = readOperator(cursor);
  return { kind: "filter", field, ...head, value: text.slice(cursor.at) };
}

/** Reads the name of a filter parameter. */
export function parseField(text: string): Field {
  const cursor = new Cursor(text, "filter");
  const field = readField(cursor);
  cursor.needEnd();
  return field;
}

/** `not.`, an operator, its modifier in brackets, and the dot before the value. */
export function readOperator(cursor: Cursor): Omit<Filter, "kind" | "field" | "value"> {
  const start = cursor.at;
  const [, not, word, modifier] = cursor.match(HEAD) ?? [];
  const operator = OPERATORS.find((one) => one === word);
  if (!operator) {
    cursor.at = start;
    cursor.fail("operator (eq, gt, ...)");
  }
  const head = { negated: not !== undefined, operator };
  if (modifier === undefined) return head;
  if ((modifier === "any" || modifier === "all") && QUANTIFIED.has(operator)) return { ...head, quantifier: modifier };
  if (SEARCHES.has(operator)) return { ...head, language: modifier };
  cursor.at = start;
  return cursor.fail("operator (eq, gt, ...)");
}

/** Reads `(1,"two, three",4)`. */
export function parseInList(text: string): string[] {
  const cursor = new Cursor(text, "filter");
  cursor.need("(");
  const values: string[] = [];
  if (cursor.takes(")")) return values;
  do values.push(cursor.here === '"' ? cursor.quoted() : (cursor.match(/[^,)]*/y)?.[0] ?? ""));
  while (cursor.takes(","));
  cursor.need(")");
  if (!cursor.done) throw new RestError(400, "PGRST100", `"failed to parse filter (in.${text})"`, "a list ends with )");
  return values;
}
