import type { TestResult } from "../test-report/read.ts";
import type { Invariant } from "./rows.ts";

const NAMES = /\bF([1-9]\d*)(?:\s*[-–]\s*F([1-9]\d*))?\b/g;

/** The rows that a title names: `F10`, `F1, F3` and `F1–F3` (all three). */
export function rowsNamed(title: string): string[] {
  return [...title.matchAll(NAMES)].flatMap(([, first, last]) => {
    const start = Number(first);
    const end = last === undefined ? start : Number(last);
    return Array.from({ length: Math.max(0, end - start + 1) }, (_, index) => `F${start + index}`);
  });
}

/** What keeps the rows from being proven by a whole run: one line each, none when all is well. */
export function problemsOf(invariants: Invariant[], results: TestResult[]): string[] {
  const byRow = new Map<string, TestResult[]>(invariants.map(({ id }) => [id, []]));
  const problems: string[] = [];
  for (const result of results) {
    for (const id of new Set(rowsNamed(result.title))) {
      const tests = byRow.get(id);
      if (tests) tests.push(result);
      else problems.push(`${result.file}: "${result.title}" names ${id}, which is no row`);
    }
  }
  return [...problems, ...invariants.flatMap((row) => problemsOfRow(row, byRow.get(row.id) ?? []))];
}

function problemsOfRow({ id, comesWith }: Invariant, tests: TestResult[]): string[] {
  if (tests.length === 0 && comesWith === "") return [`${id}: no test names it`];
  return tests.flatMap(({ file, title, outcome, reason }) => {
    if (outcome === "failed") return [`${id}: ${file}: "${title}" failed`];
    return outcome === "skipped" && reason === undefined
      ? [`${id}: ${file}: "${title}" is skipped without a reason`]
      : [];
  });
}
