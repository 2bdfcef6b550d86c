import { afterAll, beforeAll, expect, test } from "vitest";
import { DatabaseError } from "../../shared/db/exec.ts";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness, Sending } from "./harness.ts";
import { FIGURES, held, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

/** Fewer than the connections of a login: all of them can be under way at once. */
const CROWD = 12;

const talk = { table: "public.conversations", column: "id" };

/**
 * Starts everybody in turn while somebody else holds the row that they compare and swap, lets go once each of them waits
 * for it in a backend of its own, and answers with what they got.
 */
async function crowd<T>(row: { table: string; column: string }, id: string, callers: (() => Promise<T>)[]) {
  const holder = await db.connect();
  await holder.query("begin");
  await holder.query(`select from ${row.table} where ${row.column} = $1 for update`, [id]);
  const calls: Promise<T | { refused: string }>[] = [];
  for (const caller of callers) {
    calls.push(caller().catch(refusal));
    await db.waiting(calls.length);
  }
  await holder.query("commit");
  return Promise.all(calls);
}

function refusal(error: unknown): { refused: string } {
  if (error instanceof DatabaseError) return { refused: error.code };
  throw error;
}

const times = <T>(caller: () => Promise<T>) => Array.from({ length: CROWD }, () => caller);
const refused = (outcomes: unknown[]) => outcomes.filter((one) => one !== null && Object(one)["refused"] !== undefined);

test("F48: begun by twelve at once, a conversation has one turn", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  const outcomes = await crowd(
    talk,
    id,
    times(() => begin(db.exec, id, crypto.randomUUID())),
  );
  expect(outcomes.map((one) => "outcome" in one && one.outcome).toSorted()).toEqual([
    "begun",
    ...Array.from({ length: CROWD - 1 }, () => "busy"),
  ]);
  expect(await db.turns(id)).toHaveLength(1);
  expect(await db.usage(tenant)).toMatchObject({ reserved: 1 });
});

test("F48: committed by twelve at once, a turn gives one reply, and one of them its send", async () => {
  const { turn, conversation_id } = await db.begun(tenant);
  const outcomes = await crowd(
    talk,
    conversation_id,
    times(() => commit(db.exec, turn, verdict(), FIGURES)),
  );
  const claims = outcomes.map((one) => "next" in one && one.next.outcome);
  expect(claims.filter((one) => one === "claimed")).toHaveLength(1);
  expect(claims.filter((one) => one === "busy")).toHaveLength(CROWD - 1);
  expect(await db.attempts(conversation_id)).toHaveLength(1);
  expect(await db.messages(conversation_id)).toHaveLength(2);
});

test("F58: approved by twelve at once, a draft is sent once; the others are refused", async () => {
  const { turn, conversation_id } = await db.begun(tenant);
  const committed = await commit(db.exec, turn, verdict({ decision: "draft" }), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  const input = { message_id: committed.message_id, version: 1, lease_seconds: 30 };
  const outcomes = await crowd(
    talk,
    conversation_id,
    times(() => db.as<Sending>(tenant, "approve_draft_v1", input)),
  );
  expect(refused(outcomes)).toEqual(Array.from({ length: CROWD - 1 }, () => ({ refused: "SB409" })));
  expect(await db.attempts(conversation_id)).toHaveLength(1);
  expect(await db.conversation(conversation_id)).toMatchObject({ epoch: "1", message_seq: "2" });
});

test("F37: taken by twelve at once, a conversation has one holder", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  const outcomes = await crowd(
    talk,
    id,
    times(() =>
      db.as<Record<string, unknown>>(tenant, "assign_conversation_v1", {
        conversation_id: id,
        team_member_id: tenant.owner.team_member_id,
        expected_epoch: 0,
      }),
    ),
  );
  expect(refused(outcomes)).toHaveLength(CROWD - 1);
  expect(await db.conversation(id)).toMatchObject({ epoch: "1", assigned_to: tenant.owner.team_member_id });
});

test("F70: claimed by twelve at once, an attempt has one holder", async () => {
  const { conversation_id } = await queued();
  const claims = await crowd(
    talk,
    conversation_id,
    times(() => claim(db.exec, conversation_id)),
  );
  const outcomes = claims.map((one) => "outcome" in one && one.outcome);
  expect(outcomes.filter((one) => one === "claimed")).toHaveLength(1);
  expect(outcomes.filter((one) => one === "busy")).toHaveLength(CROWD - 1);
});

test("F72: asked twelve times at once with one key, one message is made", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  const change = { idempotency_key: crypto.randomUUID(), request_hash: "one" };
  const outcomes = await crowd(
    talk,
    id,
    times(() => db.says(tenant, id, "Hello", change)),
  );
  expect(outcomes.filter((one) => "next" in one && one.next.outcome === "claimed")).toHaveLength(1);
  expect(await db.attempts(id)).toHaveLength(1);
  expect(await db.conversation(id)).toMatchObject({ epoch: "1", message_seq: "2" });
});

test("F69: settled by twelve at once, a doubtful send is made again once", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  const attempt = held((await db.says(tenant, id, "Hello")).next);
  await record(db.exec, attempt, { state: "unknown", reason: "timeout" });
  const outcomes = await crowd(
    talk,
    id,
    times(() => db.as(tenant, "settle_send_v1", { attempt_id: attempt.id, outcome: "send_again", lease_seconds: 30 })),
  );
  expect(refused(outcomes)).toEqual(Array.from({ length: CROWD - 1 }, () => ({ refused: "SB409" })));
  expect(await db.attempts(id)).toMatchObject([{ state: "unknown" }, { state: "sending", number: 2 }]);
});

test("F162: begun in twelve conversations at once, the last five of the month are five", async () => {
  const poor = await createTenant(db.exec, { organization: { monthly_message_limit: 5 } });
  const ids = await Promise.all(times(() => db.writes(poor, newCustomer(), {})).map((write) => write()));
  await db.rows("insert into usage_periods (org_id, period) values ($1, switchboard.current_period())", [poor.org_id]);
  const outcomes = await crowd(
    { table: "public.usage_periods", column: "org_id" },
    poor.org_id,
    ids.map((id) => () => begin(db.exec, id, crypto.randomUUID())),
  );
  expect(outcomes.filter((one) => "outcome" in one && one.outcome === "begun")).toHaveLength(5);
  expect(await db.usage(poor)).toMatchObject({ used: 0, reserved: 5 });
});

test("F5: delivered twelve times at once, a line of somebody we know is stored once", async () => {
  const customer = newCustomer();
  const id = await db.writes(tenant, customer, {});
  const line = message(tenant.phone_number_id, customer);
  const outcomes = await crowd(
    talk,
    id,
    times(async () => (await db.arrive(line)).outcomes[0]),
  );
  expect(outcomes.toSorted()).toEqual([...Array.from({ length: CROWD - 1 }, () => "duplicate"), "stored"]);
  expect(await db.conversation(id)).toMatchObject({ message_seq: "2", inbound_version: "2", unread_count: 2 });
});

test("F25: first written to by twelve at once on two channels, a customer is one contact with a conversation on each", async () => {
  const own = await createTenant(db.exec);
  const second = `4${own.phone_number_id}`;
  await db.rows(
    `insert into channels (org_id, business_id, phone_number_id, access_token)
     select org_id, business_id, $2, access_token from channels where id = $1`,
    [own.channel_id, second],
  );
  const customer = newCustomer();
  const gate = await db.connect();
  await gate.query("begin; lock table public.contacts in share mode");
  const firsts = Array.from({ length: CROWD }, (_, i) =>
    db.arrive(message(i % 2 === 0 ? own.phone_number_id : second, customer)),
  );
  await db.waiting(CROWD);
  await gate.query("commit");
  expect((await Promise.all(firsts)).flatMap(({ outcomes }) => outcomes)).toEqual(firsts.map(() => "stored"));
  expect(await db.rows("select unread_count from contacts where business_id = $1", [own.business_id])).toEqual([
    { unread_count: CROWD },
  ]);
  expect(await db.rows("select message_seq from conversations where business_id = $1", [own.business_id])).toEqual([
    { message_seq: "6" },
    { message_seq: "6" },
  ]);
});

test.each([["before"], ["after"]])(
  "F43: a person who speaks just %s the AI's commit: nothing of the AI's leaves after the person's words",
  async (when) => {
    const { turn, conversation_id } = await db.begun(tenant);
    const speak = () => db.says(tenant, conversation_id, "I am here");
    const answer = () => commit(db.exec, turn, verdict(), FIGURES);
    await crowd<unknown>(talk, conversation_id, when === "before" ? [speak, answer] : [answer, speak]);
    const lines = await db.rows(
      "select sender_type from messages where conversation_id = $1 and direction = 'outbound' order by seq",
      [conversation_id],
    );
    const person = { sender_type: "agent" };
    expect(lines).toEqual(when === "before" ? [person] : [{ sender_type: "ai" }, person]);
    expect(await db.attempts(conversation_id)).toMatchObject(
      when === "before" ? [{ state: "sending" }] : [{ state: "sending" }, { state: "queued" }],
    );
  },
);

/** A person's message that waits for its next try. */
async function queued() {
  const conversation_id = await db.writes(tenant, newCustomer(), {});
  const attempt = held((await db.says(tenant, conversation_id, "Hello")).next);
  await record(db.exec, attempt, { state: "failed", class: "retry", code: "1", title: "busy", retry_after_ms: 0 });
  await db.rows("update send_attempts set due_at = now() where conversation_id = $1 and state = 'queued'", [
    conversation_id,
  ]);
  await db.rows(
    "update send_attempts set state = 'queued', lease_until = null, lease_token = null where conversation_id = $1 and state = 'sending'",
    [conversation_id],
  );
  return { conversation_id };
}
