import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { columnKinds } from "./kinds.ts";
import { lineagePage } from "./page.ts";
import { parseLineage, readLineage, sourceName } from "./rows.ts";

const HEADER = "seed\ttable\tcolumn\ttype\tdefault\thome\tcomes with\tnote\n";
const valid = { seed: "000", column: "name", home: "contacts.name", comesWith: "" };
const parse = (change: Partial<typeof valid>, times = 1) => {
  const { seed, column, home, comesWith } = { ...valid, ...change };
  return parseLineage(HEADER + `${seed}\tcontacts\t${column}\ttext\tnull\t${home}\t${comesWith}\t\n`.repeat(times));
};
const page = (change: Partial<typeof valid>, kind: "column" | "view" | "generated" = "column") =>
  lineagePage(parse(change), new Map([["contacts.name", kind]]))
    .split("\n")
    .find((line) => line.startsWith("| 00"));

describe("columns.tsv", () => {
  test("lists every column of the five systems", () => {
    const counts = Map.groupBy(readLineage(), ({ seed }) => seed);
    expect([...counts].map(([seed, rows]) => [seed, rows.length])).toEqual([
      ["000", 94],
      ["001", 43],
      ["002", 31],
      ["003", 38],
      ["004", 82],
    ]);
  });
  test("a valid line is read", () => expect(parse({})).toMatchObject([valid]));
  test.each([
    ["a column listed twice", {}, 2],
    ["an unknown system", { seed: "007" }, 1],
    ["a home that is no name", { home: "soon!" }, 1],
    ["neither a home nor a capability", { home: "" }, 1],
  ])("refuses %s", (_, change, times) => expect(() => parse(change, times)).toThrow());
  test("refuses other columns", () => expect(() => parseLineage("seed\ttable\n")).toThrow("expected the columns"));
});

describe("docs/lineage.md", () => {
  const written = readFileSync(join(import.meta.dirname, "../../docs/lineage.md"), "utf8");

  test("is what the list says; else run `node dev/lineage/main.ts`", () => {
    expect(written).toBe(lineagePage(readLineage(), columnKinds()));
  });
  test("has each column of the list in one line", () => {
    const lines = written.split("\n").filter((line) => /^\| 00\d /.test(line));
    const listed = lines.map((line) => line.split(" | ").slice(0, 2).join(" ").slice(2));
    expect(listed).toEqual(readLineage().map((row) => `${row.seed} ${sourceName(row)}`));
  });
  test("says how a column's own name is answered", () => {
    expect(page({ home: "people.name" }, "view")).toBe("| 000 | contacts.name | people.name (view contacts) |  |");
    expect(page({ home: "people.name" }, "generated")).toContain("| people.name (generated) |");
  });
  test("says what brings a column that has no home", () => {
    expect(page({ home: "", comesWith: "orders" })).toBe("| 000 | contacts.name | – | comes with orders |");
  });
});
