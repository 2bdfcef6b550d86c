import { afterAll, beforeAll, expect, test } from "vitest";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";
import { acceptsAll } from "./turn-fixtures.ts";

let h: Harness;
let tenant: Tenant;

beforeAll(async () => {
  h = await openHarness();
  tenant = await createTenant(h.exec, { business: { ai_enabled: false } });
});
afterAll(() => h.close());

/** A desk over a provider that notes its calls, and a request with a fresh key; change one thing. */
async function request(whose = tenant) {
  const calls: { message_id: string }[] = [];
  const accept = acceptsAll();
  const ask = openDesk(h, (attempt) => {
    calls.push(attempt);
    return accept(attempt);
  });
  const conversation_id = await h.writes(whose, newCustomer(), {});
  return { ask, calls, input: { conversation_id, content: "Your order", idempotency_key: crypto.randomUUID() } };
}

test("F72: the same key with the same request gives the same answer, and one message leaves", async () => {
  const { ask, calls, input } = await request();
  const first = await ask(tenant, sendMessage, input);
  expect(await ask(tenant, sendMessage, input)).toEqual(first);
  expect(
    await ask(tenant, sendMessage, {
      idempotency_key: input.idempotency_key,
      content: input.content,
      conversation_id: input.conversation_id,
    }),
  ).toEqual(first);
  expect(calls).toHaveLength(1);
});

test("F72: the same key with another request is refused with 422, and names the first message", async () => {
  const { ask, calls, input } = await request();
  const { message_id } = await ask(tenant, sendMessage, input);
  const elsewhere = await h.writes(tenant, newCustomer(), {});
  for (const change of [{ content: "Something else" }, { reply_to: "wamid.1" }, { conversation_id: elsewhere }]) {
    const refusal = await refused(ask(tenant, sendMessage, { ...input, ...change }));
    expect(refusal).toMatchObject({
      code: "idempotency_mismatch",
      details: { rule: "idempotency_key", message_id },
    });
  }
  expect(calls).toHaveLength(1);
  expect(await h.messages(elsewhere)).toHaveLength(1);
});

test("F72: while the first is under way, 30 others get 409 and when to come back; then all get its answer", async () => {
  const { calls, input } = await request();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const ask = openDesk(h, async (attempt) => {
    calls.push(attempt);
    await opened;
    return { state: "accepted", provider_id: `wamid.${attempt.id}`, held: false };
  });
  const first = ask(tenant, sendMessage, input);
  while (calls.length === 0) await new Promise(setImmediate);
  const others = await Promise.all(Array.from({ length: 30 }, () => refused(ask(tenant, sendMessage, input))));
  const current = { message_id: calls[0]?.message_id, delivery_status: "sending" };
  for (const refusal of others)
    expect(refusal).toMatchObject({ code: "conflict", details: { current, retry_after_ms: 1000 } });
  open();
  const answer = await first;
  const again = await Promise.all(Array.from({ length: 30 }, () => ask(tenant, sendMessage, input)));
  for (const repeated of again) expect(repeated).toEqual(answer);
  expect(calls).toHaveLength(1);
});

test("F72: of 30 that come at once, one message leaves, and each gets its answer or is asked to come back", async () => {
  const { ask, calls, input } = await request();
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => ask(tenant, sendMessage, input)));
  const answer = await ask(tenant, sendMessage, input);
  for (const one of answers) {
    if (one.status === "fulfilled") expect(one.value).toEqual(answer);
    else expect(one.reason).toMatchObject({ code: "SB409" });
  }
  expect(calls).toHaveLength(1);
  expect(await h.messages(input.conversation_id)).toHaveLength(2);
});

test("F72: of two different requests with one key at once, one is sent and the other refused with 422", async () => {
  const { ask, calls, input } = await request();
  const both = ["One", "Two"].map((content) => ask(tenant, sendMessage, { ...input, content }));
  const [one, two] = await Promise.allSettled(both);
  const outcomes = [one, two].map((answer) => (answer?.status === "rejected" ? answer.reason.code : "sent"));
  expect(outcomes.toSorted()).toEqual(["SB422", "sent"]);
  expect(calls).toHaveLength(1);
});

test("F72: what the gate refused the first time is refused the same way again", async () => {
  const { ask, calls, input } = await request();
  await h.rows("update conversations set window_expires_at = now() where id = $1", [input.conversation_id]);
  const first = await refused(ask(tenant, sendMessage, input));
  expect(first).toMatchObject({ code: "gate_refused", details: { rule: "service_window" } });
  const { code, message, details } = first;
  expect(await refused(ask(tenant, sendMessage, input))).toMatchObject({ code, message, details });
  expect(calls).toEqual([]);
});

test("a first request whose caller died is told as unknown, not as under way for ever", async () => {
  const { ask, input } = await request();
  const dying = openDesk(h, () => Promise.reject(new Error("gone")));
  await expect(dying(tenant, sendMessage, input)).rejects.toThrow("gone");
  await h.rows("update send_attempts set lease_until = now() where state = 'sending'");
  expect(await ask(tenant, sendMessage, input)).toMatchObject({ delivery_status: "unknown" });
});

test("the same key in another workspace is another key", async () => {
  const theirs = await createTenant(h.exec, { business: { ai_enabled: false } });
  const [one, two] = [await request(), await request(theirs)];
  const idempotency_key = "order-1";
  const first = await one.ask(tenant, sendMessage, { ...one.input, idempotency_key });
  const second = await two.ask(theirs, sendMessage, { ...two.input, idempotency_key });
  expect(second.message_id).not.toBe(first.message_id);
  expect([one.calls, two.calls]).toMatchObject([[{}], [{}]]);
});
