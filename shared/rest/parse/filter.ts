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

/** Whether a text could be the value of a filter: what is none is an argument, where a function is called. */
export function isFilter(text: string): boolean {
  const [, , word, modifier] = /^(not\.)?([a-z]+)(?:\(([^()]*)\))?\./.exec(text) ?? [];
  const operator = OPERATORS.find((one) => one === word);
  return operator !== undefined && allows(operator, modifier);
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
  if (!operator || !allows(operator, modifier)) {
    cursor.at = start;
    return cursor.fail(cursor.takes("not.") ? "operator (eq, gt, ...)" : '"not" or operator (eq, gt, ...)');
  }
  const head = { negated: not !== undefined, operator };
  if (modifier === undefined) return head;
  return SEARCHES.has(operator)
    ? { ...head, language: modifier }
    : { ...head, quantifier: modifier === "any" ? "any" : "all" };
}

function allows(operator: Operator, modifier: string | undefined): boolean {
  if (modifier === undefined) return true;
  if (SEARCHES.has(operator)) return /^[\p{L}\p{N}_ $]+$/u.test(modifier);
  return (modifier === "any" || modifier === "all") && QUANTIFIED.has(operator);
}

const QUOTED = /"((?:\\[^]|[^\\"])*)"(?=[,)]|$)/y;
const BARE = /[^,)]*/y;

/** Reads `(1,"two, three",4)`; one empty entry is an empty list, and what follows the list is passed over. */
export function readList(cursor: Cursor): string[] {
  const values: string[] = [];
  cursor.skipSpaces();
  cursor.need("(");
  cursor.skipSpaces();
  do {
    const quoted = cursor.match(QUOTED)?.[1];
    values.push(quoted?.replaceAll(/\\([^])/g, "$1") ?? cursor.match(BARE)?.[0] ?? "");
  } while (cursor.takes(","));
  cursor.need(")");
  cursor.skipSpaces();
  return values.length === 1 && values[0] === "" ? [] : values;
}

export const parseInList = (text: string): string[] => readList(new Cursor(text, "filter"));
