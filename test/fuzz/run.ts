import * as fc from "fast-check";
import type { TestCluster } from "../../dev/database/test-database.ts";
import { describeCase, strayRequests, withOddHeaders } from "./case.ts";
import type { Case } from "./case.ts";
import { commandCalls } from "./commands.ts";
import { openStage } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { forgedWebhooks, signedWebhooks } from "./webhooks.ts";

export interface FuzzOptions {
  cases: number;
  seed: number;
  /** No new case begins after so long. */
  limit_ms: number;
  say?: (line: string) => void;
}

export interface FuzzResult {
  cases: number;
  /** Requests a second. */
  rate: number;
  answers: Record<number, number>;
  slowest_ms: number;
  /** Each with its seed and the smallest request that shows it. */
  failures: string[];
  /** Tables of the tenant that nobody may have written to, before and after. */
  canary: { before: Record<string, string>; after: Record<string, string> };
  /** Rows of organizations that do not exist. */
  strangers: Record<string, number>;
  /** Webhooks that were answered 200 and that Postgres has not taken. */
  spooled: number;
}

/** Requests at a time, each line of them with a seed of its own. */
const LANES = 6;
/** A request that takes longer hangs. */
const PATIENCE_MS = 10_000;

/** Sends the Worker requests of every kind, and looks at what it answers and whose rows change. */
export async function fuzz(cluster: TestCluster, { cases, seed, limit_ms, say }: FuzzOptions): Promise<FuzzResult> {
  const stage = await openStage(cluster);
  try {
    const before = await stage.canary.read(stage.victim.org_id);
    const result = { cases: 0, rate: 0, answers: {}, slowest_ms: 0, failures: [] as string[] };
    const started = performance.now();
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      runLane(
        stage,
        result,
        { seed: seed + lane, numRuns: Math.ceil(cases / LANES), interruptAfterTimeLimit: limit_ms },
        say,
      ),
    );
    await Promise.all(lanes);
    const rate = Math.round(result.cases / ((performance.now() - started) / 1000));
    const { org_id } = stage.tenant;
    return {
      ...result,
      rate,
      canary: { before, after: await stage.canary.read(stage.victim.org_id) },
      strangers: await stage.canary.strangers([org_id, stage.victim.org_id]),
      spooled: await spooled(stage),
    };
  } finally {
    await stage.close();
  }
}

type Seen = Pick<FuzzResult, "cases" | "answers" | "slowest_ms" | "failures">;

async function runLane(
  stage: Stage,
  seen: Seen,
  parameters: { seed: number; numRuns: number; interruptAfterTimeLimit: number },
  say: FuzzOptions["say"],
): Promise<void> {
  const property = fc.asyncProperty(requests(stage), async (one) => {
    await check(stage, seen, one);
    if (seen.cases % 5_000 === 0) say?.(`${seen.cases} requests`);
  });
  const run = await fc.check(property, parameters);
  if (!run.failed || run.counterexample === null) return;
  const [smallest] = run.counterexample;
  seen.failures.push(
    `seed ${parameters.seed}, path ${run.counterexamplePath}: ${String(run.errorInstance)}\n${describeCase(smallest)}`,
  );
}

function requests({ tenant, victim, ids, app_secret }: Stage): fc.Arbitrary<Case> {
  const signed = signedWebhooks(tenant, app_secret);
  const forged = forgedWebhooks(victim, app_secret);
  const called = commandCalls(tenant, ids);
  return fc.oneof(
    { weight: 8, arbitrary: signed },
    { weight: 3, arbitrary: forged },
    { weight: 6, arbitrary: called },
    { weight: 2, arbitrary: withOddHeaders(fc.oneof(forged, called, strayRequests)) },
    { weight: 1, arbitrary: strayRequests },
  );
}

/** @throws an error that says what is wrong with the answer */
async function check({ url }: Stage, seen: Seen, { method, path, headers, bytes, forged }: Case): Promise<void> {
  const started = performance.now();
  const hasBody = method !== "GET" && method !== "HEAD";
  const response = await fetch(url + path, {
    method,
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(hasBody && bytes.length > 0 && { body: new Uint8Array(bytes) }),
  });
  const text = await response.text();
  seen.cases += 1;
  seen.answers[response.status] = (seen.answers[response.status] ?? 0) + 1;
  seen.slowest_ms = Math.max(seen.slowest_ms, performance.now() - started);
  if (forged && response.ok) throw new Error("a forged request was taken");
  if (response.status >= 500) throw new Error(`answered with ${response.status}: ${text.slice(0, 300)}`);
}

async function spooled({ url }: Stage): Promise<number> {
  const health = await (await fetch(`${url}/health`)).json();
  return health.spool.backlog + health.spool.poisoned;
}
