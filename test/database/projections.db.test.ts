import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newCustomer } from "../factories/events.ts";
import { createMember, createTenant, insert, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

/*
 * Every word that a dashboard knows for a state is computed from the one state that we keep. Both ways: each state of ours
 * has exactly one word, and each word stands for exactly the states that are listed here.
 */

const AS_WORKER = { role: "switchboard_worker" } as const;
const STATUSES = ["ai_handling", "assigned", "resolved"];
const WINDOWS = { never: null, past: "2020-01-01T00:00:00Z", open: "2099-01-01T00:00:00Z" };

let db: Harness;
let tenant: Tenant;
let channels: string[];
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
  const { org_id, business_id } = tenant;
  channels = [tenant.channel_id, crypto.randomUUID()];
  await db.exec(AS_WORKER, [insert("public.channels", { id: channels[1], org_id, business_id, provider: "twilio" })]);
});
afterAll(() => db.close());

async function contact(): Promise<string> {
  const { org_id, business_id } = tenant;
  const id = crypto.randomUUID();
  await db.exec(AS_WORKER, [insert("public.contacts", { id, org_id, business_id, platform_id: randomDigits(12) })]);
  return id;
}

async function conversation(contact_id: string, row: Record<string, unknown>, channel_id = tenant.channel_id) {
  const { org_id, business_id } = tenant;
  const id = crypto.randomUUID();
  await db.exec(AS_WORKER, [
    insert("public.conversations", { id, org_id, business_id, contact_id, channel_id, ...row }),
  ]);
  return id;
}

/** By word, the states that it stands for. */
function preimages(pairs: [state: string, word: unknown][]): Record<string, string[]> {
  const words: Record<string, string[]> = {};
  for (const [state, word] of pairs) (words[String(word)] ??= []).push(state);
  return words;
}

test("F34: a conversation as a support window is OPEN, CLOSED or EXPIRED, and nothing else", async () => {
  const pairs: [string, unknown][] = [];
  for (const status of STATUSES) {
    for (const [name, window_expires_at] of Object.entries(WINDOWS)) {
      const id = await conversation(await contact(), { status, window_expires_at });
      const { status: word } = await db.row("select status from support_windows where id = $1", [id]);
      pairs.push([`${status}, ${name}`, word]);
    }
  }
  expect(preimages(pairs)).toEqual({
    OPEN: ["ai_handling, open", "assigned, open"],
    EXPIRED: ["ai_handling, never", "ai_handling, past", "assigned, never", "assigned, past"],
    CLOSED: ["resolved, never", "resolved, past", "resolved, open"],
  });
});

test("F34: a contact is Open, Pending or Done by its busiest conversation, in whatever order they came to their states", async () => {
  const pairs: [string, unknown][] = [];
  for (const first of STATUSES) {
    for (const second of STATUSES) {
      const person = await contact();
      const [a, b] = [await conversation(person, {}, channels[0]), await conversation(person, {}, channels[1])];
      await db.rows("update conversations set status = $2, unread_count = 2 where id = $1", [a, first]);
      await db.rows("update conversations set status = $2, unread_count = 3 where id = $1", [b, second]);
      const row = await db.row("select conversation_status, unread_count from contacts where id = $1", [person]);
      pairs.push([`${first}, ${second}`, row["conversation_status"]]);
      expect(row["unread_count"]).toBe(5);
    }
  }
  expect(preimages(pairs)).toEqual({
    Open: [
      "ai_handling, ai_handling",
      "ai_handling, assigned",
      "ai_handling, resolved",
      "assigned, ai_handling",
      "resolved, ai_handling",
    ],
    Pending: ["assigned, assigned", "assigned, resolved", "resolved, assigned"],
    Done: ["resolved, resolved"],
  });
});

describe("F34: the other way, a dashboard that knows contacts only writes its word into the contact", () => {
  const claims = () => ({ sub: tenant.owner.user_id, role: "authenticated" });
  const write = async (id: string, change: string) =>
    (
      await db.exec({ role: "authenticated", claims: claims() }, [
        { text: `update public.contacts set ${change} where id = $1 returning id`, params: [id] },
      ])
    )[0]?.length;
  const states = async (ids: string[]) =>
    (await db.rows("select status from conversations where id = any($1) order by array_position($1, id)", [ids])).map(
      ({ status }) => status,
    );

  test.each(STATUSES.flatMap((first) => STATUSES.map((second) => [first, second])))(
    "from %s and %s each word can be reached, and holds",
    async (first, second) => {
      for (const word of ["Open", "Pending", "Done"]) {
        const person = await contact();
        const ids = [
          await conversation(person, { status: first, last_message_at: "2026-11-20T12:00:00Z" }, channels[0]),
          await conversation(person, { status: second, last_message_at: "2026-11-20T13:00:00Z" }, channels[1]),
        ];
        expect(await write(person, `conversation_status = '${word}'`)).toBe(1);
        const row = await db.row("select conversation_status from contacts where id = $1", [person]);
        expect([row["conversation_status"], await states(ids)]).toEqual([word, expect.anything()]);
        if (word === "Done") expect(await states(ids)).toEqual(["resolved", "resolved"]);
        if (word === "Pending") expect(await states(ids)).not.toContain("ai_handling");
      }
    },
  );

  test("Done is a human act, like resolving: a turn under way comes to nothing", async () => {
    const begun = await db.begun(tenant);
    const { contact_id, epoch } = await db.conversation(begun.conversation_id);
    await write(String(contact_id), "conversation_status = 'Done'");
    const talk = await db.conversation(begun.conversation_id);
    expect(talk).toMatchObject({ status: "resolved", ai_due_at: null, answered_version: talk["inbound_version"] });
    expect(Number(talk["epoch"])).toBeGreaterThan(Number(epoch));
  });

  test("F33: an unread count of 0 reads the lines, and no other number can be written", async () => {
    const id = await db.writes(tenant, newCustomer(), {}, {}, {});
    const { contact_id } = await db.conversation(id);
    const counts = async () => [
      (await db.row("select unread_count from contacts where id = $1", [contact_id]))["unread_count"],
      (await db.conversation(id))["unread_count"],
      (await db.rows("select from messages where conversation_id = $1 and not read", [id])).length,
    ];
    expect(await counts()).toEqual([3, 3, 3]);
    await expect(write(String(contact_id), "unread_count = 7")).rejects.toMatchObject({ code: "SB400" });
    await write(String(contact_id), "unread_count = 0");
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test("F142: what is another's stays so: nobody resolves conversations that are out of reach", async () => {
    await db.rows("update organizations set agents_see_assigned_only = true where id = $1", [tenant.org_id]);
    const agent = await createMember(db.exec, tenant);
    const person = await contact();
    const assigned_to = agent.team_member_id;
    const mine = await conversation(person, { status: "assigned", assigned_to }, channels[0]);
    const other = await conversation(person, { status: "ai_handling" }, channels[1]);
    const session = { role: "authenticated", claims: { sub: agent.user_id, role: "authenticated" } } as const;
    const text = "update public.contacts set conversation_status = 'Done' where id = $1";
    await expect(db.exec(session, [{ text, params: [person] }])).rejects.toMatchObject({ code: "SB422" });
    expect(await states([mine, other])).toEqual(["assigned", "ai_handling"]);
    await db.rows("update organizations set agents_see_assigned_only = false where id = $1", [tenant.org_id]);
  });
});

test("F34: a contact without conversations is Open, with nothing unread", async () => {
  const row = await db.row("select conversation_status, unread_count from contacts where id = $1", [await contact()]);
  expect(row).toEqual({ conversation_status: "Open", unread_count: 0 });
});

test("F34: a message is pending, sent, delivered or failed by its delivery status", async () => {
  const { def } = await db.row(
    "select pg_get_constraintdef(oid) as def from pg_constraint where conname = 'messages_delivery_status_check'",
  );
  const states = [...String(def).matchAll(/'([a-z]+)'/g)].map(([, state]) => state ?? "");
  expect(states.length).toBeGreaterThan(8);
  const person = await contact();
  const conversation_id = await conversation(person, {});
  const { org_id, business_id, channel_id } = tenant;
  const line = { org_id, business_id, channel_id, contact_id: person, conversation_id, content: "Hello" };
  const pairs: [string, unknown][] = [];
  const write = async (name: string, change: Record<string, unknown>) => {
    const id = crypto.randomUUID();
    await db.exec(AS_WORKER, [insert("public.messages", { id, ...line, ...change })]);
    const row = await db.row("select status, is_from_customer from messages where id = $1", [id]);
    expect(row["is_from_customer"]).toBe(change["direction"] === "inbound");
    pairs.push([name, row["status"]]);
  };
  await write("inbound", { direction: "inbound", sender_type: "contact" });
  await write("draft", { direction: "outbound", sender_type: "ai", is_draft: true });
  for (const delivery_status of states) {
    await write(delivery_status, { direction: "outbound", sender_type: "agent", delivery_status });
  }
  expect(preimages(pairs)).toEqual({
    pending: ["draft", "queued", "sending", "unknown", "held"],
    sent: ["sent"],
    delivered: ["inbound", "delivered", "read"],
    failed: ["failed", "expired"],
  });
});
