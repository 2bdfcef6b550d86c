import { parseArgs } from "node:util";
import { startInterruptiblePostgres } from "./database.ts";
import { FAULTS, table } from "./judge.ts";
import { runFreshness } from "./freshness/main.ts";
import { runKiller } from "./killer/main.ts";
import type { Verdict } from "./judge.ts";
import { startRig } from "./rig.ts";
import { runOutage } from "./spool.ts";

const USAGE = `npm run chaos -- spool [--seconds N]
       npm run chaos -- killer [--target worker|postgres] [--k N|"after provider send"] [--json]
       npm run chaos -- campaign [--target worker|postgres] [--k N|"after provider send"] [--every N] [--json]
       npm run chaos -- freshness [--runs N] [--live N] [--seed S]`;

/** How long Postgres is away when nothing else is said. */
const OUTAGE_SECONDS = 60;

async function spool(away: number): Promise<Verdict> {
  const database = await startInterruptiblePostgres();
  const rig = await startRig({ database, tenants: 4, ai_delay_seconds: 5 });
  try {
    const { traffic, verdict, backlog, drained_after, replies_afterwards } = await runOutage(rig, {
      rate: 100,
      away,
      around: 10,
      customers: 75,
      say: (line) => console.log(line),
    });
    console.log(
      `answers by status: ${JSON.stringify(traffic.answers)}, the slowest after ${Math.round(traffic.slowest_ms)} ms`,
    );
    console.log(
      `spooled ${backlog}, drained after ${drained_after.toFixed(1)} s, AI replies since: ${replies_afterwards}`,
    );
    if (replies_afterwards === 0) throw new Error("the AI has not resumed");
    return verdict;
  } finally {
    await rig.close();
    await database.close();
  }
}

/** Whether everything held; the report is printed. */
async function killer(
  scenario: "conversations" | "campaign",
  targets: ("worker" | "postgres")[],
  k: number | string | undefined,
  every: number,
  json: boolean,
): Promise<boolean> {
  const report = await runKiller({
    scenario,
    targets,
    k,
    every,
    say: (line) => (json ? console.error(line) : console.log(line)),
  });
  console.log(json ? JSON.stringify(report) : [...report.broken, report.table].join("\n"));
  return report.broken.length === 0;
}

/** Interleavings in this process, and conversations through the running Worker, when nothing else is said. */
const FRESHNESS = { runs: 10_000, live: 500, seed: 1 };

async function freshness(given: typeof FRESHNESS): Promise<boolean> {
  const { table: closing, held } = await runFreshness({ ...given, say: (line) => console.log(line) });
  console.log(closing);
  return held;
}

function refuse(): never {
  console.error(`Usage: ${USAGE}`);
  process.exit(2);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string" },
    target: { type: "string" },
    k: { type: "string" },
    every: { type: "string" },
    json: { type: "boolean", default: false },
    runs: { type: "string" },
    live: { type: "string" },
    seed: { type: "string" },
  },
});
const [scenario, ...rest] = positionals;
if (rest.length > 0) refuse();
let held: boolean;
if (scenario === "spool") {
  const seconds = Number(values.seconds ?? OUTAGE_SECONDS);
  if (!(seconds > 0)) refuse();
  const verdict = await spool(seconds);
  console.log(table(verdict));
  held = FAULTS.every((fault) => verdict[fault] === 0);
} else if (scenario === "killer" || scenario === "campaign") {
  const { target = "both", k, json } = values;
  const every = Number(values.every ?? 1);
  if (!Number.isInteger(every) || every < 1) refuse();
  if (!["both", "worker", "postgres"].includes(target)) refuse();
  const targets = (["worker", "postgres"] as const).filter((one) => target === "both" || target === one);
  held = await killer(
    scenario === "campaign" ? "campaign" : "conversations",
    targets,
    k !== undefined && /^\d+$/.test(k) ? Number(k) : k,
    every,
    json,
  );
} else if (scenario === "freshness") {
  const [runs, live, seed] = (["runs", "live", "seed"] as const).map((name) => Number(values[name] ?? FRESHNESS[name]));
  if (!Number.isInteger(runs) || !Number.isInteger(live) || !Number.isInteger(seed)) refuse();
  held = await freshness({ runs: Number(runs), live: Number(live), seed: Number(seed) });
} else refuse();
process.exit(held ? 0 : 1);
