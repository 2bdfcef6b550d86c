import type { Kind } from "./kinds.ts";
import type { LineageRow } from "./rows.ts";
import { sourceName } from "./rows.ts";

const SYSTEMS: Record<string, string> = {
  "000": "WhatsApp AI inbox",
  "001": "agency voice platform",
  "002": "WhatsApp campaigns",
  "003": "SMS over Twilio",
  "004": "AI order management",
};

/** `docs/lineage.md`: one section a system, one line a column. */
export function lineagePage(rows: LineageRow[], kinds: ReadonlyMap<string, Kind>): string {
  const sections = Object.entries(SYSTEMS).map(([seed, name]) => {
    const lines = rows.filter((row) => row.seed === seed).map((row) => line(row, kinds));
    return `## ${seed}: ${name}\n\n| seed | column | home here | note |\n|---|---|---|---|\n${lines.join("\n")}\n`;
  });
  return `# Where each column comes from

Switchboard unites five systems, numbered 000 to 004. Every column of theirs has a line here: where its fact is kept, and
how its own name is still answered, by a generated column or by a view that asks with the caller's rights. Every table and
column of 000 to 003 exists under its own name; where two systems use different words, 000's names the table. A line
without a home names the capability that brings it.

Written by \`node dev/lineage/main.ts\` from [columns.tsv](../dev/lineage/columns.tsv); a test compares the homes with the
database.

${sections.join("\n")}`;
}

function line(row: LineageRow, kinds: ReadonlyMap<string, Kind>): string {
  const notes = [
    row.comesWith !== "" && (row.home === "" ? `comes with ${row.comesWith}` : `behaviour comes with ${row.comesWith}`),
    row.note,
  ].filter(Boolean);
  return `| ${[row.seed, sourceName(row), home(row, kinds), notes.join("; ")].join(" | ")} |`;
}

function home(row: LineageRow, kinds: ReadonlyMap<string, Kind>): string {
  if (row.home === "") return "–";
  const kind = kinds.get(sourceName(row));
  if (kind === "view") return `${row.home} (view ${row.table})`;
  return kind === "generated" && row.home !== sourceName(row) ? `${row.home} (generated)` : row.home;
}
