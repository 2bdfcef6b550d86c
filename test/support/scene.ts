import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant, TenantOptions } from "../factories/tenant.ts";
import { exec, row, sql } from "./database.ts";
import { noteArrival, registerNumber, requests } from "./simulators.ts";
import { bodyOf, entryOf, post, textFrom } from "./webhook.ts";
import { ask } from "./worker.ts";

/** A tenant whose number the simulated Meta knows, and one customer who has not written yet. */
export interface Scene extends Tenant {
  customer: string;
}

/**
 * The AI's delay is far ahead, so that no alarm goes off by itself: a test makes the turn due with `becomeDue` and fires
 * the alarm with `fire`.
 */
export async function openScene(options: TenantOptions = {}): Promise<Scene> {
  const channel = { ai_delay_seconds: 600, ai_max_wait_seconds: 3600, ...options.channel };
  const tenant = await createTenant(exec, { ...options, channel });
  await registerNumber({
    phone_number_id: tenant.phone_number_id,
    display_phone_number: `+1555${tenant.phone_number_id.slice(1, 8)}`,
    waba_id: tenant.waba_id,
    access_token: tenant.access_token,
  });
  return { ...tenant, customer: newCustomer() };
}

/** The customer writes each line in a webhook of its own. Returns the conversation's id. */
export async function write(scene: Scene, ...lines: (string | Record<string, unknown>)[]): Promise<string> {
  for (const line of lines) {
    const message = typeof line === "string" ? textFrom(scene.customer, line) : line;
    const body = bodyOf(entryOf(scene, { messages: [message] }));
    await noteArrival(body);
    const response = await post(body);
    if (response.status !== 200) throw new Error(`the webhook was answered with ${response.status}`);
    await response.body?.cancel();
    await eventually(async () => (await sql`select 1 from public.messages where wa_message_id = ${message["id"]}`)[0]);
  }
  return conversationOf(scene);
}

export async function conversationOf({ channel_id, customer }: Scene): Promise<string> {
  const found = await row<{ id: string }>`
    select v.id from public.conversations v join public.contacts c on c.id = v.contact_id
    where v.channel_id = ${channel_id} and c.wa_id = ${customer}`;
  return found.id;
}

export const stubOf = (conversation_id: string) => env.CONVERSATION.getByName(conversation_id);

/** Brings the deadline of the turn, and of waiting sends, into the past. */
export async function becomeDue(conversation_id: string): Promise<void> {
  await sql`update public.conversations set ai_due_at = now() - interval '1 second'
    where id = ${conversation_id} and ai_due_at is not null`;
  await sql`update public.send_attempts set due_at = now() - interval '1 second'
    where conversation_id = ${conversation_id} and state = 'queued'`;
}

/** Runs the object's alarm now; whether one was armed. */
export const fire = (conversation_id: string) => runDurableObjectAlarm(stubOf(conversation_id));

/** The delay has passed: what the conversation is due for happens. */
export async function pass(conversation_id: string): Promise<void> {
  await becomeDue(conversation_id);
  if (!(await fire(conversation_id))) throw new Error("no alarm was armed");
}

/** The object loses its memory, as in a deploy or a crash; storage and alarm stay. */
export const evict = (conversation_id: string) => evictDurableObject(stubOf(conversation_id));

/** A provider call that was meant to send a message. */
export interface Sent {
  status: number | null;
  body: {
    to?: string;
    type: string;
    text?: { body: string };
    biz_opaque_callback_data: string;
    [field: string]: unknown;
  };
}

const messagesPath = ({ phone_number_id }: Tenant) => `/v25.0/${phone_number_id}/messages`;

/** Every send that reached the simulated Meta for this tenant's number, oldest first. */
export async function sends(scene: Tenant): Promise<Sent[]> {
  const all = await requests("meta");
  return all.filter(({ path, body }) => path === messagesPath(scene) && !isReadMark(body)) as unknown as Sent[];
}

/** Every mark-read (with or without typing) for this tenant's number. */
export async function readMarks(scene: Tenant): Promise<Record<string, unknown>[]> {
  const all = await requests("meta");
  return all
    .filter(({ path, body }) => path === messagesPath(scene) && isReadMark(body))
    .map(({ body }) => body as never);
}

function isReadMark(body: unknown): boolean {
  return typeof body === "object" && body !== null && "status" in body;
}

/** The texts of the last turn of each question that the model was asked and that holds `words`. */
export async function questions(words: string): Promise<string[]> {
  const all = await requests("gemini");
  return all
    .map(({ body }) => (body as { contents: { parts: { text: string }[] }[] }).contents.at(-1)?.parts[0]?.text ?? "")
    .filter((text) => text.includes(words));
}

/** A command with the tenant's API key, or another. */
export async function command(scene: Pick<Tenant, "api_key">, name: string, input: unknown) {
  const response = await ask(`/functions/v1/${name}`, {
    method: "POST",
    body: typeof input === "string" ? input : JSON.stringify(input),
    headers: { apikey: scene.api_key, "content-type": "application/json" },
  });
  return { status: response.status, body: await response.json<Answer>() };
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
export type Answer = any;

/** Waits for what an alarm of the object itself, not of the test, brings about. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look();
    if (found) return found;
    await scheduler.wait(50);
  }
  throw new Error("it never came about");
}
