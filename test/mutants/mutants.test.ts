import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LAWS } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { ROOT, changed } from "./tree.ts";

test("every law has a mutant, and each has a name of its own", () => {
  expect(new Set(MUTANTS.map(({ law }) => law))).toEqual(new Set(LAWS));
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "still fits the product, and its suite is there: %s",
  async (_, { changes, suite }) => {
    for (const change of changes) {
      const text = await readFile(join(ROOT, change.file), "utf8");
      expect(changed(text, change)).not.toBe(text);
    }
    for (const file of suite.files) expect(await readFile(join(ROOT, file), "utf8")).toContain("test");
  },
);

test("text that stands twice, or nowhere, is refused", () => {
  const change = { file: "x.sql", find: "for update", replace: "" };
  expect(changed("select 1 for update", change)).toBe("select 1 ");
  expect(() => changed("for update, for update", change)).toThrow("not exactly once");
  expect(() => changed("select 1", change)).toThrow("not exactly once");
});
