import type { TestResult } from "./read.ts";

/** The closing line of a run; `ok` is false when anything failed and also when nothing ran. */
export function summarise(results: TestResult[]): { line: string; ok: boolean } {
  const count = (outcome: TestResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return { line, ok: failed === 0 && passed > 0 };
}
