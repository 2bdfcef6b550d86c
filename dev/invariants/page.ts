import type { Proof } from "./match.ts";

/**
 * `docs/invariants.md`. It holds nothing that changes from run to run (no times, no counts), so that it is stale only
 * when what is proven has changed.
 */
export function invariantsPage(proofs: Proof[]): string {
  return `# Invariants and their tests

Written by \`npm run invariants\` from the report of the last whole \`npm test\`; the rows are kept in
[rows.tsv](../dev/invariants/rows.tsv). A test proves the rows that its title names. The laws are conservation, once,
convergence, freshness, (one) gate, isolation and truth.

| row | law | what it asks | tests | result |
|---|---|---|---|---|
${proofs.map(line).join("\n")}
`;
}

function line({ invariant: { id, law, asks, comesWith }, tests }: Proof) {
  const files = [...new Set(tests.map(({ file }) => file))].map((file) => `[${file}](../${file})`);
  return `| ${[id, law, asks, files.join("<br>"), resultOf(tests, comesWith)].map(cell).join(" | ")} |`;
}

function resultOf(tests: Proof["tests"], comesWith: string) {
  if (tests.length === 0) return comesWith === "" ? "**no test**" : `comes with ${comesWith}`;
  if (tests.some(({ outcome }) => outcome === "failed")) return "**failed**";
  const skipped = tests.filter(({ outcome }) => outcome === "skipped");
  const reasons = [...new Set(skipped.map(({ reason }) => reason ?? "no reason given"))].map(
    (reason) => `skipped: ${reason}`,
  );
  return [...(skipped.length < tests.length ? ["passed"] : []), ...reasons].join("; ");
}

function cell(text: string) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
