import { describe, expect, test } from "vitest";
import type { TestResult } from "../test-report/read.ts";
import { problemsOf, rowsNamed } from "./match.ts";
import { invariantsPage } from "./page.ts";
import type { Invariant } from "./rows.ts";
import { parseRows, readRows } from "./rows.ts";
import { rowsIn } from "./sources.ts";

const row = (id: string, comesWith = ""): Invariant => ({
  id,
  law: "once",
  kind: "race",
  comesWith,
  asks: "one effect",
});
const result = (title: string, change: Partial<TestResult> = {}): TestResult => ({
  file: "shared/a.test.ts",
  title,
  outcome: "passed",
  reason: undefined,
  ...change,
});
const problems = (invariants: Invariant[], ...results: TestResult[]) => problemsOf(invariants, results);

describe("the rows a title names", () => {
  test.each([
    ["one bad item is refused", []],
    ["F10: one flipped bit is refused", ["F10"]],
    ["ingest F1, F3 keeps both", ["F1", "F3"]],
    ["F1–F3 any order", ["F1", "F2", "F3"]],
    ["colour 0xF10 and UTF8 and F0", []],
  ])("of sample %#", (title, expected) => expect(rowsNamed(title)).toEqual(expected));
});

describe("problems", () => {
  test("none when each row that must hold is named by a passed test", () => {
    expect(problems([row("F1"), row("F2", "orders")], result("F1: once"))).toEqual([]);
  });
  test("a row without a test", () => {
    expect(problems([row("F1")])).toEqual(["F1: no test names it"]);
  });
  test("a failed test, also of a row that is still to come", () => {
    expect(problems([row("F1", "orders")], result("F1", { outcome: "failed" }))).toHaveLength(1);
  });
  test("a failed test beside a passed one", () => {
    expect(problems([row("F1")], result("F1 a"), result("F1 b", { outcome: "failed" }))).toHaveLength(1);
  });
  test("a skip without a reason, but not one with", () => {
    expect(problems([row("F1")], result("F1", { outcome: "skipped" }))).toHaveLength(1);
    expect(problems([row("F1")], result("F1", { outcome: "skipped", reason: "one session" }))).toEqual([]);
  });
  test("a row that does not exist", () => {
    expect(problems([], result("F9: fast"))).toEqual([expect.stringContaining("names F9")]);
  });
});

describe("the rows that a source names", () => {
  test.each([
    ["a title", 'test("F4: once", () => {});', ["F4"]],
    ["a table of cases", 'test.each([["F80: a window", {}], ["none", {}]])', ["F80"]],
    ["a template, a range", "test(`F1-F2 ${x}`)", ["F1", "F2"]],
    ["a quote within a string", String.raw`test("the \"F7\" of it")`, ["F7"]],
    ["comments and code", "// F9 is proven elsewhere\nconst F3 = 1;", []],
  ])("in %s", (_, source, expected) => expect([...rowsIn(source)]).toEqual(expected));
});

describe("the page", () => {
  const page = (invariant: Invariant, ...files: string[]) => {
    const lines = invariantsPage([invariant], new Map([[invariant.id, files]])).split("\n");
    return lines.find((line) => line.startsWith(`| ${invariant.id} `));
  };

  test("links each file", () => {
    expect(page(row("F1"), "shared/a.test.ts")).toBe(
      "| F1 | once | one effect | [shared/a.test.ts](../shared/a.test.ts) |",
    );
  });
  test("tells what a row without tests comes with", () => {
    expect(page(row("F1", "orders"))).toContain("| comes with orders |");
    expect(page(row("F1"))).toContain("| **no test** |");
  });
});

describe("rows.tsv", () => {
  const header = "row\tlaw\tkind\tcomes with\twhat it asks\n";

  test("is well formed", () => expect(readRows()).toHaveLength(185));
  test("refuses a gap", () => expect(() => parseRows(`${header}F2\tonce\trace\t\tx\n`)).toThrow("expected F1"));
  test("refuses an unknown law", () => expect(() => parseRows(`${header}F1\tluck\trace\t\tx\n`)).toThrow("law"));
  test("refuses other columns", () => expect(() => parseRows("row\tlaw\n")).toThrow("columns"));
});
