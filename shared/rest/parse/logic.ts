import { Cursor } from "./cursor.ts";
import { readField } from "./field.ts";
import type { Filter } from "./filter.ts";
import { readList, readOperator } from "./filter.ts";

export type Condition = Filter | Logic;

export interface Logic {
  kind: "logic";
  operator: "and" | "or";
  negated: boolean;
  conditions: Condition[];
}

/** Trees deeper than this are refused: reading one takes a call a level. */
const DEEPEST = 30;

/** Reads the value of `and`, `or`, `not.and` or `not.or`, such as `(a.eq.1,or(b.gt.2,not.c.is.null))`. */
export function parseLogic(operator: Logic["operator"], negated: boolean, text: string): Condition {
  const cursor = new Cursor(`${negated ? "not." : ""}${operator}${text}`, "logic tree", text);
  // what follows the last bracket is passed over
  return readCondition(cursor, 0);
}

function readConditions(cursor: Cursor, depth: number): Condition[] {
  if (depth > DEEPEST) cursor.fail(`at most ${DEEPEST} levels`);
  cursor.skipSpaces();
  cursor.need("(");
  const conditions: Condition[] = [];
  do {
    cursor.skipSpaces();
    conditions.push(readCondition(cursor, depth));
    cursor.skipSpaces();
  } while (cursor.takes(","));
  cursor.need(")");
  return conditions;
}

const LOGIC = /(not\.)?(and|or)(?=[ \t]*\()/y;
const NAME_BEGINS = /[\p{L}\p{N}_$"]/u;

function readCondition(cursor: Cursor, depth: number): Condition {
  const start = cursor.at;
  const [, not, word] = cursor.match(LOGIC) ?? [];
  if (word === "and" || word === "or") {
    const conditions = readConditions(cursor, depth + 1);
    return { kind: "logic", operator: word, negated: not !== undefined, conditions };
  }
  if (!NAME_BEGINS.test(cursor.here)) {
    cursor.fail("field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)");
  }
  const field = readField(cursor);
  if (!cursor.takes(".")) failCondition(cursor, start);
  const head = readOperator(cursor);
  return { kind: "filter", field, ...head, value: readValue(cursor, head.operator) };
}

/** What is no filter was meant as a tree. */
function failCondition(cursor: Cursor, start: number): never {
  const end = cursor.at;
  cursor.at = start;
  if (cursor.match(/(?:not\.)?(?:and|or)/y)) cursor.fail('"("');
  cursor.at = end;
  return cursor.fail("delimiter (.)");
}

const QUOTED = /"(?:\\.|[^"\\])*"(?=[,)]|$)/y;
const BRACES = /\{(?:"(?:\\.|[^"\\])*"|[^}"])*\}/y;
/** A range has a comma of its own: `[1,5)`. */
const RANGE = /[[(][^,()[\]]*,[^,()[\]]*[\])]/y;
const PLAIN = /[^,)]*/y;

function readValue(cursor: Cursor, operator: Filter["operator"]): string {
  const start = cursor.at;
  if (operator === "in") {
    readList(cursor);
    return cursor.text.slice(start, cursor.at);
  }
  if (cursor.match(QUOTED)) {
    cursor.at = start;
    return cursor.quoted();
  }
  return (cursor.match(BRACES) ?? cursor.match(RANGE) ?? cursor.match(PLAIN))?.[0] ?? "";
}
