import { Cursor } from "./cursor.ts";
import { readField } from "./field.ts";
import type { Filter } from "./filter.ts";
import { readOperator } from "./filter.ts";

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
export function parseLogic(operator: Logic["operator"], negated: boolean, text: string): Logic {
  const cursor = new Cursor(text, "logic tree");
  const conditions = readConditions(cursor, 1);
  cursor.needEnd();
  return { kind: "logic", operator, negated, conditions };
}

function readConditions(cursor: Cursor, depth: number): Condition[] {
  if (depth > DEEPEST) cursor.fail(`at most ${DEEPEST} levels`);
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

function readCondition(cursor: Cursor, depth: number): Condition {
  const start = cursor.at;
  const negated = cursor.takes("not.");
  for (const operator of ["and", "or"] as const) {
    if (!cursor.sees(`${operator}(`)) continue;
    cursor.need(operator);
    return { kind: "logic", operator, negated, conditions: readConditions(cursor, depth + 1) };
  }
  cursor.at = start;
  const field = readField(cursor);
  cursor.need(".");
  const head = readOperator(cursor);
  return { kind: "filter", field, ...head, value: readValue(cursor, head.operator) };
}

const QUOTED = /"(?:\\.|[^"\\])*"(?=[,)]|$)/y;
/** A list in round brackets; quoted entries may hold brackets. */
const LIST = /\((?:"(?:\\.|[^"\\])*"|[^()"])*\)/y;
const BRACES = /\{(?:"(?:\\.|[^"\\])*"|[^}"])*\}/y;
/** A range has a comma of its own: `[1,5)`. */
const RANGE = /[[(][^,()[\]]*,[^,()[\]]*[\])]/y;
const PLAIN = /[^,)]*/y;

function readValue(cursor: Cursor, operator: Filter["operator"]): string {
  if (operator === "in") return cursor.match(LIST)?.[0] ?? cursor.fail("a list in brackets");
  const start = cursor.at;
  if (cursor.match(QUOTED)) {
    cursor.at = start;
    return cursor.quoted();
  }
  return (cursor.match(BRACES) ?? cursor.match(RANGE) ?? cursor.match(PLAIN))?.[0] ?? "";
}
