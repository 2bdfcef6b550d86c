import { createTestDatabase, startTestCluster } from "../../../dev/database/test-database.ts";
import type { TestCluster } from "../../../dev/database/test-database.ts";
import { FAULTS } from "./findings.ts";
import { runLive } from "./live/run.ts";
import type { LiveResult } from "./live/verdict.ts";
import { createPoolExec } from "./pool.ts";
import { tellAll } from "./stories.ts";
import type { Told } from "./stories.ts";

export interface FreshnessOptions {
  /** Interleavings over our own code in this process. */
  runs: number;
  /** Conversations through the running Worker. */
  live: number;
  seed: number;
  say: (line: string) => void;
}

export interface FreshnessReport {
  table: string;
  held: boolean;
}

const AT_ONCE = { stories: 8, live: 25 };
const CRASHES = 2;

/** Both forms of the proof that nothing stale is sent, with a closing table. */
export async function runFreshness({ runs, live, seed, say }: FreshnessOptions): Promise<FreshnessReport> {
  const cluster = await startTestCluster();
  try {
    const told = await tell(cluster, { runs, seed, at_once: AT_ONCE.stories }, say);
    const seen = await runLive(cluster, {
      runs: live,
      seed,
      at_once: AT_ONCE.live,
      crashes: live > 0 ? CRASHES : 0,
      say,
    });
    return { table: table(told, seen), held: [told, seen].every(holds) };
  } finally {
    await cluster.stop();
  }
}

async function tell(
  cluster: TestCluster,
  options: { runs: number; seed: number; at_once: number },
  say: (line: string) => void,
): Promise<Told> {
  const database = await createTestDatabase(cluster);
  const pool = createPoolExec(database.workerUrl, options.at_once);
  try {
    return await tellAll(pool.exec, options, say);
  } finally {
    await pool.close();
    await database.drop();
  }
}

const holds = (result: Told | LiveResult) =>
  result.lost === 0 && result.unanswered === 0 && FAULTS.every((fault) => result[fault] === 0);

function table(told: Told, seen: LiveResult): string {
  const rows: [string, number, number][] = [
    ["conversations", told.stories, seen.conversations],
    ["events in", told.events_in, seen.events_in],
    ["stored", told.stored, seen.stored],
    ["quarantined", 0, seen.quarantined],
    ["doubled", told.doubled, seen.doubled],
    ["lost", told.lost, seen.lost],
    ["AI sends", told.ai_sends, seen.ai_sends],
    ["stale sends", told.stale_sends, seen.stale_sends],
    ["after a person", told.after_human, seen.after_human],
    ["against the switch", told.against_switch, seen.against_switch],
    ["answered twice", told.answered_twice, seen.answered_twice],
    ["unanswered", told.unanswered, seen.unanswered],
    ["overtaken in flight", told.overtaken_in_flight, seen.overtaken_in_flight],
  ];
  const window = [50, 99].map((share) => `p${share} ${quantile(seen.window_ms, share / 100)} ms`).join(", ");
  return [
    `${"".padEnd(20)} ${"in process".padStart(12)} ${"Worker".padStart(8)}`,
    ...rows.map(([name, a, b]) => `${name.padEnd(20)} ${String(a).padStart(12)} ${String(b).padStart(8)}`),
    `from a claim's commit to its provider call: ${window}`,
  ].join("\n");
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
