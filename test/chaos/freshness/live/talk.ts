import { randomUUID } from "node:crypto";
import type { Tenant } from "../../../factories/tenant.ts";
import type { Act } from "../timeline.ts";
import type { Stage } from "./stage.ts";

/** Something that was asked for and has surely happened by the time of its answer. Unix milliseconds. */
export interface Done {
  what: { line: number } | { act: Act };
  asked_at: number;
  answered_at: number;
}

export interface Talk {
  tenant: Tenant;
  customer: string;
  done: Done[];
}

const WORKER = { role: "switchboard_worker" } as const;
/** What people do to a conversation; what they do to a number is in `settings.ts`. */
const ACTS: Act[] = ["say", "echo", "assign", "reopen", "ai_off", "ai_on"];
const PAUSE_MS = 700;
const LONGEST_OUTAGE_MS = 60_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A customer writes up to four lines to a number, while people do up to two things to the conversation. */
export async function hold(stage: Stage, tenant: Tenant, customer: string, random: () => number): Promise<Talk> {
  const talk: Talk = { tenant, customer, done: [] };
  const some = (most: number) => Math.floor(random() * (most + 1));
  await write(stage, talk, 1);
  const conversation_id = await conversationOf(stage, talk);
  const lines = Array.from({ length: some(3) }, (_, i) => ({ line: i + 2, wait: random() * PAUSE_MS }));
  const acts = Array.from({ length: some(2) }, () => ({
    act: ACTS[some(ACTS.length - 1)] ?? "say",
    wait: random() * PAUSE_MS,
  }));
  await Promise.all([
    (async () => {
      for (const { line, wait } of lines) {
        await pause(wait);
        await write(stage, talk, line);
      }
    })(),
    (async () => {
      for (const { act, wait } of acts) {
        await pause(wait);
        await interfere(stage, talk, conversation_id, act);
      }
    })(),
  ]);
  return talk;
}

async function write(stage: Stage, talk: Talk, line: number): Promise<void> {
  const { customer } = talk;
  const text = { from: customer, type: "text", text: { body: `no-${line} of ${customer}, please: ${randomUUID()}` } };
  await deliver(stage, talk, { line }, "messages", "messages", text);
}

async function interfere(stage: Stage, talk: Talk, conversation_id: string, act: Act): Promise<void> {
  const { tenant, customer } = talk;
  const ask = (name: string, input: object) => command(stage, talk, act, name, { conversation_id, ...input });
  switch (act) {
    case "say":
      return ask("send-message", { content: `One moment, ${randomUUID()}`, idempotency_key: randomUUID() });
    case "assign":
      return ask("assign-conversation", { team_member_id: tenant.owner.team_member_id });
    case "reopen":
      return ask("reopen-conversation", {});
    case "ai_off":
    case "ai_on":
      return ask("set-ai", { enabled: act === "ai_on" });
    case "echo": {
      const text = { from: "15550001111", to: customer, type: "text", text: { body: "Typed on the phone" } };
      return deliver(stage, talk, { act }, "smb_message_echoes", "message_echoes", text);
    }
    default:
      throw new Error(`nobody does ${act} to one conversation`);
  }
}

/** A webhook, again and again until it is taken, as Meta does it. */
async function deliver(stage: Stage, talk: Talk, what: Done["what"], field: string, list: string, item: object) {
  const { phone_number_id, waba_id } = talk.tenant;
  const timed = { id: `wamid.${randomUUID()}`, timestamp: String(Math.floor(Date.now() / 1000)), ...item };
  const metadata = { phone_number_id, display_phone_number: "15550001111" };
  const value = { messaging_product: "whatsapp", metadata, [list]: [timed] };
  const raw = { object: "whatsapp_business_account", entry: [{ id: waba_id, changes: [{ field, value }] }] };
  await untilAnswered(talk, what, async () => (await stage.simulators.api.inbound({ raw })).status === 200);
}

/** A command, again and again until there is an answer. A refusal is one. */
async function command({ url }: Stage, talk: Talk, act: Act, name: string, input: object): Promise<void> {
  const headers = { apikey: talk.tenant.api_key, "content-type": "application/json" };
  await untilAnswered(talk, { act }, async () => {
    const given = { method: "POST", headers, body: JSON.stringify(input), signal: AbortSignal.timeout(20_000) };
    const { status } = await fetch(`${url()}/functions/v1/${name}`, given);
    return status < 500;
  });
}

async function untilAnswered(talk: Talk, what: Done["what"], ask: () => Promise<boolean>): Promise<void> {
  const asked_at = Date.now();
  while (!(await ask().catch(() => false))) {
    if (Date.now() > asked_at + LONGEST_OUTAGE_MS) throw new Error(`no answer to ${JSON.stringify(what)}`);
    await pause(100);
  }
  talk.done.push({ what, asked_at, answered_at: Date.now() });
}

async function conversationOf({ exec }: Stage, { tenant, customer }: Talk): Promise<string> {
  const text = `select v.id from public.conversations v join public.contacts k on k.id = v.contact_id
    where v.channel_id = $1 and k.wa_id = $2`;
  for (let tries = 0; tries < 200; tries++) {
    const [rows] = await exec(WORKER, [{ text, params: [tenant.channel_id, customer] }]);
    const id = rows?.[0]?.["id"];
    if (typeof id === "string") return id;
    await pause(100); // kept in the Spool, and not yet in Postgres
  }
  throw new Error("the first line is nowhere");
}
