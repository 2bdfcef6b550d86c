import type { Invariant } from "./rows.ts";

/**
 * `docs/invariants.md`, from the rows and the test files that name each. It holds nothing of a run, so that it is stale
 * only when a row is named by other files.
 */
export function invariantsPage(invariants: Invariant[], files: ReadonlyMap<string, string[]>): string {
  return `# Invariants and their tests

Written by \`npm run invariants\` from the titles of the tests; the rows are kept in
[rows.tsv](../dev/invariants/rows.tsv). A test proves the rows that its title names, and the closing step of the checks
makes sure that each of these tests has passed. The laws are conservation, once, convergence, freshness, (one) gate,
isolation and truth.

| row | law | what it asks | tests |
|---|---|---|---|
${invariants.map((invariant) => line(invariant, files.get(invariant.id) ?? [])).join("\n")}
`;
}

function line({ id, law, asks, comesWith }: Invariant, files: string[]) {
  const links = files.map((file) => `[${file}](../${file})`);
  if (comesWith !== "") links.push(`comes with ${comesWith}`);
  return `| ${[id, law, asks, links.join("<br>") || "**no test**"].map(cell).join(" | ")} |`;
}

function cell(text: string) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
