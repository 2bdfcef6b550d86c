import { createTenant } from "../../factories/tenant.ts";
import type { Tenant } from "../../factories/tenant.ts";
import { newCustomer } from "../../factories/events.ts";
import { pause } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** Two businesses and a customer of each: the shop's AI answers by itself, the desk's only drafts. */
export interface Scene {
  shop: Tenant;
  desk: Tenant;
  customers: { shop: string; desk: string };
  /** Ids of all messages that the customers sent. */
  ids: string[];
}

export const AGENT_SAYS = "A person here: I will look after you.";
const EVERY_MINUTE = "* * * * *";
const PATIENCE_MS = 45_000;
const HELP_EVERY_MS = 700;
/** A holder whose answer the database missed tries to record it for so long. */
const RECORDING_MS = 6_000;

export async function openScene({ exec, simulators }: Stage): Promise<Scene> {
  const open = async (ai_auto_send: boolean) => {
    const channel = { ai_auto_send, ai_delay_seconds: 1, ai_max_wait_seconds: 5 };
    const tenant = await createTenant(exec, { channel });
    simulators.api.addNumber({ ...tenant, display_phone_number: `+1555${tenant.phone_number_id.slice(1, 8)}` });
    return tenant;
  };
  const [shop, desk] = [await open(true), await open(false)];
  return { shop, desk, customers: { shop: newCustomer(), desk: newCustomer() }, ids: [] };
}

/**
 * A burst that the AI answers; then a person speaks over a line that the AI is about to answer; then a person approves a
 * draft. Resolves when nothing is left to happen.
 * @throws when something does not come about
 */
export async function play(stage: Stage, scene: Scene): Promise<void> {
  const help = createHelp(stage);
  await write(stage, scene, "shop", "Are you open on Saturday?");
  await write(stage, scene, "shop", "And from when?");
  await write(stage, scene, "desk", "Can I pay by card?");
  const talk = await until(stage, help, "the burst is answered", ANSWERED, [scene.shop.channel_id]);
  const draft = await until(stage, help, "a draft waits", DRAFTED, [scene.desk.channel_id]);

  await write(stage, scene, "shop", "Are you a machine?");
  const said = { conversation_id: talk["id"], content: AGENT_SAYS, idempotency_key: `say-${String(talk["id"])}` };
  await command(stage, help, scene.shop, "send-message", said);
  // without a key: who repeats it is told that the draft has been dealt with
  await command(stage, help, scene.desk, "approve-draft", { message_id: draft["id"], version: 1 }, 409);
  const channels = [scene.shop.channel_id, scene.desk.channel_id];
  await until(stage, help, "everything has come to rest", AT_REST, [channels, scene.ids]);
  await until(stage, help, "the provider has reported every message that reached it", REPORTED, [
    channels,
    () => attemptsAt(stage),
  ]);
}

/** The attempts whose call reached the provider: it will report them, as often as it takes. */
function attemptsAt({ simulators }: Stage): string[] {
  return simulators.api.requests({ provider: "meta" }).flatMap(({ body }) => {
    const { biz_opaque_callback_data } = (body ?? {}) as { biz_opaque_callback_data?: string };
    return biz_opaque_callback_data === undefined ? [] : [biz_opaque_callback_data];
  });
}

async function write({ simulators }: Stage, scene: Scene, to: "shop" | "desk", text: string): Promise<void> {
  const input = { from: `+${scene.customers[to]}`, to: scene[to].phone_number_id, text };
  const { id } = await simulators.api.inbound(input);
  if (id !== null) scene.ids.push(id);
}

/** Asks until there is an answer, as a careful caller does. `done`: a status that says that an earlier asking was heard. */
export async function command(
  stage: Stage,
  help: Help,
  { api_key }: Tenant,
  name: string,
  input: unknown,
  done = 200,
): Promise<void> {
  const headers = { apikey: api_key, "content-type": "application/json" };
  let told = "";
  for (const give_up_at = Date.now() + PATIENCE_MS; Date.now() < give_up_at; await pause(100)) {
    const address = `${stage.worker().url}/functions/v1/${name}`;
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(input) }).catch(() => null);
    if (answer?.status === 200 || answer?.status === done) return void (await answer.text());
    told = answer === null ? "no answer" : `${answer.status} ${await answer.text()}`;
    await help();
  }
  throw new Error(`${name} was never done: ${told}`);
}

/** Waits for a row. A parameter that is a function is asked anew each time. */
export async function until(stage: Stage, help: Help, what: string, text: string, params: unknown[]) {
  for (const give_up_at = Date.now() + PATIENCE_MS; Date.now() < give_up_at; await pause(40)) {
    const now = params.map((param) => (typeof param === "function" ? param() : param));
    const [row] = await stage.rows(text, now);
    if (row) return row;
    await help();
  }
  throw new Error(`it never came about that ${what}`);
}

export type Help = () => Promise<void>;

/**
 * Makes time pass faster after a strike: leases whose holder is gone end at once, and the minute's cron comes often, first
 * when the struck is back and before the provider has repeated what it could not deliver. Without a strike nothing is
 * helped along.
 */
export function createHelp({ steps, rows, worker }: Stage, end_leases = END_LEASES): Help {
  let helped_at = -Infinity;
  return async () => {
    const struck = steps.struck();
    if (struck === null || Date.now() - helped_at < HELP_EVERY_MS) return;
    await steps.revived();
    const holder_gone = struck.target === "worker" || Date.now() - struck.at > RECORDING_MS;
    if (holder_gone) await rows(end_leases, [struck.at / 1000]);
    worker().cron(EVERY_MINUTE);
    helped_at = Date.now();
  };
}

/** Leases from before the strike would end by themselves, only later. */
export const END_LEASES = `update public.send_attempts set lease_until = now() - interval '10 seconds'
  where state = 'sending' and started_at <= to_timestamp($1) and lease_until > now() - interval '10 seconds'`;

const SETTLED = `not exists (select from public.send_attempts a where a.conversation_id = v.id and a.state in ('queued', 'sending'))
  and not exists (select from public.ai_turns t where t.conversation_id = v.id and t.state = 'generating')
  and v.ai_due_at is null and (v.status <> 'ai_handling' or v.answered_version = v.inbound_version)`;

const ANSWERED = `select v.id from public.conversations v
  where v.channel_id = $1 and v.inbound_version >= 2 and v.answered_version = v.inbound_version and ${SETTLED}`;

const DRAFTED = `select m.id from public.messages m where m.channel_id = $1 and m.is_draft`;

/** Every line is in, nothing is under way, and each message that the provider took was read in the end. */
const AT_REST = `select 1 as rest
  where (select count(*) from public.messages where wa_message_id = any ($2)) >= cardinality($2::text[])
    and not exists (select from public.conversations v where v.channel_id = any ($1) and not (${SETTLED}))
    and not exists (select from switchboard.parked_events p where p.channel_id = any ($1))
    and not exists (select from public.messages m where m.channel_id = any ($1) and m.direction = 'outbound'
      and m.wa_message_id is not null and m.delivery_status <> 'read')`;

/** Every message whose call reached the provider has been read: it reports each, as often as it takes. */
const REPORTED = `select 1 as reported
  where not exists (select from public.messages m join public.send_attempts a on a.message_id = m.id
    where m.channel_id = any ($1) and a.id = any ($2::uuid[]) and m.delivery_status <> 'read')`;
