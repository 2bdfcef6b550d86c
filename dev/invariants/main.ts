import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readReport, REPORT_PATH } from "../test-report/read.ts";
import { problemsOf } from "./match.ts";
import { invariantsPage } from "./page.ts";
import { readRows } from "./rows.ts";
import { filesByRow } from "./sources.ts";

const root = join(import.meta.dirname, "../..");
const PAGE = "docs/invariants.md";

/**
 * Writes the page. With `--check` compares it instead; with `--proven` also asks the report of the last whole `npm test`
 * whether every row that must hold has tests that passed. Exits 1 with a line for each thing that is wrong.
 */
const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, proven: { type: "boolean", default: false } },
});
const problems = [...updatePage(values.check || values.proven), ...(values.proven ? unproven() : [])];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function updatePage(checkOnly: boolean): string[] {
  const rows = readRows();
  const files = filesByRow(root);
  const page = invariantsPage(rows, files);
  const path = join(root, PAGE);
  const stale = !existsSync(path) || readFileSync(path, "utf8") !== page;
  if (stale && checkOnly) return [`${PAGE} is stale: run \`npm run invariants\``];
  if (stale) writeFileSync(path, page);
  console.log(`${PAGE}: ${rows.filter(({ id }) => files.has(id)).length} of ${rows.length} rows have tests`);
  return [];
}

function unproven(): string[] {
  if (!existsSync(join(root, REPORT_PATH))) return ["no report of a whole run: `npm test` first"];
  return problemsOf(readRows(), readReport(root));
}
