import { NOTHING } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { permissionAt } from "./timeline.ts";
import type { Entry } from "./timeline.ts";

/** Judges one conversation by its timeline alone. */
export function judge(entries: Entry[]): Findings {
  const findings: Findings = { ...NOTHING };
  const answers = new Map<string, number>();
  const accepted = new Set<string>();
  for (const [at, entry] of entries.entries()) {
    if (entry.kind !== "called") continue;
    if (entry.accepted && accepted.has(entry.message)) findings.doubled += 1;
    if (entry.accepted) accepted.add(entry.message);
    if (entry.view === null) continue;
    findings.ai_sends += 1;
    judgeSend(entries, at, entry.attempt, entry.view, findings);
    const lines = linesOf(entries, entry.view).join();
    if ((answers.get(lines) ?? entry.view) !== entry.view) findings.answered_twice += 1;
    answers.set(lines, entry.view);
  }
  return findings;
}

function judgeSend(entries: Entry[], called: number, attempt: string, view: number, findings: Findings): void {
  const viewed = entries.findIndex((entry) => entry.kind === "view" && entry.view === view);
  const decided = entries.findIndex((entry) => entry.kind === "decided" && entry.view === view);
  const claimed = entries.findLastIndex(
    (entry, at) => at < called && entry.kind === "claimed" && entry.attempt === attempt,
  );
  if (viewed < 0 || decided < 0 || claimed < 0) throw new Error(`a send of view ${view} that nobody has decided on`);
  const seen = new Set(linesOf(entries, view));
  const missed = entries.slice(0, claimed).some((entry) => entry.kind === "line" && !seen.has(entry.line));
  if (missed) findings.stale_sends += 1;
  const { holder, ai } = permissionAt(entries, claimed);
  if (holder !== "ai" || !ai || actsWithin(entries, viewed, claimed)) findings.after_human += 1;
  if (!permissionAt(entries, decided).auto_send) findings.against_switch += 1;
  const line = entries.slice(claimed, called).some(({ kind }) => kind === "line");
  if (line || actsWithin(entries, claimed, called)) findings.overtaken_in_flight += 1;
}

/** Whether a person did anything there that a turn under way must not ignore. */
function actsWithin(entries: Entry[], from: number, to: number): boolean {
  return entries.slice(from, to).some((entry, i) => {
    if (entry.kind !== "act") return false;
    const { holder, ai } = permissionAt(entries, from + i);
    switch (entry.act) {
      case "auto_send_off":
      case "auto_send_on":
        return false;
      case "ai_on":
        return !ai;
      case "reopen":
        return holder !== "ai";
      default:
        return true;
    }
  });
}

function linesOf(entries: Entry[], view: number): number[] {
  return entries.flatMap((entry) => (entry.kind === "view" && entry.view === view ? entry.lines : []));
}
