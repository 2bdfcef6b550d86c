import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorClass } from "../../shared/channels/channel.ts";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import type { ClaimedAttempt } from "../../shared/sending/attempt.ts";
import { commit } from "../../shared/turns/commit.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { acceptsAll, FIGURES, held, scripted, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const newTalk = () => db.writes(tenant, newCustomer(), {});
const failed = (kind: ErrorClass = "retry", retry_after_ms?: number) =>
  ({
    state: "failed",
    class: kind,
    code: "2",
    title: "Try later",
    ...(retry_after_ms === undefined ? {} : { retry_after_ms }),
  }) as const;
const accepted = (provider_id = `wamid.${crypto.randomUUID()}`) =>
  ({ state: "accepted", provider_id, held: false }) as const;
const makeDue = (id: string) =>
  db.rows("update send_attempts set due_at = now() where conversation_id = $1 and state = 'queued'", [id]);

/** A committed AI reply whose first provider call asked for patience. */
async function replyInRetry(own = tenant) {
  const work = await db.begun(own);
  const committed = await commit(db.exec, work.turn, verdict(), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  await record(db.exec, held(committed.next), failed("retry", 60_000));
  await makeDue(work.conversation_id);
  return work;
}

test("F70: of many who claim at once, one holds the attempt", async () => {
  const id = await newTalk();
  const first = held((await db.says(tenant, id, "one")).next);
  await db.says(tenant, id, "two");
  await db.rows("update send_attempts set state = 'accepted' where id = $1", [first.id]);
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim(db.exec, id)));
  expect(claims.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
  expect(claims.filter(({ outcome }) => outcome === "busy")).toHaveLength(19);
});

test("F70: only the holder's token records the outcome", async () => {
  const id = await newTalk();
  const attempt = held((await db.says(tenant, id, "one")).next);
  expect(await record(db.exec, { ...attempt, lease_token: crypto.randomUUID() }, accepted())).toEqual({
    recorded: false,
    next: { outcome: "idle" },
  });
  expect(await db.attempts(id)).toMatchObject([{ state: "sending" }]);
});

test("F71: the attempt is on record, with its gate's verdict, before anybody calls the provider", async () => {
  const id = await newTalk();
  const { next } = await db.says(tenant, id, "one");
  expect(await db.attempts(id)).toMatchObject([
    { id: held(next).id, state: "sending", number: 1, gate: { allowed: true } },
  ]);
  expect((await db.messages(id)).at(-1)).toMatchObject({ delivery_status: "sending", wa_message_id: null });
});

test("F73: a repetition is a new attempt, and the old one keeps what happened", async () => {
  const id = await newTalk();
  const attempt = held((await db.says(tenant, id, "one")).next);
  await record(db.exec, attempt, failed("retry", 60_000));
  await makeDue(id);
  await record(db.exec, held(await claim(db.exec, id)), accepted());
  expect((await db.attempts(id)).map(({ number, state, error_code }) => [number, state, error_code])).toEqual([
    [1, "failed", "2"],
    [2, "accepted", null],
  ]);
});

describe("F74: the head of the line", () => {
  test("F74: that fails for good lets the next one go", async () => {
    const id = await newTalk();
    const first = held((await db.says(tenant, id, "one")).next);
    await db.says(tenant, id, "two");
    const { next } = await record(db.exec, first, failed("never"));
    expect(held(next).content).toEqual({ type: "text", text: "two" });
  });

  test("F74: that waits for its next try keeps the others behind it", async () => {
    const id = await newTalk();
    const first = held((await db.says(tenant, id, "one")).next);
    expect((await db.says(tenant, id, "two")).next).toMatchObject({ outcome: "busy" });
    expect((await record(db.exec, first, failed("retry_pair", 16_000))).next).toMatchObject({ outcome: "wait" });
    await makeDue(id);
    expect(held(await claim(db.exec, id)).content).toEqual({ type: "text", text: "one" });
  });

  test.each([
    ["a wait that ends within it is planned", 299_000, "queued"],
    ["a wait beyond it is given up, and said", 301_000, "failed"],
  ])("F74: five minutes after it was queued no try is planned: %s", async (_title, retry_after_ms, state) => {
    const id = await newTalk();
    const first = held((await db.says(tenant, id, "one")).next);
    await db.says(tenant, id, "two");
    const { delivery_status, next } = await record(db.exec, first, failed("retry_pair", retry_after_ms));
    expect(delivery_status).toBe(state);
    expect(next.outcome).toBe(state === "queued" ? "wait" : "claimed");
  });

  test("F74: a message that waited its five minutes behind another still gets its one call", async () => {
    const id = await newTalk();
    const first = held((await db.says(tenant, id, "one")).next);
    await db.says(tenant, id, "two");
    await db.rows(
      "update send_attempts set created_at = created_at - interval '5 minutes' where conversation_id = $1",
      [id],
    );
    const { next } = await record(db.exec, first, failed("retry", 1_000));
    expect((await record(db.exec, held(next), failed("retry", 1_000))).delivery_status).toBe("failed");
  });

  test("F74: is given up after as many calls as allowed", async () => {
    const id = await newTalk();
    let attempt = held((await db.says(tenant, id, "one")).next);
    for (let call = 1; call < 5; call++) {
      expect((await record(db.exec, attempt, failed("retry", 10))).delivery_status).toBe("queued");
      await makeDue(id);
      attempt = held(await claim(db.exec, id));
    }
    expect(await record(db.exec, attempt, failed("retry", 10))).toMatchObject({ delivery_status: "failed" });
  });
});

test("F75: messages of one conversation leave one at a time, in the order in which they were written", async () => {
  const id = await newTalk();
  const first = held((await db.says(tenant, id, "1")).next);
  for (const text of ["2", "3", "4"]) await db.says(tenant, id, text);
  const calls: ClaimedAttempt[] = [];
  await db.tools({ model: scripted().model, send: acceptsAll(calls) }).deliver({ outcome: "claimed", attempt: first });
  expect(calls.map(({ content }) => "text" in content && content.text)).toEqual(["1", "2", "3", "4"]);
  expect((await db.messages(id)).map(({ seq }) => Number(seq))).toEqual([1, 2, 3, 4, 5]);
});

describe("F80: outside the 24-hour window", () => {
  const closeIn = (id: string, seconds: number) =>
    db.rows("update conversations set window_expires_at = now() + make_interval(secs => $2) where id = $1", [
      id,
      seconds,
    ]);

  test.each([
    ["a text is refused ten seconds before the end", 9, "text", "failed"],
    ["a text passes before that", 60, "text", "sending"],
    ["a reaction is refused", -1, "reaction", "failed"],
    ["a template passes", -1, "template", "sending"],
  ])("F80: %s", async (_title, seconds, type, state) => {
    const id = await newTalk();
    await closeIn(id, seconds);
    const { delivery_status, gate } = await db.says(tenant, id, "hello", { type });
    expect(delivery_status).toBe(state);
    expect(gate).toMatchObject(state === "failed" ? { allowed: false, rule: "service_window" } : { allowed: true });
  });

  test("F80: a person's message whose window closes between two tries fails with the reason", async () => {
    const id = await newTalk();
    await record(db.exec, held((await db.says(tenant, id, "one")).next), failed("retry", 60_000));
    await makeDue(id);
    await closeIn(id, 0);
    expect(await claim(db.exec, id)).toEqual({ outcome: "idle" });
    expect((await db.messages(id)).at(-1)).toMatchObject({
      delivery_status: "failed",
      error: { code: "gate_refused", rule: "service_window" },
    });
  });

  test("F80: an AI reply whose window closes between two tries becomes a draft, and a person is asked", async () => {
    const { conversation_id } = await replyInRetry();
    await closeIn(conversation_id, 0);
    expect(await claim(db.exec, conversation_id)).toEqual({ outcome: "idle" });
    expect((await db.messages(conversation_id)).at(-1)).toMatchObject({ is_draft: true, delivery_status: null });
    expect(await db.conversation(conversation_id)).toMatchObject({
      status: "assigned",
      needs_human_reason: "reply_refused",
    });
    expect((await db.attempts(conversation_id)).at(-1)).toMatchObject({
      state: "refused",
      gate: { rule: "service_window" },
    });
  });
});

describe("an AI reply between two tries", () => {
  test("F44: does not leave after the customer wrote again", async () => {
    const { conversation_id, customer } = await replyInRetry();
    await db.arrive(message(tenant.phone_number_id, customer));
    expect(await claim(db.exec, conversation_id)).toEqual({ outcome: "idle" });
    expect((await db.attempts(conversation_id)).at(-1)).toMatchObject({ state: "cancelled" });
  });

  test("F59: does not leave after the business's AI was switched off, and waits as a draft", async () => {
    const own = await createTenant(db.exec);
    const { conversation_id } = await replyInRetry(own);
    await db.as(own, "set_ai_v1", { business_id: own.business_id, enabled: false });
    expect(await claim(db.exec, conversation_id)).toEqual({ outcome: "idle" });
    expect((await db.messages(conversation_id)).at(-1)).toMatchObject({ is_draft: true });
    expect(await db.conversation(conversation_id)).toMatchObject({ status: "ai_handling" });
  });

  test("does not leave a channel that was stopped", async () => {
    const own = await createTenant(db.exec);
    const { conversation_id } = await replyInRetry(own);
    await db.rows("update channels set auth_state = 'stopped' where id = $1", [own.channel_id]);
    expect(await claim(db.exec, conversation_id)).toEqual({ outcome: "idle" });
    expect(await db.conversation(conversation_id)).toMatchObject({ needs_human_reason: "reply_refused" });
  });
});

test("a contact known only on another portfolio's number cannot be reached from this one", async () => {
  const id = await newTalk();
  await db.rows(
    `with k as (update contacts set wa_id = null, phone = null where id = (select contact_id from conversations where id = $1) returning *)
     insert into contact_identities (org_id, business_id, contact_id, kind, value, scope)
     select org_id, business_id, id, 'bsuid', 'DE.1', 'another' from k`,
    [id],
  );
  expect((await db.says(tenant, id, "hello")).gate).toMatchObject({ allowed: false, rule: "recipient_known" });
});
