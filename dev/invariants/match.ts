import type { TestResult } from "../test-report/read.ts";
import type { Invariant } from "./rows.ts";

/** A row with the tests whose titles name it. */
export interface Proof {
  invariant: Invariant;
  tests: TestResult[];
}

const NAMES = /\bF([1-9]\d*)(?:\s*[-–]\s*F([1-9]\d*))?\b/g;

/** The rows that a title names: `F10`, `F1, F3` and `F1–F3` (all three). */
export function rowsNamed(title: string): string[] {
  return [...title.matchAll(NAMES)].flatMap(([, first, last]) => {
    const start = Number(first);
    const end = last === undefined ? start : Number(last);
    return Array.from({ length: Math.max(0, end - start + 1) }, (_, index) => `F${start + index}`);
  });
}

/** Every row with its tests, and what is wrong with the whole: one line each, none when all is proven. */
export function matchTests(invariants: Invariant[], results: TestResult[]): { proofs: Proof[]; problems: string[] } {
  const byRow = new Map<string, TestResult[]>(invariants.map(({ id }) => [id, []]));
  const problems: string[] = [];
  for (const result of results) {
    for (const id of new Set(rowsNamed(result.title))) {
      const tests = byRow.get(id);
      if (tests) tests.push(result);
      else problems.push(`${result.file}: "${result.title}" names ${id}, which is no row`);
    }
  }
  const proofs = invariants.map((invariant) => ({ invariant, tests: byRow.get(invariant.id) ?? [] }));
  return { proofs, problems: [...problems, ...proofs.flatMap(problemsOf)] };
}

function problemsOf({ invariant: { id, comesWith }, tests }: Proof): string[] {
  if (tests.length === 0 && comesWith === "") return [`${id}: no test names it`];
  return tests.flatMap(({ file, title, outcome, reason }) => {
    if (outcome === "failed") return [`${id}: ${file}: "${title}" failed`];
    return outcome === "skipped" && reason === undefined
      ? [`${id}: ${file}: "${title}" is skipped without a reason`]
      : [];
  });
}
