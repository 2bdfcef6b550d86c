import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commit } from "../../shared/turns/commit.ts";
import { begin } from "../../shared/turns/begin.ts";
import { explainMessage } from "../../workers/functions/commands/explain-message.ts";
import { mayISend } from "../../workers/functions/commands/may-i-send.ts";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { message, newCustomer, status } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";
import { FIGURES, answer, opened, verdict } from "./turn-fixtures.ts";

let h: Harness;
let ask: ReturnType<typeof openDesk>;
let tenant: Tenant;

beforeAll(async () => {
  h = await openHarness();
  ask = openDesk(h);
  tenant = await createTenant(h.exec);
});
afterAll(() => h.close());

const closeWindow = (id: string) =>
  h.rows("update conversations set window_expires_at = now() - interval '1 hour' where id = $1", [id]);

describe("explain-message", () => {
  test("a refused message: the rule, what it looked at, and that it would pass once the customer has written", async () => {
    const customer = newCustomer();
    const conversation_id = await h.writes(tenant, customer, {});
    await closeWindow(conversation_id);
    const { details } = await refused(ask(tenant, sendMessage, { conversation_id, content: "Your order" }));
    const message_id = String(details?.["message_id"]);

    const { attempts, now, explanation } = await ask(tenant, explainMessage, { message_id });
    const looked = { rule: "service_window", passed: false, input: { type: "text" } };
    expect(attempts).toMatchObject([
      { number: 1, state: "refused", gate: { allowed: false, rule: "service_window", allowed_at: null } },
    ]);
    expect(attempts[0]?.gate?.trace).toContainEqual(expect.objectContaining({ rule: "channel_active", passed: true }));
    expect(attempts[0]?.gate?.trace.find(({ rule }) => rule === "service_window")).toMatchObject(looked);
    expect(now).toMatchObject({ allowed: false, rule: "service_window" });
    expect(explanation.join("\n")).toContain(
      "Attempt 1: not sent. The rule service_window refuses it: More than 24 hours",
    );

    await h.arrive(message(tenant.phone_number_id, customer));
    expect((await ask(tenant, explainMessage, { message_id })).now).toMatchObject({ allowed: true, rule: null });
  });

  test("every attempt with its state and times, oldest first", async () => {
    const busy = openDesk(h, () =>
      Promise.resolve({
        state: "failed",
        class: "retry",
        code: "131016",
        title: "Service overloaded",
        retry_after_ms: 60_000,
      }),
    );
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    const { message_id } = await busy(tenant, sendMessage, { conversation_id, content: "Your order" });
    const { attempts, explanation } = await ask(tenant, explainMessage, { message_id });
    expect(attempts).toMatchObject([
      { number: 1, state: "failed", error_code: "131016", gate: { allowed: true } },
      { number: 2, state: "queued", gate: null },
    ]);
    expect(explanation.slice(1, 3)).toEqual([
      expect.stringContaining("Attempt 1: failed at"),
      expect.stringContaining("Attempt 2: waits in line"),
    ]);
  });

  test("an AI's draft: the decision, how sure it was, the model and how often it began anew", async () => {
    const customer = newCustomer();
    const conversation_id = await h.writes(tenant, customer, {});
    const turn_id = crypto.randomUUID();
    const first = opened(await begin(h.exec, conversation_id, crypto.randomUUID()));
    await h.arrive(message(tenant.phone_number_id, customer, { content: "And on Sundays?" }));
    const result = answer();
    if (result.outcome !== "answer") throw new Error("not an answer");
    expect(await commit(h.exec, first.turn, verdict(), result)).toMatchObject({ outcome: "superseded" });
    const second = opened(await begin(h.exec, conversation_id, turn_id));
    const unsure = verdict({ decision: "draft", reason: "low_confidence", confidence: 62 });
    expect(await commit(h.exec, second.turn, unsure, result)).toMatchObject({
      outcome: "committed",
      decision: "draft",
    });

    const [asked, , draft] = await h.messages(conversation_id);
    const { turn, explanation, now } = await ask(tenant, explainMessage, { message_id: String(draft?.["id"]) });
    expect(turn).toMatchObject({
      turn_id,
      decision: "draft",
      reason: "low_confidence",
      confidence: 62,
      threshold: 80,
      served_model: FIGURES.served_model,
      requested_model: FIGURES.requested_model,
      prompt_version: "test",
      restarts: 1,
    });
    expect(explanation[1]).toContain(
      "The AI left a draft because it was not sure enough. It was 62 % sure; 80 % is asked for.",
    );
    expect(now).toMatchObject({ allowed: true });
    const question = await ask(tenant, explainMessage, { message_id: String(asked?.["id"]) });
    expect(question.turn).toMatchObject({ turn_id });
  });

  test("a customer's line that no AI answers says what holds it back", async () => {
    const silent = await createTenant(h.exec, { organization: { monthly_message_limit: 0 } });
    const conversation_id = await h.writes(silent, newCustomer(), {});
    await begin(h.exec, conversation_id, crypto.randomUUID());
    const [line] = await h.messages(conversation_id);
    const { explanation } = await ask(silent, explainMessage, { message_id: String(line?.["id"]) });
    expect(explanation).toContain("The AI is held back here: monthly_limit.");
  });

  test("a delivered message has nothing left to ask the gate", async () => {
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    const { message_id } = await ask(tenant, sendMessage, { conversation_id, content: "Your order" });
    const { wa_message_id } = await h.row("select wa_message_id from messages where id = $1", [message_id]);
    await h.arrive(status(tenant.phone_number_id, String(wa_message_id), "delivered"));
    const { now, explanation } = await ask(tenant, explainMessage, { message_id });
    expect(now).toBeNull();
    expect(explanation.at(-1)).toContain("delivered at");
  });

  test("a message that does not exist", async () => {
    const asking = ask(tenant, explainMessage, { message_id: crypto.randomUUID() });
    expect(await refused(asking)).toMatchObject({ code: "not_found" });
  });
});

describe("may-i-send", () => {
  const everything = `select jsonb_agg(t) as rows from (
    select to_jsonb(m) as t from messages m union all select to_jsonb(a) from send_attempts a union all select to_jsonb(v) from conversations v
    order by 1) x`;

  test("is the gate itself: what it lets pass is sent, what it refuses is refused with the same rule", async () => {
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    expect(await ask(tenant, mayISend, { conversation_id })).toMatchObject({ allowed: true, rule: null, reason: null });
    await closeWindow(conversation_id);
    const no = await ask(tenant, mayISend, { conversation_id });
    expect(no).toMatchObject({ allowed: false, rule: "service_window", allowed_at: null });
    expect(no.trace.map(({ rule }) => rule)).toContain("service_window");
    expect(await ask(tenant, mayISend, { conversation_id, type: "template" })).toMatchObject({ allowed: true });
    const refusal = await refused(ask(tenant, sendMessage, { conversation_id, content: "Your order" }));
    expect(refusal).toMatchObject({ message: no.reason, details: { rule: no.rule } });
  });

  test("writes nothing and locks nothing", async () => {
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    const before = await h.row(everything);
    const holder = await h.connect();
    await holder.query("begin");
    await holder.query("select 1 from conversations where id = $1 for update", [conversation_id]);
    expect(await ask(tenant, mayISend, { conversation_id })).toMatchObject({ allowed: true });
    await holder.query("rollback");
    expect(await h.row(everything)).toEqual(before);
  });
});
