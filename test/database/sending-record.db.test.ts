import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorClass } from "../../shared/channels/channel.ts";
import { ERRORS } from "../../shared/channels/meta/errors.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { record } from "../../shared/sending/record.ts";
import { claim } from "../../shared/sending/claim.ts";
import { commit } from "../../shared/turns/commit.ts";
import { echo, message, newCustomer, status } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, held, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const wamid = () => `wamid.${crypto.randomUUID()}`;
const accepted = (provider_id: string, is_held = false) => ({ state: "accepted", provider_id, held: is_held }) as const;
const failed = (kind: ErrorClass, code = "1") =>
  ({ state: "failed", class: kind, code, title: "Refused", retry_after_ms: 60_000 }) as const;

async function inFlight(own = tenant) {
  const customer = newCustomer();
  const id = await db.writes(own, customer, {});
  return { id, customer, attempt: held((await db.says(own, id, "Hello")).next) };
}

async function replyInFlight(own = tenant) {
  const work = await db.begun(own);
  const committed = await commit(db.exec, work.turn, verdict(), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  return { id: work.conversation_id, customer: work.customer, attempt: held(committed.next) };
}

const letter = async (id: string) => (await db.messages(id)).findLast(({ direction }) => direction === "outbound");
const expire = (id: string) =>
  db.rows("update send_attempts set lease_until = now() - interval '1 minute' where conversation_id = $1", [id]);

describe("what is told twice, late or first by somebody else", () => {
  test("recording the same outcome again changes nothing and answers the same", async () => {
    const { id, attempt } = await inFlight();
    const outcome = accepted(wamid());
    const once = await record(db.exec, attempt, outcome);
    const state = () =>
      db.rows("select to_jsonb(m) - 'updated_at' as kept from messages m where conversation_id = $1 order by seq", [
        id,
      ]);
    const before = await state();
    expect(await record(db.exec, attempt, outcome)).toEqual(once);
    expect(await state()).toEqual(before);
  });

  test("F73: a failure recorded twice plans one repetition", async () => {
    const { id, attempt } = await inFlight();
    await record(db.exec, attempt, failed("retry"));
    await record(db.exec, attempt, failed("retry"));
    expect((await db.attempts(id)).map(({ state }) => state)).toEqual(["failed", "queued"]);
  });

  test("the answer that comes after the lease settles the unknown", async () => {
    const { id, attempt } = await inFlight();
    await expire(id);
    expect(await claim(db.exec, id)).toEqual({ outcome: "idle" });
    expect(await letter(id)).toMatchObject({ delivery_status: "unknown" });
    await record(db.exec, attempt, accepted(wamid()));
    expect(await letter(id)).toMatchObject({ delivery_status: "sending" });
    expect(await db.attempts(id)).toMatchObject([{ state: "accepted" }]);
  });

  test("F16: a status that comes before the provider's answer is settled on our attempt, and the answer adds nothing", async () => {
    const { id, attempt } = await inFlight();
    const provider_id = wamid();
    await db.arrive(status(tenant.phone_number_id, provider_id, "delivered", { attempt_id: attempt.id }));
    expect(await letter(id)).toMatchObject({ delivery_status: "delivered", wa_message_id: provider_id });
    await record(db.exec, attempt, accepted(provider_id));
    expect(await letter(id)).toMatchObject({ delivery_status: "delivered" });
    expect(await db.attempts(id)).toMatchObject([{ state: "accepted", provider_message_id: provider_id }]);
  });

  test("F16: a status without our attempt's id waits for the answer that names the message", async () => {
    const { id, attempt } = await inFlight();
    const provider_id = wamid();
    expect((await db.arrive(status(tenant.phone_number_id, provider_id, "read"))).outcomes).toEqual(["parked"]);
    await record(db.exec, attempt, accepted(provider_id));
    expect(await letter(id)).toMatchObject({ delivery_status: "read" });
  });

  test("a failure that is told after a status accepted the message does not send it again", async () => {
    const { id, attempt } = await inFlight();
    await db.arrive(status(tenant.phone_number_id, wamid(), "sent", { attempt_id: attempt.id }));
    await record(db.exec, attempt, failed("retry"));
    expect(await db.attempts(id)).toMatchObject([{ state: "accepted" }]);
    expect(await letter(id)).toMatchObject({ delivery_status: "sent" });
  });

  test("unknown is never sent again by itself, and later messages go on", async () => {
    const { id, attempt } = await inFlight();
    await db.says(tenant, id, "Next");
    const { delivery_status, next } = await record(db.exec, attempt, { state: "unknown", reason: "timeout" });
    expect(delivery_status).toBe("unknown");
    expect(held(next).content).toEqual({ type: "text", text: "Next" });
  });
});

describe("F21: our own message echoed back before the provider's answer", () => {
  test("F21: is one message in the end, with every status that the echo got", async () => {
    const { id, customer, attempt } = await inFlight();
    const provider_id = wamid();
    await db.arrive(echo(tenant.phone_number_id, customer, { provider_id, content: "Hello" }));
    await db.arrive(status(tenant.phone_number_id, provider_id, "delivered"));
    await record(db.exec, attempt, accepted(provider_id));
    const ours = (await db.messages(id)).filter(({ direction }) => direction === "outbound");
    expect(ours).toMatchObject([{ id: attempt.message_id, delivery_status: "delivered", wa_message_id: provider_id }]);
    expect(ours[0]?.["delivered_at"]).toBeInstanceOf(Date);
  });

  test("F21: does not take the conversation from the AI that wrote it, nor a line that came meanwhile", async () => {
    const { id, customer, attempt } = await replyInFlight();
    const provider_id = wamid();
    await db.arrive(message(tenant.phone_number_id, customer, { content: "And tomorrow?" }));
    await db.arrive(echo(tenant.phone_number_id, customer, { provider_id }));
    expect(await db.conversation(id)).toMatchObject({ status: "assigned" });
    await record(db.exec, attempt, accepted(provider_id));
    expect(await db.conversation(id)).toMatchObject({
      status: "ai_handling",
      answered_version: "1",
      inbound_version: "2",
    });
    expect((await sweep(db.exec, 500)).due).toContain(id);
  });

  test("F21: leaves it with a person who acted as well", async () => {
    const { id, customer, attempt } = await replyInFlight();
    const provider_id = wamid();
    await db.arrive(echo(tenant.phone_number_id, customer, { provider_id }));
    await db.arrive(echo(tenant.phone_number_id, customer, { content: "Typed by a person" }));
    await record(db.exec, attempt, accepted(provider_id));
    expect(await db.conversation(id)).toMatchObject({ status: "assigned" });
  });
});

test("F79: a message kept back by the provider is held, not sent, until it moves on or is dropped", async () => {
  const { id, attempt } = await inFlight();
  const provider_id = wamid();
  expect(await record(db.exec, attempt, accepted(provider_id, true))).toMatchObject({ delivery_status: "held" });
  await db.arrive(
    status(tenant.phone_number_id, provider_id, "failed", { error: { code: 132015, title: "Template is paused" } }),
  );
  expect(await letter(id)).toMatchObject({ delivery_status: "failed", error: { code: 132015 } });
});

test("F78: what was accepted and never heard of again for 30 days is expired, and a late delivery still counts", async () => {
  const { id, attempt } = await inFlight();
  const provider_id = wamid();
  await record(db.exec, attempt, accepted(provider_id));
  const age = (days: number) =>
    db.rows(
      `with a as (update send_attempts set ended_at = now() - make_interval(days => $2) where conversation_id = $1)
       update messages set created_at = now() - make_interval(days => $2) where conversation_id = $1`,
      [id, days],
    );
  await age(29);
  await sweep(db.exec, 500);
  expect(await letter(id)).toMatchObject({ delivery_status: "sending" });
  await age(31);
  await sweep(db.exec, 500);
  expect(await letter(id)).toMatchObject({ delivery_status: "expired", status: "failed" });
  expect(await db.attempts(id)).toHaveLength(1);
  await db.arrive(status(tenant.phone_number_id, provider_id, "delivered"));
  expect(await letter(id)).toMatchObject({ delivery_status: "delivered" });
});

describe("F86: what a provider's error leads to", () => {
  const codes = [...new Map(ERRORS.map(([code, kind]) => [kind, Array.isArray(code) ? code[0] : code]))];

  test.each(codes)("F86: %s (%d)", async (kind, code) => {
    const own = await createTenant(db.exec);
    const { id, attempt } = await inFlight(own);
    const { delivery_status } = await record(db.exec, attempt, failed(kind, String(code)));
    const repeats = kind === "retry" || kind === "retry_pair";
    expect(delivery_status).toBe(repeats ? "queued" : "failed");
    expect((await db.attempts(id)).map(({ state }) => state)).toEqual(repeats ? ["failed", "queued"] : ["failed"]);
    const { auth_state } = await db.row("select auth_state from channels where id = $1", [own.channel_id]);
    expect(auth_state).toBe(kind === "auth" ? "auth_error" : kind === "stop_channel" ? "stopped" : "ok");
  });

  test("F84: dead credentials are said once, later sends fail clearly, and new credentials mend it", async () => {
    const own = await createTenant(db.exec);
    const { attempt, id } = await inFlight(own);
    await db.says(own, id, "Behind it");
    const { next } = await record(db.exec, attempt, failed("auth", "190"));
    expect(next).toEqual({ outcome: "idle" });
    const state = () =>
      db.row("select auth_state, auth_state_changed_at from channels where id = $1", [own.channel_id]);
    const since = await state();
    expect(since).toMatchObject({ auth_state: "auth_error" });
    expect(await letter(id)).toMatchObject({ error: { rule: "channel_credentials" } });
    await record(db.exec, attempt, failed("auth", "190"));
    expect(await state()).toEqual(since);
    await db.rows("update channels set access_token = 'sealed.v1.k.' || repeat('b', 60) where id = $1", [
      own.channel_id,
    ]);
    expect(await db.says(own, id, "Again")).toMatchObject({ delivery_status: "sending" });
  });

  test("F85: one odd refusal does not shut the channel", async () => {
    const own = await createTenant(db.exec);
    const { attempt } = await inFlight(own);
    await record(db.exec, attempt, failed("never", "10"));
    expect(await db.row("select auth_state from channels where id = $1", [own.channel_id])).toEqual({
      auth_state: "ok",
    });
  });

  test("F81: 131047 closes our window too", async () => {
    const { id, attempt } = await inFlight();
    await record(db.exec, attempt, failed("never", "131047"));
    expect(await db.says(tenant, id, "Again")).toMatchObject({ gate: { rule: "service_window" } });
  });

  test("F57: an AI reply that cannot be delivered asks for a person, in the same commit", async () => {
    const { id, attempt } = await replyInFlight();
    await record(db.exec, attempt, failed("never", "131026"));
    expect(await letter(id)).toMatchObject({ delivery_status: "failed", error: { code: "131026" } });
    expect(await db.conversation(id)).toMatchObject({
      status: "assigned",
      assigned_to: null,
      needs_human_reason: "reply_not_delivered",
    });
  });
});
