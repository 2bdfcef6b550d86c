import { describe, expect, test } from "vitest";
import { parseReport } from "./read.ts";
import { summarise } from "./summarise.ts";

const assertion = (fullName: string, status: string, meta = {}) => ({ fullName, status, meta });
const file = (name: string, status: string, assertionResults: unknown[]) => ({
  name: `/repo/${name}`,
  status,
  assertionResults,
});
const read = (...testResults: unknown[]) => parseReport("/repo", { testResults });

describe("reading a report", () => {
  test("names files from the repository's root and sorts them", () => {
    const results = read(
      file("shared/b.test.ts", "passed", [assertion("F2: b", "passed")]),
      file("shared/a.test.ts", "passed", [assertion("z", "passed"), assertion("a", "passed")]),
    );
    expect(results.map((result) => `${result.file} ${result.title}`)).toEqual([
      "shared/a.test.ts a",
      "shared/a.test.ts z",
      "shared/b.test.ts F2: b",
    ]);
  });

  test("every status but passed and failed is a skip, with its reason", () => {
    const [, second] = read(
      file("a.test.ts", "passed", [assertion("a", "todo"), assertion("b", "skipped", { skipped: "one session" })]),
    );
    expect(second).toEqual({ file: "a.test.ts", title: "b", outcome: "skipped", reason: "one session" });
  });

  test("a file that does not load counts as one failure", () => {
    expect(read(file("a.test.ts", "failed", []))).toMatchObject([{ outcome: "failed" }]);
  });

  test("a file with a failed test counts that test alone", () => {
    expect(read(file("a.test.ts", "failed", [assertion("a", "failed")]))).toHaveLength(1);
  });

  test("refuses what is not a report", () => {
    expect(() => parseReport("/repo", {})).toThrow("testResults");
  });
});

describe("the closing line", () => {
  const some = (...statuses: string[]) =>
    summarise(
      read(
        file(
          "a.test.ts",
          "passed",
          statuses.map((s) => assertion(s, s)),
        ),
      ),
    );

  test("counts what passed and failed", () =>
    expect(some("passed", "failed")).toEqual({ line: "1 passed, 1 failed", ok: false }));
  test("tells of skipped tests", () =>
    expect(some("passed", "todo")).toEqual({ line: "1 passed, 0 failed, 1 skipped", ok: true }));
  test("a run without tests is no success", () => expect(some()).toEqual({ line: "0 passed, 0 failed", ok: false }));
  test("a run that only skipped is no success", () => expect(some("skipped").ok).toBe(false));
});
