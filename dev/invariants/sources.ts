import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rowsNamed } from "./match.ts";

const TESTS = "*.test.ts";
/** The tests of this list and of the report speak of rows without proving them. */
const ABOUT_ROWS = /^dev\/(invariants|test-report)\//;
const LITERALS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** By row, the test files that name it in a title, in the order of their paths; read from the sources, without a run. */
export function filesByRow(root: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of testFiles(root)) {
    for (const id of rowsIn(readFileSync(join(root, file), "utf8"))) found.set(id, [...(found.get(id) ?? []), file]);
  }
  return found;
}

/** The rows that the strings of a source name. Titles are strings wherever they stand: in tables of cases too. */
export function rowsIn(source: string): Set<string> {
  return new Set([...source.matchAll(LITERALS)].flatMap(([literal]) => rowsNamed(literal)));
}

function testFiles(root: string): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", TESTS], { cwd: root });
  return listed
    .toString()
    .split("\n")
    .filter((file) => file !== "" && !ABOUT_ROWS.test(file) && existsSync(join(root, file)))
    .toSorted();
}
