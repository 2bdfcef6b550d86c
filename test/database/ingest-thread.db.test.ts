import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MessageEvent } from "../../shared/channels/events.ts";
import { echo, message, newCustomer, seconds } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import { openIngest, permutations } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

const MINUTE = 60;

test("F14: under parallel load places in the thread have no gap and no double, and time never runs back", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const now = seconds();
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      db.arrive(
        ...[0, 1, 2].map((k) => message(tenant.phone_number_id, customer, { at: now - ((i * 7 + k * 11) % 50) })),
      ),
    ),
  );
  const thread = await db.thread(tenant);
  const places = thread.map((line) => Number(line["seq"]));
  expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  const keys = thread.map((line): [number, number] => [Number(line["provider_ts"]), Number(line["seq"])]);
  expect(keys).toEqual(keys.toSorted(([a, i], [b, j]) => a - b || i - j));
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "120", inbound_version: "120" });
});

test("F14: what the provider said, when we heard it and where it stands are three things", async () => {
  const tenant = await db.tenant();
  const received_at = Date.now();
  const at = seconds() - 300;
  await db.outcomes([message(tenant.phone_number_id, newCustomer(), { at })], received_at);
  expect(await db.thread(tenant)).toMatchObject([
    { provider_ts: new Date(at * 1000), received_at: new Date(received_at), seq: "1" },
  ]);
});

test("F14: two lines of the same second stay in the order of the body", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const texts = ["one", "two", "three", "four"];
  const at = seconds();
  await db.outcomes(texts.map((content) => message(tenant.phone_number_id, customer, { content, at })));
  expect((await db.thread(tenant)).map((line) => line["content"])).toEqual(texts);
});

test("F17: a line older than the limit is stored and unread, and wakes nobody; a fresh one wakes", async () => {
  const tenant = await db.tenant();
  const old = message(tenant.phone_number_id, newCustomer(), { at: seconds() - 16 * MINUTE });
  const late = await db.arrive(old);
  expect(late).toEqual({ outcomes: ["stored"], wake: [] });
  expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, ai_due_at: null, ai_waiting_since: null });
  const fresh = await db.arrive(message(tenant.phone_number_id, newCustomer(), { at: seconds() - 14 * MINUTE }));
  expect(fresh.wake).toHaveLength(1);
});

test("F17: lateness counts from the edge, not from the moment at which a spooled event reaches us", async () => {
  const tenant = await db.tenant();
  const at = seconds() - 60 * MINUTE;
  const line = message(tenant.phone_number_id, newCustomer(), { at });
  await db.outcomes([line], (at + 1) * 1000);
  expect(await db.talk(tenant)).toMatchObject({ ai_due_at: expect.any(Date) });
});

test("F17: a message that was answered does not wake the AI when it comes again", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer());
  await db.outcomes([line]);
  await db.rows(
    "update conversations set answered_version = 1, ai_due_at = null, ai_waiting_since = null where channel_id = $1",
    [tenant.channel_id],
  );
  expect(await db.arrive(line)).toEqual({ outcomes: ["duplicate"], wake: [] });
  expect(await db.talk(tenant)).toMatchObject({ ai_due_at: null });
});

const history = (account: string, customer: string, change: Partial<MessageEvent> = {}) =>
  message(account, customer, { origin: "history", wakes: false, ...change });

test("F18: history wakes nobody, opens no window, costs nothing, counts as read and pauses no AI", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const at = seconds() - 30;
  const { outcomes, wake } = await db.arrive(
    history(tenant.phone_number_id, customer, { at }),
    history(tenant.phone_number_id, customer, { at, direction: "outbound" }),
  );
  expect({ outcomes, wake }).toEqual({ outcomes: ["stored", "stored"], wake: [] });
  expect(await db.talk(tenant)).toMatchObject({
    status: "ai_handling",
    window_expires_at: null,
    unread_count: 0,
    inbound_version: "0",
    epoch: "0",
    ai_due_at: null,
  });
  expect(await db.rows("select from usage_periods where org_id = $1", [tenant.org_id])).toEqual([]);
});

test("F19: pieces of history in any order, also after a live line, make the same thread", async () => {
  const customer = newCustomer();
  const at = seconds() - 86_400;
  const pieces = (account: string) => [
    ...[0, 1, 2].map((k) => [
      history(account, customer, { provider_id: `h${k}a`, at: at + k * 10 }),
      history(account, customer, { provider_id: `h${k}b`, at: at + k * 10 + 5, direction: "outbound" }),
    ]),
    [message(account, customer, { provider_id: "live", at: at + 86_000 })],
  ];
  const threads = new Set<string>();
  for (const order of permutations([0, 1, 2, 3])) {
    const tenant = await db.tenant();
    for (const k of order) await db.outcomes(pieces(tenant.phone_number_id)[k] ?? []);
    threads.add((await db.thread(tenant)).map((line) => line["wa_message_id"]).join(" "));
  }
  expect([...threads]).toEqual(["h0a h0b h1a h1b h2a h2b live"]);
});

test("F20, F32: an echo is ours, from the phone, by nobody we know, and takes the conversation from the AI", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  await db.outcomes([message(tenant.phone_number_id, customer)]);
  expect(await db.talk(tenant)).toMatchObject({ status: "ai_handling", ai_due_at: expect.any(Date), epoch: "0" });
  const said = echo(tenant.phone_number_id, customer);
  expect(await db.arrive(said)).toEqual({ outcomes: ["stored"], wake: [] });
  expect(await db.message(tenant, said)).toMatchObject({
    direction: "outbound",
    origin: "phone",
    sender_type: "agent",
    sender_id: null,
    created_by: null,
    delivery_status: "sent",
  });
  expect(await db.talk(tenant)).toMatchObject({
    status: "assigned",
    assigned_to: null,
    epoch: "1",
    answered_version: "1",
    ai_due_at: null,
    ai_waiting_since: null,
    needs_human_since: null,
  });
});

test("F20: an echo on one channel stops turns on the person's other conversations, also when it begins its own", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const second = `3${tenant.phone_number_id}`;
  await db.rows(
    `insert into channels (org_id, business_id, phone_number_id, access_token)
     select org_id, business_id, $2, access_token from channels where id = $1`,
    [tenant.channel_id, second],
  );
  await db.outcomes([message(tenant.phone_number_id, customer)]);
  await db.outcomes([echo(second, customer)]);
  expect(await db.talk(tenant)).toMatchObject({ epoch: "1", status: "ai_handling" });
  await db.outcomes([echo(second, customer)]);
  expect(await db.talk(tenant)).toMatchObject({ epoch: "2" });
});

test("F35: a customer's line reopens what was resolved, for the AI and without its former holder, exactly once", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  await db.outcomes([message(tenant.phone_number_id, customer)]);
  await db.rows(
    "update conversations set status = 'resolved', assigned_to = $2, answered_version = 1 where channel_id = $1",
    [tenant.channel_id, tenant.owner.team_member_id],
  );
  const results = await Promise.all(
    Array.from({ length: 20 }, () => db.arrive(message(tenant.phone_number_id, customer))),
  );
  expect(results.flatMap(({ wake }) => wake)).toHaveLength(1);
  expect(await db.talk(tenant)).toMatchObject({ status: "ai_handling", assigned_to: null, unread_count: 21 });
  expect(await db.contacts(tenant)).toMatchObject([{ conversation_status: "Open", unread_count: 21 }]);
});

test("F35: neither an echo nor history reopens what was resolved", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  await db.outcomes([message(tenant.phone_number_id, customer)]);
  await db.rows("update conversations set status = 'resolved' where channel_id = $1", [tenant.channel_id]);
  await db.outcomes([echo(tenant.phone_number_id, customer), history(tenant.phone_number_id, customer)]);
  expect(await db.talk(tenant)).toMatchObject({ status: "resolved", ai_due_at: null });
});

test("F180: a provider's clock that is up to two minutes off changes neither the thread's order nor the wake", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -120, max: 120 }), async (skew) => {
      const tenant = await db.tenant();
      const customer = newCustomer();
      const received = seconds();
      const texts = ["one", "two", "three"];
      for (const [i, content] of texts.entries()) {
        const line = message(tenant.phone_number_id, customer, { content, at: received + i + skew });
        await db.outcomes([line], (received + i) * 1000);
      }
      expect((await db.thread(tenant)).map((line) => line["content"])).toEqual(texts);
      expect(await db.talk(tenant)).toMatchObject({
        ai_due_at: expect.any(Date),
        window_expires_at: new Date((received + 2 + skew + 86_400) * 1000),
      });
    }),
    { numRuns: 12, seed: 3 },
  );
});

test("F81: the window ends a day after the customer's newest line by the provider's clock, whatever came last", async () => {
  const received = seconds();
  const hoursAgo = [1, 5, 20];
  for (const order of permutations(hoursAgo)) {
    const tenant = await db.tenant();
    const customer = newCustomer();
    for (const hours of order) {
      await db.outcomes([message(tenant.phone_number_id, customer, { at: received - hours * 3600 })], received * 1000);
    }
    await db.outcomes([echo(tenant.phone_number_id, customer, { at: received })]);
    expect(await db.talk(tenant)).toMatchObject({ window_expires_at: new Date((received + 23 * 3600) * 1000) });
  }
});

test("F180: a clock that is far ahead opens no window into the future and pins no thread to the top", async () => {
  const tenant = await db.tenant();
  const received_at = Date.now();
  await db.outcomes([message(tenant.phone_number_id, newCustomer(), { at: 4_000_000_000 })], received_at);
  expect(await db.talk(tenant)).toMatchObject({
    window_expires_at: new Date(received_at + 86_400_000 + 120_000),
    last_message_at: new Date(received_at + 120_000),
  });
});

test.each([
  ["a reaction", { type: "reaction", wakes: false }, 0],
  ["a system line", { type: "system", wakes: false }, 0],
  ["something unsupported", { type: "unsupported", wakes: false }, 1],
] as const)("F13: %s is kept without waking the AI", async (_, change, unread) => {
  const tenant = await db.tenant();
  const { wake } = await db.arrive(message(tenant.phone_number_id, newCustomer(), change));
  expect(wake).toEqual([]);
  expect(await db.talk(tenant)).toMatchObject({ unread_count: unread, ai_due_at: null });
});

test("F40: a burst wakes its conversation once; each line moves the deadline, never past the longest wait", async () => {
  const channel = { ai_delay_seconds: 10, ai_max_wait_seconds: 25 };
  const tenant = await createTenant(db.exec, { channel });
  const customer = newCustomer();
  const first = await db.arrive(message(tenant.phone_number_id, customer));
  expect(first.wake).toEqual([{ conversation_id: (await db.talk(tenant))["id"], due_in_ms: expect.any(Number) }]);
  expect(first.wake[0]?.due_in_ms).toBeGreaterThan(9_000);
  // the customer goes on writing: time passes between the lines
  const pass = (seconds_: number) =>
    db.rows(
      `update conversations set ai_due_at = ai_due_at - make_interval(secs => $2), ai_waiting_since = ai_waiting_since - make_interval(secs => $2)
       where channel_id = $1`,
      [tenant.channel_id, seconds_],
    );
  const waited = async () => {
    const { ai_due_at, ai_waiting_since } = await db.talk(tenant);
    return (Number(ai_due_at) - Number(ai_waiting_since)) / 1000;
  };
  for (const [after, total] of [
    [8, 18],
    [8, 25],
    [8, 25],
  ] as const) {
    await pass(after);
    expect((await db.arrive(message(tenant.phone_number_id, customer))).wake).toEqual([]);
    expect(await waited()).toBeCloseTo(total, 0);
  }
});

test.each([
  ["the workspace's AI is off", "update businesses set ai_enabled = false where id = $1", "business_id"],
  ["the conversation's AI is off", "update conversations set ai_enabled = false where channel_id = $1", "channel_id"],
  ["a person has it", "update conversations set status = 'assigned' where channel_id = $1", "channel_id"],
  ["the number's credentials are dead", "update channels set auth_state = 'auth_error' where id = $1", "channel_id"],
] as const)("a line is unread and wakes nobody while %s", async (_, change, id) => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  await db.outcomes([message(tenant.phone_number_id, customer, { origin: "history", wakes: false })]);
  await db.rows(change, [tenant[id]]);
  const { outcomes, wake } = await db.arrive(message(tenant.phone_number_id, customer));
  expect({ outcomes, wake }).toEqual({ outcomes: ["stored"], wake: [] });
  expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, ai_due_at: null, inbound_version: "1" });
});
