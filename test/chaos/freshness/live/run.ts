import { seededRandom } from "../../../../dev/simulators/server/random.ts";
import type { TestCluster } from "../../../../dev/database/test-database.ts";
import type { Tenant } from "../../../factories/tenant.ts";
import type { Act } from "../timeline.ts";
import { openStage } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { hold } from "./talk.ts";
import type { Done, Talk } from "./talk.ts";
import { judgeAll } from "./verdict.ts";
import type { LiveResult } from "./verdict.ts";

export interface LiveOptions {
  runs: number;
  seed: number;
  /** Conversations at a time. */
  at_once: number;
  /** How often the Worker is killed meanwhile. */
  crashes: number;
  say?: (line: string) => void;
}

const WORKER = { role: "switchboard_worker" } as const;
const CONVERSATIONS_A_TENANT = 25;
const SWEEP_EVERY_MS = 2_000;
const PATIENCE_MS = 90_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Conversations through the running Worker, with its own alarms, judged by what came in and what the provider was called for. */
export async function runLive(cluster: TestCluster, options: LiveOptions): Promise<LiveResult> {
  const { runs, seed, crashes, say = () => {} } = options;
  const random = seededRandom(seed);
  const stage = await openStage(cluster, { tenants: Math.max(2, Math.ceil(runs / CONVERSATIONS_A_TENANT)), random });
  const sweep = setInterval(() => stage.cron("* * * * *"), SWEEP_EVERY_MS);
  try {
    const settings = new Map(stage.tenants.map((tenant) => [tenant.channel_id, [] as Done[]]));
    const holding = holdAll(stage, options, random);
    const around = [
      strike(stage, crashes, say),
      ...stage.tenants.map((tenant) => flip(stage, tenant, settings, random)),
    ];
    const talks = await holding;
    await Promise.all(around);
    say(`${talks.length} conversations held`);
    await untilAtRest(stage);
    return await judgeAll(stage, talks, settings, say);
  } finally {
    clearInterval(sweep);
    await stage.close();
  }
}

async function holdAll(stage: Stage, { runs, at_once }: LiveOptions, random: () => number): Promise<Talk[]> {
  const talks: Talk[] = [];
  let next = 0;
  const worker = async () => {
    while (next < runs) {
      const n = next++;
      const tenant = stage.tenants[n % stage.tenants.length];
      if (tenant) talks.push(await hold(stage, tenant, `49151${String(10_000_000 + n)}`, random));
    }
  };
  await Promise.all(Array.from({ length: at_once }, worker));
  return talks;
}

/** Somebody switches a number's sending off for a moment. */
async function flip(stage: Stage, { channel_id }: Tenant, settings: Map<string, Done[]>, random: () => number) {
  const text = "update public.channels set ai_auto_send = $2 where id = $1";
  const set = async (act: Act) => {
    const asked_at = Date.now();
    await stage.exec(WORKER, [{ text, params: [channel_id, act === "auto_send_on"] }]);
    settings.get(channel_id)?.push({ what: { act }, asked_at, answered_at: Date.now() });
  };
  await pause(random() * 3_000);
  await set("auto_send_off");
  await pause(random() * 500);
  await set("auto_send_on");
}

async function strike(stage: Stage, crashes: number, say: (line: string) => void): Promise<void> {
  for (let n = 0; n < crashes; n++) {
    await pause(3_000);
    await stage.crash();
    say("the Worker was killed and started again");
  }
}

const LEFT = `select count(*)::int as n from public.conversations v
  where v.ai_due_at is not null or exists (
    select from public.send_attempts a where a.conversation_id = v.id and a.state in ('queued', 'sending'))`;

const lease = (table: string, state: string) =>
  `update public.${table} set lease_until = now() where state = '${state}' and started_at < now() - interval '10 seconds'`;

/** Waits until nothing is due. Leases of those who died end at once: a minute and a half would pass for nothing. */
async function untilAtRest({ exec }: Stage): Promise<void> {
  for (const give_up_at = Date.now() + PATIENCE_MS; Date.now() < give_up_at; await pause(300)) {
    const [rows] = await exec(WORKER, [
      { text: LEFT },
      { text: lease("ai_turns", "generating") },
      { text: lease("send_attempts", "sending") },
    ]);
    if (rows?.[0]?.["n"] === 0) return;
  }
  throw new Error("the conversations do not come to rest");
}
