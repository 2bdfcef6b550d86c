import { afterAll, beforeAll, expect, test } from "vitest";
import { approveDraft } from "../../workers/functions/commands/approve-draft.ts";
import { getConsent } from "../../workers/functions/commands/get-consent.ts";
import { recordConsent } from "../../workers/functions/commands/record-consent.ts";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { settleSend } from "../../workers/functions/commands/settle-send.ts";
import type { MessageEvent } from "../../shared/channels/events.ts";
import { accountEvent, message, newCustomer, seconds, status } from "../factories/events.ts";
import { createTenant, insert } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { begin } from "../../shared/turns/begin.ts";
import { openDesk, refused } from "./desk.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { permutations } from "../permuter/orders.ts";

let db: Harness;
let ask: ReturnType<typeof openDesk>;
beforeAll(async () => {
  db = await openHarness();
  ask = openDesk(db);
});
afterAll(() => db.close());

const sms = () => createTenant(db.exec, { channel: { platform: "sms" } });
const ago = (minutes: number) => seconds() - minutes * 60;

/** A customer whose lines arrive one after the other, a minute between them, the last one now. */
async function customer(tenant: Tenant, ...contents: string[]) {
  const wa_id = newCustomer();
  let conversation_id = "";
  for (const [i, content] of contents.entries()) {
    conversation_id = await db.writes(tenant, wa_id, { content, at: ago(contents.length - 1 - i) });
  }
  const talk = await db.conversation(conversation_id);
  return { tenant, wa_id, conversation_id, contact_id: String(talk["contact_id"]), talk };
}
type Customer = Awaited<ReturnType<typeof customer>>;

const ledger = ({ contact_id }: Pick<Customer, "contact_id">) =>
  db.rows("select platform, topic, state, source from consent_records where contact_id = $1 order by at, state", [
    contact_id,
  ]);
const may = async ({ conversation_id }: Customer, type = "text", topic = "utility") => {
  const { verdict } = await db.row("select switchboard.gate_v1($1, $2, 'person', $3) as verdict", [
    conversation_id,
    type,
    topic,
  ]);
  return verdict as { allowed: boolean; rule: string | null; reason: string | null };
};
const turn = async ({ conversation_id }: Customer) =>
  (await begin(db.exec, conversation_id, crypto.randomUUID())).outcome;

test.each(["STOP", "Stop. Thank you", "stopp", "Arrêt"])(
  "F112: after %j no free text, no template and no AI reply leaves, and the reason is readable",
  async (word) => {
    const who = await customer(await createTenant(db.exec), "Hello", word);
    expect(await ledger(who)).toEqual([{ platform: "whatsapp", topic: "all", state: "withdrawn", source: "keyword" }]);
    expect(who.talk).toMatchObject({ ai_due_at: null, ai_blocked_reason: "opted_out", unread_count: 2 });
    expect(await turn(who)).toBe("idle");
    const refusal = await refused(
      ask(who.tenant, sendMessage, { conversation_id: who.conversation_id, content: "Wait!" }),
    );
    expect(refusal).toMatchObject({ code: "gate_refused", details: { rule: "consent" } });
    expect(refusal.message).toContain(`wrote "${word}"`);
    for (const topic of ["marketing", "utility"]) {
      expect(await may(who, "template", topic)).toMatchObject({ allowed: false, rule: "consent" });
    }
  },
);

test("F112: nor does a draft that is approved, what is written into the table, or what is sent again", async () => {
  const tenant = await createTenant(db.exec, { channel: { ai_auto_send: false } });
  const who = await customer(tenant, "Hello");
  const { org_id, business_id, channel_id } = tenant;
  const { conversation_id, contact_id, wa_id } = who;
  const line = {
    org_id,
    business_id,
    channel_id,
    contact_id,
    conversation_id,
    direction: "outbound",
    content: "Sale!",
  };
  const draft = crypto.randomUUID();
  await db.exec({ role: "switchboard_worker" }, [
    insert("public.messages", { id: draft, ...line, sender_type: "ai", is_draft: true, inbound_version: 1 }),
  ]);
  const sent = await db.says(tenant, conversation_id, "On its way");
  await db.rows("select switchboard.lose_attempt(id) from send_attempts where message_id = $1", [sent.message_id]);
  await db.writes(tenant, wa_id, { content: "STOP" });
  const rule = { code: "gate_refused", details: { rule: "consent" } };

  const { current } = (await refused(ask(tenant, approveDraft, { message_id: draft, version: 99 }))).details as {
    current: { version: number };
  };
  expect(await refused(ask(tenant, approveDraft, { message_id: draft, version: current.version }))).toMatchObject(rule);
  const [attempt] = await db.attempts(conversation_id);
  expect(
    await refused(ask(tenant, settleSend, { attempt_id: String(attempt?.["id"]), outcome: "send_again" })),
  ).toMatchObject(rule);
  const { conversation_id: id, direction, content } = line;
  const row = insert("public.messages", {
    conversation_id: id,
    org_id,
    business_id,
    direction,
    sender_type: "agent",
    content,
  });
  const claims = { sub: tenant.owner.user_id, role: "authenticated" };
  await expect(db.exec({ role: "authenticated", claims }, [row])).rejects.toMatchObject({
    code: "SB422",
    detail: expect.stringContaining("consent"),
  });
  const { n } = await db.row(
    "select count(*)::int as n from send_attempts where conversation_id = $1 and state in ('sending', 'accepted')",
    [id],
  );
  expect(n).toBe(0);
});

test("F113: a sentence with the word in it changes nothing, and the AI answers it", async () => {
  const who = await customer(await createTenant(db.exec), "Where does the bus stop?");
  expect(await ledger(who)).toEqual([]);
  expect(await turn(who)).toBe("begun");
});

test("F113: what may be a stop is decided by a person", async () => {
  const who = await customer(await createTenant(db.exec), "please stop texting me");
  expect(await ledger(who)).toEqual([]);
  expect(who.talk).toMatchObject({ status: "assigned", assigned_to: null, needs_human_reason: "consent_unclear" });
});

test("F115: carriers' words stop SMS, and are an order's business on WhatsApp", async () => {
  const onWhatsApp = await customer(await createTenant(db.exec), "CANCEL");
  expect([await ledger(onWhatsApp), (await may(onWhatsApp)).allowed]).toEqual([[], true]);
  const bySms = await customer(await sms(), "CANCEL");
  expect(await ledger(bySms)).toMatchObject([{ platform: "sms", topic: "all", state: "withdrawn" }]);
});

test("F114: neither a stop nor a help by SMS is answered: the carrier's network does that", async () => {
  const tenant = await sms();
  for (const word of ["STOP", "HELP"]) expect(await turn(await customer(tenant, word))).toBe("idle");
});

test("F116: START restores what STOP took, and grants nothing", async () => {
  const who = await customer(await sms(), "STOP", "START");
  expect(await may(who)).toMatchObject({ allowed: true });
  const consent = await ask(who.tenant, getConsent, { contact_id: who.contact_id });
  expect(consent).toMatchObject({ opted_in: null, records: [{ state: "restored" }, { state: "withdrawn" }] });
  expect(new Set(consent.current.map(({ state }) => state))).toEqual(new Set(["unknown"]));
  expect(await turn(who)).toBe("idle");
});

test("F116: START does not undo what a person recorded", async () => {
  const who = await customer(await sms(), "Hello");
  const { tenant, contact_id } = who;
  const at = new Date(ago(60) * 1000).toISOString();
  await ask(tenant, recordConsent, { contact_id, topic: "marketing", state: "withdrawn", evidence: "by phone", at });
  await db.writes(tenant, who.wa_id, { content: "START" });
  expect(await may(who, "text", "marketing")).toMatchObject({ allowed: false, rule: "consent" });
  expect(await may(who)).toMatchObject({ allowed: true });
});

test("whoever writes on WhatsApp after a stop may be answered, and is not written to unasked; by SMS neither", async () => {
  const onWhatsApp = await customer(await createTenant(db.exec), "STOP", "Where is my order?");
  expect(await may(onWhatsApp)).toMatchObject({ allowed: true });
  expect(await turn(onWhatsApp)).toBe("begun");
  expect(await may(onWhatsApp, "template", "utility")).toMatchObject({ rule: "consent" });
  const bySms = await customer(await sms(), "STOP", "Where is my order?");
  expect(await may(bySms)).toMatchObject({ rule: "consent" });
  expect(await turn(bySms)).not.toBe("begun");
});

test("F112: a stop on one platform ends marketing on every other, and nothing else there", async () => {
  const who = await customer(await createTenant(db.exec), "Hello");
  const { tenant, contact_id } = who;
  await ask(tenant, recordConsent, { contact_id, topic: "all", platform: "sms", state: "withdrawn" });
  expect(await may(who, "template", "marketing")).toMatchObject({ rule: "consent" });
  expect(await may(who, "template", "utility")).toMatchObject({ allowed: true });
});

test("F98: consent is read again when the message leaves", async () => {
  const { tenant, conversation_id, wa_id } = await customer(await createTenant(db.exec), "Hello");
  const first = await db.says(tenant, conversation_id, "One");
  const second = await db.says(tenant, conversation_id, "Two");
  expect([first.next.outcome, second.next.outcome]).toEqual(["claimed", "busy"]);
  await db.writes(tenant, wa_id, { content: "STOP" });
  await db.rows("update send_attempts set lease_until = now() - interval '1 s' where conversation_id = $1", [
    conversation_id,
  ]);
  await db.says(tenant, conversation_id, "Three");
  const states = (await db.messages(conversation_id)).filter(({ direction }) => direction === "outbound");
  expect(states.map(({ delivery_status }) => delivery_status)).toEqual(["unknown", "failed", "failed"]);
  expect(states[1]?.["error"]).toMatchObject({ code: "gate_refused", rule: "consent" });
});

test("F43: a turn that was under way when the stop came does not send", async () => {
  const tenant = await createTenant(db.exec);
  const { conversation_id, customer: wa_id } = await db.begun(tenant);
  await db.writes(tenant, wa_id, { content: "STOP" });
  expect(await turn({ conversation_id } as Customer)).not.toBe("begun");
  expect(await db.attempts(conversation_id)).toEqual([]);
});

test("F4: a stop delivered three times is one entry, in any order with its start", async () => {
  const tenant = await createTenant(db.exec);
  for (const order of permutations(["STOP", "START", "STOP again"])) {
    const wa_id = newCustomer();
    const lines = new Map<string, MessageEvent>([
      ["STOP", message(tenant.phone_number_id, wa_id, { content: "STOP", at: ago(9) })],
      ["START", message(tenant.phone_number_id, wa_id, { content: "START", at: ago(5) })],
    ]);
    for (const name of order) {
      const line = lines.get(name) ?? lines.get("STOP");
      if (line) await db.arrive(line);
    }
    const { contact_id } = await db.row("select id as contact_id from contacts where business_id = $1 and wa_id = $2", [
      tenant.business_id,
      wa_id,
    ]);
    expect(await ledger({ contact_id: String(contact_id) })).toMatchObject([
      { state: "withdrawn" },
      { state: "restored" },
    ]);
    const { state } = await db.row("select (switchboard.consent_of($1, 'whatsapp', 'utility')).state", [contact_id]);
    expect(state).toBeNull();
  }
});

test("F18: a stop in an imported history counts, and wakes nobody; a start in it grants nothing", async () => {
  const tenant = await createTenant(db.exec);
  const wa_id = newCustomer();
  const old = { origin: "history", wakes: false } as const;
  const id = await db.writes(
    tenant,
    wa_id,
    { content: "STOP", at: ago(900), ...old },
    { content: "START", at: ago(800), ...old },
  );
  const { contact_id, ai_due_at } = await db.conversation(id);
  expect(ai_due_at).toBeNull();
  expect(await ledger({ contact_id: String(contact_id) })).toMatchObject([{ state: "withdrawn" }]);
});

test("F117: preferences that the provider reports reach the ledger once, for strangers too", async () => {
  const tenant = await createTenant(db.exec);
  const wa_id = newCustomer();
  const contact = { wa_id, phone: `+${wa_id}` };
  const word = (state: "withdrawn" | "restored" | "granted", minutes: number) =>
    accountEvent(tenant.waba_id, {
      account: tenant.phone_number_id,
      field: "user_preferences",
      preferences: [{ contact, topic: "marketing", state, at: ago(minutes) }],
    });
  const stop = word("withdrawn", 9);
  await db.arrive(stop);
  await db.arrive(stop);
  const person = await db.row("select id, opted_in from contacts where business_id = $1", [tenant.business_id]);
  const who = { contact_id: String(person["id"]) };
  expect([await ledger(who), person["opted_in"]]).toEqual([
    [{ platform: "whatsapp", topic: "marketing", state: "withdrawn", source: "provider" }],
    false,
  ]);
  await db.arrive(word("restored", 5));
  const opted = () => db.row("select opted_in from contacts where id = $1", [who.contact_id]);
  expect(await opted()).toEqual({ opted_in: null });
  await db.arrive(word("granted", 3));
  expect(await opted()).toEqual({ opted_in: true });
});

test("F117, F101: a message refused because its receiver wants no marketing is a withdrawal", async () => {
  const who = await customer(await createTenant(db.exec), "Hello");
  const { tenant, conversation_id, contact_id } = who;
  await db.rows("update conversations set window_expires_at = now() + interval '1 day' where id = $1", [
    conversation_id,
  ]);
  await ask(tenant, sendMessage, { conversation_id, content: "Sale!" });
  const { wa_message_id } = await db.row(
    "select wa_message_id from messages where conversation_id = $1 and direction = 'outbound'",
    [conversation_id],
  );
  const failed = status(tenant.phone_number_id, String(wa_message_id), "failed", {
    error: { code: 131050, title: "Stopped" },
  });
  await db.arrive(failed);
  await db.arrive(failed);
  expect(await ledger(who)).toEqual([
    { platform: "whatsapp", topic: "marketing", state: "withdrawn", source: "provider" },
  ]);
  expect(await may(who, "template", "marketing")).toMatchObject({ rule: "consent" });
  expect(await may(who, "template", "utility")).toMatchObject({ allowed: true });
  expect(await ask(tenant, getConsent, { contact_id })).toMatchObject({ opted_in: false });
});

test.each([
  ["MARKETING", "consent"],
  ["UTILITY", null],
])("F100: a %s template is judged by its own category", async (category, rule) => {
  const who = await customer(await createTenant(db.exec), "Hello");
  const { tenant, conversation_id, contact_id } = who;
  const { org_id, business_id, waba_id } = tenant;
  await ask(tenant, recordConsent, { contact_id, topic: "marketing", state: "withdrawn" });
  await db.exec({ role: "switchboard_worker" }, [
    insert("public.templates", {
      org_id,
      business_id,
      waba_id,
      name: "news",
      language: "en",
      category,
      status: "APPROVED",
    }),
  ]);
  const template = { name: "news", language: "en", components: [] };
  const asking = ask(tenant, sendMessage, { conversation_id, template });
  if (rule === null) expect(await asking).toMatchObject({ message_id: expect.any(String) });
  else expect(await refused(asking)).toMatchObject({ code: "gate_refused", details: { rule } });
});

test("the ledger only grows: not even our own program may change or delete an entry", async () => {
  const who = await customer(await createTenant(db.exec), "STOP");
  for (const text of ["update public.consent_records set state = 'granted'", "delete from public.consent_records"]) {
    await expect(db.exec({ role: "switchboard_worker" }, [{ text }])).rejects.toMatchObject({ code: "42501" });
  }
  expect(await ledger(who)).toHaveLength(1);
});

test("another tenant's contact does not exist, and nobody consents in the future", async () => {
  const who = await customer(await createTenant(db.exec), "Hello");
  const { contact_id } = who;
  const stranger = await createTenant(db.exec);
  expect(await refused(ask(stranger, getConsent, { contact_id }))).toMatchObject({ code: "not_found" });
  const grant = { contact_id, topic: "all", state: "granted" } as const;
  expect(await refused(ask(stranger, recordConsent, grant))).toMatchObject({ code: "not_found" });
  const at = new Date(Date.now() + 3_600_000).toISOString();
  expect(await refused(ask(who.tenant, recordConsent, { ...grant, at }))).toMatchObject({ code: "invalid_input" });
  expect(await ledger(who)).toEqual([]);
});
