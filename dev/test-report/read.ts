import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { z } from "zod";

/** Where `npm test` leaves the runner's report of a whole run. */
export const REPORT_PATH = "node_modules/.cache/test-report.json";

export interface TestResult {
  /** Relative to the repository, with forward slashes. */
  file: string;
  title: string;
  outcome: "passed" | "failed" | "skipped";
  /** Why a skipped test did not run, where it says so (see `test/setup/skip.ts`). */
  reason: string | undefined;
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          meta: z.object({ skipped: z.string().optional() }).optional(),
        }),
      ),
    }),
  ),
});

/**
 * The results in a report of Vitest's JSON reporter, in the order of files and titles. A file that failed as a whole,
 * such as one that does not load, has no failed test of its own and counts as one.
 * @throws when the file is missing or is not such a report
 */
export function readReport(root: string, path = join(root, REPORT_PATH)): TestResult[] {
  return parseReport(root, JSON.parse(readFileSync(path, "utf8")));
}

/** @param report the parsed JSON; its file names are absolute, below `root` */
export function parseReport(root: string, report: unknown): TestResult[] {
  const results = reportSchema.parse(report).testResults.flatMap(({ name, status, assertionResults }): TestResult[] => {
    const file = relative(root, name).replaceAll(sep, "/");
    const tests = assertionResults.map((test) => ({
      file,
      title: test.fullName,
      outcome: outcomeOf(test.status),
      reason: test.meta?.skipped,
    }));
    const failedAsWhole = status === "failed" && tests.every(({ outcome }) => outcome !== "failed");
    return failedAsWhole
      ? [...tests, { file, title: "the file as a whole", outcome: "failed", reason: undefined }]
      : tests;
  });
  return results.toSorted((a, b) => compare(a.file, b.file) || compare(a.title, b.title));
}

function outcomeOf(status: string): TestResult["outcome"] {
  if (status === "passed" || status === "failed") return status;
  return "skipped";
}

function compare(a: string, b: string) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
