import { startInterruptiblePostgres } from "../database.ts";
import type { Verdict } from "../judge.ts";
import { CAMPAIGN } from "./campaign.ts";
import { sum, summary } from "./laws.ts";
import { CONVERSATIONS, killEverywhere } from "./run.ts";
import type { Killed, Scenario } from "./run.ts";
import { openStage } from "./stage.ts";
import type { Target } from "./steps.ts";

export interface KillerOptions {
  scenario?: "conversations" | "campaign" | undefined;
  targets: Target["name"][];
  /** Only this step, by its number or its description. */
  k?: number | string | undefined;
  /** Only each so-manieth step. */
  every?: number | undefined;
  /** Told what happens. */
  say: (line: string) => void;
}

export interface KillerReport {
  /** By target, the run without a strike first. */
  runs: Record<string, Killed[]>;
  verdict: Verdict;
  /** Laws broken, each with where. */
  broken: string[];
  table: string;
}

// each is opened, played and judged by itself: what its scene is, is nobody else's matter
// oxlint-disable-next-line no-explicit-any
const SCENARIOS: Record<"conversations" | "campaign", Scenario<any>> = {
  conversations: CONVERSATIONS,
  campaign: CAMPAIGN,
};

/** The long form: for every step of the scenario, a run in which the Worker, and one in which Postgres is killed there. */
export async function runKiller({
  scenario = "conversations",
  targets,
  k,
  every = 1,
  say,
}: KillerOptions): Promise<KillerReport> {
  const runs: Record<string, Killed[]> = {};
  for (const target of targets) {
    const stage = await openStage((hooks) => startInterruptiblePostgres({ hooks, signal: "SIGKILL" }));
    try {
      runs[target] = await killEverywhere(
        stage,
        target,
        SCENARIOS[scenario],
        (run) => say(`${target} ${line(run)}`),
        k === undefined
          ? (steps) => Array.from({ length: Math.ceil(steps / every) }, (_, i) => 1 + i * every)
          : () => [k],
      );
    } finally {
      await stage.close();
    }
  }
  const all = Object.entries(runs);
  const broken = all.flatMap(([target, each]) =>
    each.flatMap((run) => run.broken.map((law) => `${target}, ${where(run)}: ${law}`)),
  );
  // in the long form runs differ by a step or two; asked for one step, a run without it proves nothing
  if (k !== undefined && all.some(([, each]) => each.at(-1)?.step === null)) broken.push(`no run had step ${k}`);
  const judgements = all.flatMap(([, each]) => each);
  return { runs, verdict: sum(judgements), broken, table: summary(judgements) };
}

function where({ k, step }: Killed): string {
  if (k === null) return "nobody killed";
  if (step === null) return `not killed: no step ${k}`;
  return typeof k === "number" ? `killed ${step} (${k})` : `killed ${step}`;
}

function line(run: Killed): string {
  return [`${where(run)}, ${run.steps} steps`, ...run.broken].join("\n    ");
}
