import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readReport, REPORT_PATH } from "../test-report/read.ts";
import { matchTests } from "./match.ts";
import { invariantsPage } from "./page.ts";
import { readRows } from "./rows.ts";

const root = join(import.meta.dirname, "../..");
const PAGE = "docs/invariants.md";

/** Writes the page, or with `--check` compares it; exits 1 when a row lacks its proof or the page is stale. */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const problems = existsSync(join(root, REPORT_PATH))
  ? update(values.check)
  : ["no report of a whole run: `npm test` first"];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function update(checkOnly: boolean): string[] {
  const { proofs, problems: found } = matchTests(readRows(), readReport(root));
  const page = invariantsPage(proofs);
  const path = join(root, PAGE);
  const stale = !existsSync(path) || readFileSync(path, "utf8") !== page;
  if (stale && checkOnly) return [...found, `${PAGE} is stale: run \`npm test\`, then \`npm run invariants\``];
  if (stale) writeFileSync(path, page);
  const proven = proofs.filter(({ tests }) => tests.length > 0).length;
  console.log(`${PAGE}: ${proven} of ${proofs.length} rows have tests`);
  return found;
}
