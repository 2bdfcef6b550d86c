import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../shared/db/call.ts";
import type { ClaimedAttempt } from "../../shared/sending/attempt.ts";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { listUnknownSends } from "../../workers/functions/commands/list-unknown-sends.ts";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { settleSend } from "../../workers/functions/commands/settle-send.ts";
import { message, newCustomer, status } from "../factories/events.ts";
import { createTenant, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { losesFirst, openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, acceptsAll, held, opened, verdict } from "./turn-fixtures.ts";
import { openHarness } from "./harness.ts";

let h: Harness;
let tenant: Tenant;

beforeAll(async () => {
  h = await openHarness();
  tenant = await createTenant(h.exec, { business: { ai_enabled: false } });
});
afterAll(() => h.close());

/** A message of a person whose provider call got no answer. `calls` are the attempts that reached the provider. */
async function lost(whose = tenant) {
  const calls: string[] = [];
  const ask = openDesk(h, losesFirst(calls));
  const conversation_id = await h.writes(whose, newCustomer(), {});
  const { message_id, delivery_status } = await ask(whose, sendMessage, { conversation_id, content: "Your order" });
  expect(delivery_status).toBe("unknown");
  const [attempt_id = ""] = calls;
  return { conversation_id, message_id, attempt_id, calls, ask };
}

const letter = (id: string) => h.row("select * from messages where id = $1", [id]);
const reports = (attempt_id: string, name: "sent" | "delivered" | "read" | "failed", provider_id = newWamid()) =>
  h.arrive(
    status(tenant.phone_number_id, provider_id, name, { attempt_id, ...(name === "failed" && { error: FAILURE }) }),
  );
const newWamid = () => `wamid.${randomDigits(16)}`;
const FAILURE = { code: "131026", title: "Undeliverable" };

describe("a send whose answer was lost", () => {
  test("F69: is listed with what it was and why it is in doubt, and is not sent again by itself", async () => {
    const { conversation_id, message_id, attempt_id, calls, ask } = await lost();
    await sweep(h.exec, 500);
    expect(await claim(h.exec, conversation_id)).toEqual({ outcome: "idle" });
    const { sends } = await ask(tenant, listUnknownSends, {});
    expect(sends.find((one) => one.attempt_id === attempt_id)).toMatchObject({
      message_id,
      conversation_id,
      number: 1,
      content: "Your order",
      why: "No answer was recorded for this provider call: timeout",
    });
    expect(calls).toEqual([attempt_id]);
  });

  test("leaves the list when a status settles it", async () => {
    const { attempt_id, ask } = await lost();
    await reports(attempt_id, "sent");
    expect((await ask(tenant, listUnknownSends, {})).sends.map((one) => one.attempt_id)).not.toContain(attempt_id);
  });
});

describe("settle-send", () => {
  test("sent: the message counts as taken, under the provider's id, with the statuses that waited for it", async () => {
    const { message_id, attempt_id, ask } = await lost();
    const wa_message_id = newWamid();
    await h.arrive(status(tenant.phone_number_id, wa_message_id, "delivered"));
    const answer = await ask(tenant, settleSend, { attempt_id, outcome: "sent", wa_message_id });
    expect(answer).toMatchObject({ message_id, delivery_status: "delivered" });
    expect(await letter(message_id)).toMatchObject({ wa_message_id, delivery_status: "delivered" });
  });

  test("sent, without an id: accepted is all that is said", async () => {
    const { conversation_id, message_id, attempt_id, ask } = await lost();
    expect(await ask(tenant, settleSend, { attempt_id, outcome: "sent" })).toMatchObject({
      delivery_status: "sending",
    });
    expect(await h.attempts(conversation_id)).toMatchObject([{ state: "accepted", error_code: "settled_by_person" }]);
    await reports(attempt_id, "read");
    expect(await letter(message_id)).toMatchObject({ delivery_status: "read" });
  });

  test("not_sent: failed, with the reason and who said so", async () => {
    const { conversation_id, message_id, attempt_id, ask } = await lost();
    expect(await ask(tenant, settleSend, { attempt_id, outcome: "not_sent" })).toMatchObject({
      delivery_status: "failed",
    });
    expect((await letter(message_id))["error"]).toMatchObject({ title: "A person found that it was not sent" });
    expect(await h.attempts(conversation_id)).toMatchObject([
      { state: "failed", error_detail: "Decided by a program with an API key" },
    ]);
  });

  test.each([
    ["sent", "failed", "failed"],
    ["delivered", "delivered", "accepted"],
    ["read", "read", "accepted"],
    ["failed", "failed", "failed"],
  ] as const)(
    "not_sent, and then the provider says %s: the message is %s, the attempt %s",
    async (late, shown, state) => {
      const { conversation_id, message_id, attempt_id, ask } = await lost();
      await ask(tenant, settleSend, { attempt_id, outcome: "not_sent" });
      await reports(attempt_id, late);
      expect(await letter(message_id)).toMatchObject({ delivery_status: shown });
      expect(await h.attempts(conversation_id)).toMatchObject([{ state }]);
    },
  );

  test("F73: send_again is a new attempt through the gate; the old one stays as it was", async () => {
    const { conversation_id, message_id, attempt_id, calls, ask } = await lost();
    expect(await ask(tenant, settleSend, { attempt_id, outcome: "send_again" })).toMatchObject({
      message_id,
      delivery_status: "sending",
    });
    const [first, second, ...more] = await h.attempts(conversation_id);
    expect([first, second]).toMatchObject([
      { id: attempt_id, number: 1, state: "unknown" },
      { number: 2, state: "accepted", gate: { allowed: true } },
    ]);
    expect(more).toEqual([]);
    expect(calls).toEqual([attempt_id, second?.["id"]]);
    expect((await ask(tenant, listUnknownSends, {})).sends.map((one) => one.message_id)).not.toContain(message_id);
  });

  test("send_again is refused by the gate like any other message", async () => {
    const { conversation_id, message_id, attempt_id, calls, ask } = await lost();
    await h.rows("update conversations set window_expires_at = now() where id = $1", [conversation_id]);
    const refusal = await refused(ask(tenant, settleSend, { attempt_id, outcome: "send_again" }));
    expect(refusal).toMatchObject({ code: "gate_refused", details: { rule: "service_window", message_id } });
    expect(calls).toEqual([attempt_id]);
  });

  test("a status of the first attempt stops the second while it waits in line", async () => {
    const { conversation_id, message_id, attempt_id, calls, ask } = await lost();
    const { promise: answering, resolve: open } = Promise.withResolvers<void>();
    const slow = openDesk(h, async (attempt) => {
      await answering;
      return acceptsAll()(attempt);
    });
    const other = slow(tenant, sendMessage, { conversation_id, content: "Something else" });
    while ((await h.attempts(conversation_id)).at(-1)?.["state"] !== "sending") await new Promise(setImmediate);
    expect(await ask(tenant, settleSend, { attempt_id, outcome: "send_again" })).toMatchObject({
      delivery_status: "queued",
    });
    await reports(attempt_id, "delivered");
    open();
    await other;
    expect((await h.attempts(conversation_id)).map((one) => one["state"])).toEqual([
      "accepted",
      "accepted",
      "cancelled",
    ]);
    expect(await letter(message_id)).toMatchObject({ delivery_status: "delivered" });
    expect(calls).toEqual([attempt_id]);
  });

  test("a status that came first wins: 409 with what is true", async () => {
    const { attempt_id, ask } = await lost();
    await reports(attempt_id, "delivered");
    for (const outcome of ["sent", "not_sent", "send_again"] as const) {
      const refusal = await refused(ask(tenant, settleSend, { attempt_id, outcome }));
      expect(refusal).toMatchObject({
        code: "conflict",
        details: { current: { state: "accepted", delivery_status: "delivered" } },
      });
    }
  });

  test("of twelve people at once, one decides; the message is sent again once at most", async () => {
    const { attempt_id, calls, ask } = await lost();
    const outcomes = Array.from({ length: 12 }, (_, i) => (["sent", "not_sent", "send_again"] as const)[i % 3]);
    const answers = await Promise.allSettled(
      outcomes.map((outcome) => ask(tenant, settleSend, { attempt_id, outcome: outcome ?? "sent" })),
    );
    expect(answers.filter(({ status: settled }) => settled === "fulfilled")).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "SB409" });
    }
    expect(calls.length).toBeLessThanOrEqual(2);
  });

  test("another message's provider id is refused", async () => {
    const [one, two] = [await lost(), await lost()];
    const wa_message_id = newWamid();
    await one.ask(tenant, settleSend, { attempt_id: one.attempt_id, outcome: "sent", wa_message_id });
    const refusal = await refused(
      two.ask(tenant, settleSend, { attempt_id: two.attempt_id, outcome: "sent", wa_message_id }),
    );
    expect(refusal).toMatchObject({ code: "conflict", details: { current: { state: "unknown" } } });
  });

  test("F73: a second loss is a decision of its own; the first is not asked about again", async () => {
    const { conversation_id, message_id, attempt_id } = await lost();
    const ask = openDesk(h, losesFirst());
    expect(await ask(tenant, settleSend, { attempt_id, outcome: "send_again" })).toMatchObject({
      delivery_status: "unknown",
    });
    const second = String((await h.attempts(conversation_id)).at(-1)?.["id"]);
    const listed = (await ask(tenant, listUnknownSends, {})).sends.filter((one) => one.message_id === message_id);
    expect(listed).toMatchObject([{ attempt_id: second, number: 2 }]);
    const refusal = await refused(ask(tenant, settleSend, { attempt_id, outcome: "not_sent" }));
    expect(refusal).toMatchObject({ code: "conflict" });
  });

  test("an answer that arrives after a person has decided changes nothing", async () => {
    const { conversation_id, attempt_id, ask } = await lost();
    const { lease_token } = await h.row("select lease_token from send_attempts where id = $1", [attempt_id]);
    await ask(tenant, settleSend, { attempt_id, outcome: "send_again" });
    const before = await h.attempts(conversation_id);
    const late = { attempt_id, lease_token, state: "failed", class: "retry", code: "131016", lease_seconds: 30 };
    expect(await call(h.exec, "record_v1", late)).toMatchObject({ recorded: false });
    expect(await h.attempts(conversation_id)).toEqual(before);
  });

  test("an AI's reply that a person has sent again leaves as that person's, although the customer went on", async () => {
    const own = await createTenant(h.exec);
    const customer = newCustomer();
    const conversation_id = await h.writes(own, customer, {});
    const { turn } = opened(await begin(h.exec, conversation_id, crypto.randomUUID()));
    const { next } = await commit(h.exec, turn, verdict(), FIGURES).then((done) => {
      if (done.outcome !== "committed") throw new Error(done.outcome);
      return done;
    });
    const attempt = held(next);
    await record(h.exec, attempt, { state: "unknown", reason: "timeout" });
    await h.arrive(message(own.phone_number_id, customer, { content: "Hello?" }));
    const calls: ClaimedAttempt[] = [];
    const ask = openDesk(h, acceptsAll(calls));
    await ask(own, settleSend, { attempt_id: attempt.id, outcome: "send_again" });
    expect(calls).toMatchObject([{ message_id: attempt.message_id, number: 2 }]);
    expect(await letter(attempt.message_id)).toMatchObject({ is_draft: false, approved_at: expect.any(Date) });
  });
});
