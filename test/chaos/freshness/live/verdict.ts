import { FAULTS, NOTHING, addFindings } from "../findings.ts";
import type { Findings } from "../findings.ts";
import { judge } from "../judge.ts";
import type { Stage } from "./stage.ts";
import type { Done, Talk } from "./talk.ts";
import { callsOf, timelineOf } from "./timeline.ts";

export interface LiveResult extends Findings {
  conversations: number;
  /** Lines that customers and the business's phone wrote. */
  events_in: number;
  stored: number;
  quarantined: number;
  lost: number;
  unanswered: number;
  /** Milliseconds from each claim's commit to its provider call: what came in them could not stop the send any more. */
  window_ms: number[];
  /** Customers whose conversations show a fault. */
  bad: string[];
}

const WORKER = { role: "switchboard_worker" } as const;

/**
 * What a run shows, when everything has come to rest.
 * @param settings what was done to each number, by its channel's id
 * @param say is told the timeline of each conversation with a fault
 */
export async function judgeAll(
  stage: Stage,
  talks: Talk[],
  settings: Map<string, Done[]>,
  say: (line: string) => void,
): Promise<LiveResult> {
  const calls = callsOf(stage);
  const findings = { ...NOTHING };
  const bad: string[] = [];
  for (const talk of talks) {
    const entries = timelineOf(talk, settings.get(talk.tenant.channel_id) ?? [], calls, stage);
    const found = judge(entries);
    addFindings(findings, found);
    if (!FAULTS.some((fault) => found[fault] > 0)) continue;
    bad.push(talk.customer);
    say(`${talk.customer}: ${JSON.stringify(entries)}`);
  }
  const events_in = talks
    .flatMap(({ done }) => done)
    .filter(({ what }) => "line" in what || what.act === "echo").length;
  const kept = await count(stage);
  const window_ms = calls.map(({ attempt, at }) => Math.max(0, at - (stage.claims.get(attempt)?.committed_at ?? at)));
  return {
    ...findings,
    conversations: talks.length,
    events_in,
    ...kept,
    lost: events_in - kept.stored,
    window_ms,
    bad,
  };
}

async function count({ exec }: Stage): Promise<{ stored: number; quarantined: number; unanswered: number }> {
  const text = `select
    (select count(*)::int from public.messages where origin in ('live', 'phone')) as stored,
    (select count(*)::int from switchboard.quarantined_events) as quarantined,
    (select count(*)::int from public.conversations
      where status = 'ai_handling' and ai_enabled and answered_version < inbound_version) as unanswered`;
  const [rows] = await exec(WORKER, [{ text }]);
  const { stored, quarantined, unanswered } = rows?.[0] ?? {};
  return { stored: Number(stored), quarantined: Number(quarantined), unanswered: Number(unanswered) };
}
