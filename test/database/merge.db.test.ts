import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProviderEvent } from "../../shared/channels/events.ts";
import { createContact } from "../../workers/functions/commands/create-contact.ts";
import { getConsent } from "../../workers/functions/commands/get-consent.ts";
import { mergeContacts } from "../../workers/functions/commands/merge-contacts.ts";
import { echo, message, newCustomer, numberChange, seconds } from "../factories/events.ts";
import { createTenant, insert, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { finalState } from "../permuter/state.ts";
import { asGiven } from "../permuter/place.ts";
import { permutations } from "../permuter/orders.ts";
import { openDesk, refused } from "./desk.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

const AS_WORKER = { role: "switchboard_worker" } as const;

let db: Harness;
let ask: ReturnType<typeof openDesk>;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  ask = openDesk(db);
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

/** A customer with lines at given moments; the conversation and the contact. */
async function writer(lines: Record<number, string>, of: Tenant = tenant) {
  const wa_id = newCustomer();
  const events = Object.entries(lines).map(([at, content]) => ({ at: Number(at), content }));
  const conversation_id = await db.writes(of, wa_id, ...events);
  return { wa_id, conversation_id, contact_id: String((await db.conversation(conversation_id))["contact_id"]) };
}

/** Another number of the same business. */
async function secondNumber(change: Record<string, unknown> = {}): Promise<Tenant> {
  const { org_id, business_id } = tenant;
  const other = { ...tenant, channel_id: crypto.randomUUID(), phone_number_id: `3${randomDigits(12)}` };
  const { channel_id: id, phone_number_id } = other;
  await db.exec(AS_WORKER, [insert("public.channels", { id, org_id, business_id, phone_number_id, ...change })]);
  return other;
}

const thread = async (conversation_id: string) =>
  (
    await db.rows("select content, seq::int from messages where conversation_id = $1 order by seq", [conversation_id])
  ).map(({ seq, content }) => `${seq} ${content}`);

test("threads of one channel become one: no line is lost, places have no gaps, and counters are what a recount gives", async () => {
  const now = seconds();
  const ana = await writer({ [now - 50]: "one", [now - 30]: "three" });
  const anna = await writer({ [now - 40]: "two", [now - 20]: "four" });
  await db.says(tenant, anna.conversation_id, "five");
  const merged = await ask(tenant, mergeContacts, {
    contact_id: ana.contact_id,
    merged_contact_id: anna.contact_id,
    reason: "same person",
  });
  expect(merged).toMatchObject({
    contact_id: ana.contact_id,
    unread_count: 4,
    conversation_ids: [ana.conversation_id],
  });
  expect(merged.identities.map(({ value }) => value).toSorted()).toEqual([ana.wa_id, anna.wa_id].toSorted());
  expect(await thread(ana.conversation_id)).toEqual(["1 one", "2 two", "3 three", "4 four", "5 five"]);
  // what a person had answered in one half is answered; the other half waits
  expect(await db.conversation(ana.conversation_id)).toMatchObject({
    message_seq: "5",
    answered_version: "2",
    inbound_version: "4",
    unread_count: 4,
    status: "assigned",
  });
  const waiting = await db.rows(
    "select content from messages where conversation_id = $1 and inbound_version > 2 order by inbound_version",
    [ana.conversation_id],
  );
  expect(waiting.map(({ content }) => content)).toEqual(["one", "three"]);
  expect(await db.attempts(ana.conversation_id)).toHaveLength(1);
  for (const table of ["contacts", "conversations"]) {
    expect(await db.rows(`select from ${table} where id in ($1, $2)`, [anna.contact_id, anna.conversation_id])).toEqual(
      [],
    );
  }
});

test("the next lines from either number go on in the one thread", async () => {
  const now = seconds();
  const [ana, anna] = [await writer({ [now - 5]: "a" }), await writer({ [now - 4]: "b" })];
  await ask(tenant, mergeContacts, { contact_id: ana.contact_id, merged_contact_id: anna.contact_id });
  await db.arrive(message(tenant.phone_number_id, anna.wa_id, { content: "c" }));
  await db.arrive(message(tenant.phone_number_id, ana.wa_id, { content: "d" }));
  expect(await thread(ana.conversation_id)).toEqual(["1 a", "2 b", "3 c", "4 d"]);
});

test("a thread on a channel that the other has not goes over whole", async () => {
  const sms = await secondNumber({ platform: "sms" });
  const now = seconds();
  const [ana, anna] = [await writer({ [now]: "by WhatsApp" }), await writer({ [now]: "by SMS" }, sms)];
  const merged = await ask(tenant, mergeContacts, { contact_id: ana.contact_id, merged_contact_id: anna.contact_id });
  expect(merged.conversation_ids.toSorted()).toEqual([ana.conversation_id, anna.conversation_id].toSorted());
  expect(merged.unread_count).toBe(2);
  expect(await db.row("select contact_id from messages where conversation_id = $1", [anna.conversation_id])).toEqual({
    contact_id: ana.contact_id,
  });
});

test("F25: one number writes by WhatsApp and by SMS, and is one contact with two threads", async () => {
  const sms = await secondNumber({ platform: "sms" });
  const wa_id = newCustomer();
  await db.arrive(message(tenant.phone_number_id, wa_id), message(sms.phone_number_id, wa_id));
  const [person, ...others] = await db.rows("select id, unread_count from contacts where wa_id = $1", [wa_id]);
  expect([person?.["unread_count"], others]).toEqual([2, []]);
  expect(await db.rows("select from conversations where contact_id = $1", [person?.["id"]])).toHaveLength(2);
});

test.each([
  ["WhatsApp", [0, 1]],
  ["SMS", [1, 0]],
])(
  "F30: whoever wrote by %s first: an SMS goes to the number as dialled, WhatsApp to its own spelling",
  async (_, order) => {
    const short = `55${randomDigits(8).replace(/^./, "2")}`;
    const dialled = `52${short}`;
    const spelled = `521${short}`;
    const phone = `+${dialled}`;
    const sms = await secondNumber({ platform: "sms" });
    const lines = [
      message(tenant.phone_number_id, "", { contact: { wa_id: spelled, phone, variants: [dialled] } }),
      message(sms.phone_number_id, "", { contact: { wa_id: dialled, phone, variants: [spelled] } }),
    ];
    for (const i of order) await db.arrive(...lines.slice(i, i + 1));
    const to = await db.rows(
      `select c.platform, switchboard.recipient(v.contact_id, c.id) ->> 'phone' as phone
     from conversations v join channels c on c.id = v.channel_id join contacts k on k.id = v.contact_id where k.phone = $1 order by 1`,
      [phone],
    );
    expect(to).toEqual([
      { platform: "sms", phone },
      { platform: "whatsapp", phone: `+${spelled}` },
    ]);
  },
);

test("a turn that had read one half comes to nothing, and the whole is answered", async () => {
  const begun = await db.begun(tenant);
  const other = await writer({ [seconds()]: "and I" });
  const { contact_id } = await db.conversation(begun.conversation_id);
  await ask(tenant, mergeContacts, { contact_id: other.contact_id, merged_contact_id: String(contact_id) });
  expect((await db.turns(other.conversation_id)).map(({ state }) => state)).toEqual(["abandoned"]);
  const talk = await db.conversation(other.conversation_id);
  expect(talk).toMatchObject({ answered_version: "0", inbound_version: "2", ai_due_at: expect.anything() });
  expect(await db.usage(tenant)).toMatchObject({ reserved: 0 });
});

test("F69: two provider calls under way: neither is forgotten, and the answer of each still counts", async () => {
  const now = seconds();
  const [ana, anna] = [await writer({ [now]: "a" }), await writer({ [now]: "b" })];
  await db.says(tenant, ana.conversation_id, "to a");
  await db.says(tenant, anna.conversation_id, "to b");
  await ask(tenant, mergeContacts, { contact_id: ana.contact_id, merged_contact_id: anna.contact_id });
  const attempts = await db.attempts(ana.conversation_id);
  expect(attempts.map(({ state }) => state).toSorted()).toEqual(["sending", "unknown"]);
  const lost = attempts.find(({ state }) => state === "unknown");
  await db.exec(AS_WORKER, [
    {
      text: "select switchboard.record_v1($1)",
      params: [
        JSON.stringify({
          attempt_id: lost?.["id"],
          lease_token: lost?.["lease_token"],
          state: "accepted",
          provider_id: `wamid.${randomDigits(9)}`,
          held: false,
          lease_seconds: 30,
        }),
      ],
    },
  ]);
  expect((await db.attempts(ana.conversation_id)).map(({ state }) => state).toSorted()).toEqual([
    "accepted",
    "sending",
  ]);
});

const SCOPES = ["whatsapp", "sms", "voice"].flatMap((platform) =>
  ["marketing", "utility"].map((topic) => ({ platform, topic })),
);
const STRICTNESS = ["granted", "unknown", "withdrawn"];

test("F31, F116: after a merge each platform and topic has the stricter consent of the two, whatever the ledgers hold", async () => {
  const entry = fc.record({
    platform: fc.constantFrom("whatsapp", "sms", "voice", "all"),
    topic: fc.constantFrom("marketing", "utility", "all"),
    state: fc.constantFrom("granted", "withdrawn", "restored"),
    source: fc.constantFrom("keyword", "provider", "person"),
    minute: fc.integer({ min: 0, max: 5 }),
  });
  const ledger = fc.uniqueArray(entry, { maxLength: 5, selector: (one) => JSON.stringify(one) });
  const fill = async (contact_id: string, entries: (typeof entry extends fc.Arbitrary<infer E> ? E : never)[]) => {
    const { org_id, business_id } = tenant;
    const rows = entries.map(({ minute, ...one }) =>
      insert("public.consent_records", { ...one, org_id, business_id, contact_id, at: `2026-11-20T12:0${minute}:00Z` }),
    );
    if (rows.length > 0) await db.exec(AS_WORKER, rows);
  };
  const states = async (contact_id: string) =>
    (await ask(tenant, getConsent, { contact_id })).current.map(({ platform, topic, state }) => [
      platform,
      topic,
      state,
    ]);
  await fc.assert(
    fc.asyncProperty(ledger, ledger, async (first, second) => {
      const [ana, anna] = [await typedIn(), await typedIn()];
      await fill(ana, first);
      await fill(anna, second);
      const [before, other] = [await states(ana), await states(anna)];
      await ask(tenant, mergeContacts, { contact_id: ana, merged_contact_id: anna });
      const stricter = (a = "unknown", b = "unknown") => (STRICTNESS.indexOf(a) > STRICTNESS.indexOf(b) ? a : b);
      const expected = before.map(([platform, topic, state], i) => [platform, topic, stricter(state, other[i]?.[2])]);
      expect(expected).toHaveLength(SCOPES.length);
      expect(await states(ana)).toEqual(expected);
      const { opted_in } = await ask(tenant, getConsent, { contact_id: ana });
      expect(opted_in).toBe({ granted: true, withdrawn: false, unknown: null }[expected[0]?.[2] ?? ""]);
    }),
    { numRuns: 60 },
  );
});

async function typedIn(): Promise<string> {
  const { contact_id } = await ask(tenant, createContact, {
    business_id: tenant.business_id,
    phone: `+${newCustomer()}`,
  });
  return contact_id;
}

describe("a number change that the provider announces late", () => {
  test("F31, F28: in any order with the first lines from the new number it ends in the same rows", async () => {
    const [old, next] = [newCustomer(), newCustomer()];
    const at = seconds() - 100;
    let first: unknown;
    for (const order of permutations([0, 1, 2, 3, 4])) {
      const own = await createTenant(db.exec);
      const account = own.phone_number_id;
      const events: ProviderEvent[] = [
        message(account, old, { provider_id: "wamid.line", at }),
        echo(account, old, { provider_id: "wamid.said", at: at + 1 }),
        numberChange(account, old, next, { provider_id: "wamid.change", at: at + 10 }),
        message(account, next, { provider_id: "wamid.early", at: at + 8 }),
        message(account, next, { provider_id: "wamid.after", at: at + 20 }),
      ];
      for (const i of order) await db.arrive(...events.slice(i, i + 1));
      const contacts = await db.rows("select wa_id from contacts where business_id = $1", [own.business_id]);
      expect(contacts, order.join()).toEqual([{ wa_id: next }]);
      const state = JSON.parse(asGiven(own, JSON.stringify(await finalState(db.exec, own))));
      first ??= state;
      expect(state, order.join()).toEqual(first);
    }
  });

  test("F31: an opt-out under the new number holds for the person", async () => {
    const ana = await writer({ [seconds() - 900]: "Hello" });
    const next = newCustomer();
    await db.writes(tenant, next, { content: "STOP", at: seconds() - 60 });
    await db.arrive(numberChange(tenant.phone_number_id, ana.wa_id, next));
    const { current, records } = await ask(tenant, getConsent, { contact_id: ana.contact_id });
    expect(current[0]).toMatchObject({ platform: "whatsapp", topic: "marketing", state: "withdrawn" });
    expect(records).toHaveLength(1);
  });

  test("F28: who had the number for long is somebody else, and keeps the thread and its secrets", async () => {
    const now = seconds();
    const [ana, bob] = [await writer({ [now - 900]: "Hello" }), await writer({ [now - 9 * 86_400]: "mine" })];
    await db.arrive(numberChange(tenant.phone_number_id, ana.wa_id, bob.wa_id, { at: now - 60 }));
    expect(await thread(bob.conversation_id)).toEqual(["1 mine"]);
    expect((await db.conversation(bob.conversation_id))["contact_id"]).toBe(bob.contact_id);
    await db.arrive(message(tenant.phone_number_id, bob.wa_id, { content: "new holder" }));
    expect((await thread(ana.conversation_id)).at(-1)).toContain("new holder");
  });
});

test("F5: a line that arrives while its writer is joined to another is stored once, in the one thread", async () => {
  const now = seconds();
  const [ana, anna] = [await writer({ [now - 9]: "a" }), await writer({ [now - 8]: "b" })];
  const gate = await db.connect();
  await gate.query("begin");
  await gate.query("select from contacts where id = $1 for update", [ana.contact_id]);
  const merging = ask(tenant, mergeContacts, { contact_id: ana.contact_id, merged_contact_id: anna.contact_id });
  await db.waiting(1);
  const arriving = db.arrive(message(tenant.phone_number_id, anna.wa_id, { content: "c" }));
  await db.waiting(2);
  await gate.query("commit");
  await merging;
  expect((await arriving).outcomes).toEqual(["stored"]);
  expect(await thread(ana.conversation_id)).toEqual(["1 a", "2 b", "3 c"]);
});

test("an old id leads to the person, and joining again changes nothing", async () => {
  const [ana, anna] = [await typedIn(), await typedIn()];
  const input = { contact_id: ana, merged_contact_id: anna };
  const once = await ask(tenant, mergeContacts, input);
  expect(await ask(tenant, mergeContacts, input)).toEqual(once);
  expect(await ask(tenant, getConsent, { contact_id: anna })).toMatchObject({ contact_id: ana });
});

test("contacts of another tenant, of another workspace and of oneself are not joined", async () => {
  const mine = await typedIn();
  const stranger = await createTenant(db.exec);
  const theirs = (await ask(stranger, createContact, { business_id: stranger.business_id, phone: `+${newCustomer()}` }))
    .contact_id;
  const join = (contact_id: string, merged_contact_id: string) =>
    refused(ask(tenant, mergeContacts, { contact_id, merged_contact_id }));
  expect(await join(mine, theirs)).toMatchObject({ code: "not_found" });
  expect(await join(mine, mine)).toMatchObject({ code: "invalid_input" });
  const second = crypto.randomUUID();
  await db.exec(AS_WORKER, [
    insert("public.businesses", { id: second, org_id: tenant.org_id, name: "Second", slug: "second" }),
  ]);
  const elsewhere = await ask(tenant, createContact, { business_id: second, phone: `+${newCustomer()}` });
  expect(await join(mine, elsewhere.contact_id)).toMatchObject({ code: "invalid_input" });
});

describe("create-contact", () => {
  const create = (phone: string, change: { country?: string; name?: string; tags?: string[] } = {}) =>
    ask(tenant, createContact, { business_id: tenant.business_id, phone, ...change });

  test("F25: one number is one contact, however it is written, and keeps what is known", async () => {
    const tail = randomDigits(8);
    const first = await create(`0151 ${tail}`, { country: "DE", name: "Ana", tags: ["vip"] });
    expect(first).toMatchObject({ created: true, phone: `+49151${tail}`, name: "Ana", identities: [] });
    const again = await create(`+49 (151) ${tail}`, { name: "Someone", tags: ["new", "vip"] });
    expect(again).toMatchObject({ created: false, contact_id: first.contact_id, name: "Ana", tags: ["vip", "new"] });
    await db.arrive(message(tenant.phone_number_id, `49151${tail}`));
    const { contact_id } = await create(`+49151${tail}`);
    expect(contact_id).toBe(first.contact_id);
  });

  test.each(["123", "Ana", "0151 1234567", "+"])("what is no number, like %j, is refused in words", async (phone) => {
    expect(await refused(create(phone))).toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("phone number"),
    });
  });
});
