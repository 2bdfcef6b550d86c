import { seededRandom } from "../../../dev/simulators/server/random.ts";
import type { Exec } from "../../../shared/db/exec.ts";
import { newCustomer } from "../../factories/events.ts";
import { createTenant } from "../../factories/tenant.ts";
import type { Findings } from "./findings.ts";
import { judge } from "./judge.ts";
import { letTimePass, lookOnce } from "./object.ts";
import { interfere, isRefusal, write } from "./people.ts";
import { createStepper } from "./stepper.ts";
import type { Stepper, Waiting } from "./stepper.ts";
import type { Act, Entry } from "./timeline.ts";
import type { World } from "./world.ts";

export interface Story {
  seed: number;
  entries: Entry[];
  findings: Findings;
  /** Lines that customers and the business's phone wrote. */
  events_in: number;
  /** Those of them in the tables. */
  stored: number;
  /** The AI may speak, and lines are left that it has not considered. */
  unanswered: number;
  crashes: number;
}

const WORKER = { role: "switchboard_worker" } as const;
const ACTS: Act[] = ["say", "echo", "assign", "reopen", "resolve", "ai_off", "ai_on", "auto_send_off", "auto_send_on"];
const CRASHES = 0.05;
const LOOKS = 5;
const SETTLING_LOOKS = 60;

/** Tells one conversation's story: everything in it, its interleaving included, follows from the seed. */
export async function tell(exec: Exec, seed: number): Promise<Story> {
  const world = await open(exec, seededRandom(seed));
  const stepper = createStepper();
  const some = (most: number) => Math.floor(world.random() * (most + 1));

  const lines = 1 + some(4);
  stepper.begin("customer", async (actor) => {
    for (let line = 2; line <= lines; line++) await write(world, actor, line);
  });
  const acts = Array.from({ length: some(3) }, () => ACTS[some(ACTS.length - 1)] ?? "say");
  stepper.begin("person", async (actor) => {
    for (const act of acts) {
      await interfere(world, actor, act).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
    }
  });
  let crashes = 0;
  beginObject(world, stepper);
  await stepper.run(async (waiting) => {
    const next = waiting[some(waiting.length - 1)];
    if (next?.name === "object" && world.random() < CRASHES) {
      crashes += 1;
      await strike(next, world, stepper);
    } else await next?.go();
  });

  await settle(world);
  const { stored, unanswered } = await look(world);
  const told = world.entries.filter((entry) => entry.kind === "act" && entry.act === "echo").length;
  const { entries } = world;
  return { seed, entries, findings: judge(entries), events_in: lines + told, stored, unanswered, crashes };
}

async function open(exec: Exec, random: () => number): Promise<World> {
  const ai_delay_seconds = random() < 0.5 ? 0 : 600;
  const tenant = await createTenant(exec, { channel: { ai_delay_seconds, ai_max_wait_seconds: 3_600 } });
  const world: World = {
    exec,
    random,
    tenant,
    customer: newCustomer(),
    conversation_id: "",
    entries: [],
    views: 0,
    turn_id: null,
    calm: true,
  };
  await write(world, AT_ONCE, 1);
  const text = "select id from public.conversations where channel_id = $1";
  const [rows] = await exec(WORKER, [{ text, params: [tenant.channel_id] }]);
  return Object.assign(world, { conversation_id: String(rows?.[0]?.["id"]), calm: false });
}

const AT_ONCE = { step: <T>(work: () => Promise<T>) => work() };

function beginObject(world: World, stepper: Stepper): void {
  stepper.begin("object", async (actor) => {
    for (let looks = 0; looks < LOOKS; looks++) {
      await actor.step(() => letTimePass(world));
      await lookOnce(world, actor);
    }
  });
}

/** The object dies, or is only thought dead and goes on beside the one that takes its place. */
async function strike(object: Waiting, world: World, stepper: Stepper): Promise<void> {
  const fate = world.random();
  if (fate < 0.4) await object.crash("before");
  else if (fate < 0.8) await object.crash("after");
  else await object.go();
  beginObject(world, stepper);
}

/** What is left to do is done, in peace. */
async function settle(world: World): Promise<void> {
  world.calm = true;
  for (let looks = 0; looks < SETTLING_LOOKS; looks++) {
    await letTimePass(world);
    if ((await lookOnce(world, AT_ONCE)) === null) return;
  }
  throw new Error("the conversation does not come to rest");
}

async function look({ exec, tenant, conversation_id }: World): Promise<{ stored: number; unanswered: number }> {
  const text = `select
      (select count(*)::int from public.messages m where m.conversation_id = v.id and m.origin in ('live', 'phone')) as stored,
      (v.status = 'ai_handling' and v.ai_enabled and v.answered_version < v.inbound_version)::int as unanswered
    from public.conversations v where v.id = $1 and v.org_id = $2`;
  const [rows] = await exec(WORKER, [{ text, params: [conversation_id, tenant.org_id] }]);
  return { stored: Number(rows?.[0]?.["stored"]), unanswered: Number(rows?.[0]?.["unanswered"]) };
}
