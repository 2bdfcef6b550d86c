import { describe, expect, test } from "vitest";
import type { GateVerdict } from "../sending/gate.ts";
import { explainAttempt } from "./attempt.ts";
import type { AttemptFacts, MessageFacts, TurnFacts } from "./facts.ts";
import { explainMessage } from "./message.ts";
import { explainTurn } from "./turn.ts";

const passes: GateVerdict = { allowed: true, rule: null, reason: null, allowed_at: null, trace: [] };
const closed: GateVerdict = { ...passes, allowed: false, rule: "service_window", reason: "The window is closed." };

const attempt = (change: Partial<AttemptFacts> = {}): AttemptFacts => ({
  attempt_id: "a1",
  number: 1,
  state: "accepted",
  queued_at: "T0",
  due_at: "T0",
  started_at: "T1",
  ended_at: "T2",
  provider_message_id: "wamid.1",
  error_class: null,
  error_code: null,
  error_title: null,
  error_detail: null,
  gate: passes,
  ...change,
});

const turn = (change: Partial<TurnFacts> = {}): TurnFacts => ({
  turn_id: "t1",
  state: "committed",
  decision: "draft",
  reason: "low_confidence",
  confidence: 62,
  threshold: 80,
  requested_model: "gemini-2.5-flash",
  served_model: "gemini-3.5-flash-lite",
  prompt_version: "p7",
  latency_ms: 700,
  restarts: 2,
  started_at: "T0",
  ended_at: "T1",
  ...change,
});

const facts = (message: Partial<MessageFacts["message"]> = {}, change: Partial<MessageFacts> = {}): MessageFacts => ({
  message: {
    message_id: "m1",
    conversation_id: "c1",
    direction: "outbound",
    origin: "api",
    type: "text",
    sender_type: "agent",
    sender_name: "Ana",
    is_draft: false,
    delivery_status: "sent",
    wa_message_id: null,
    error: null,
    created_at: "T0",
    approved_at: null,
    approved_by_name: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    ai_blocked_reason: null,
    conversation_status: "assigned",
    ...message,
  },
  attempts: [],
  turn: null,
  now: null,
  ...change,
});

describe("an attempt", () => {
  test.each<[Partial<AttemptFacts>, string]>([
    [{ state: "queued" }, "waits in line, not before T0."],
    [{ state: "sending" }, "the provider has been called at T1; its answer is awaited."],
    [{ state: "accepted" }, "the provider took it at T2."],
    [
      { state: "failed", error_code: "131026", error_title: "Undeliverable" },
      "failed at T2. Undeliverable (code 131026).",
    ],
    [
      { state: "failed", error_code: "settled_by_person", error_title: "Not sent", error_detail: "Decided by Ana" },
      "failed at T2. Not sent: Decided by Ana.",
    ],
    [
      { state: "refused", gate: closed },
      "not sent. The rule service_window refuses it: The window is closed. No moment is known from which it would pass.",
    ],
    [
      { state: "refused", gate: { ...closed, rule: "quiet_hours", reason: "It is night.", allowed_at: "T9" } },
      "not sent. The rule quiet_hours refuses it: It is night. It would pass from T9.",
    ],
    [{ state: "unknown", error_title: "No answer" }, "called at T1, and it is not known whether it left. No answer."],
    [{ state: "cancelled", error_title: "Overtaken" }, "taken back before it left. Overtaken."],
  ])("%o", (change, words) => {
    expect(explainAttempt(attempt(change))).toBe(`Attempt 1: ${words}`);
  });
});

describe("a turn", () => {
  test("says what was decided, how sure the AI was, with which model, and how often it began anew", () => {
    expect(explainTurn(turn())).toBe(
      "The AI left a draft because it was not sure enough. It was 62 % sure; 80 % is asked for. " +
        "Model gemini-3.5-flash-lite, asked for as gemini-2.5-flash, prompt p7. " +
        "It had begun anew 2 times because the customer went on writing.",
    );
  });

  test("says nothing about what is not known", () => {
    const bare = turn({
      decision: null,
      reason: null,
      state: "abandoned",
      confidence: null,
      served_model: null,
      restarts: 0,
    });
    expect(explainTurn(bare)).toBe("The AI ended its turn as abandoned.");
  });

  test("keeps a reason that it has no words for", () => {
    expect(explainTurn(turn({ reason: "service_window" }))).toContain("because service_window");
  });
});

describe("a message", () => {
  test.each<[Partial<MessageFacts["message"]>, string]>([
    [{}, "Written by Ana at T0."],
    [{ sender_name: null }, "Written by a program with an API key at T0."],
    [{ sender_type: "ai", origin: "ai" }, "Written by the AI at T0."],
    [{ sender_type: "ai", origin: "ai", is_draft: true }, "A draft of the AI, written at T0; it has not been sent."],
    [
      { sender_type: "ai", origin: "ai", approved_at: "T1", approved_by_name: "Ana" },
      "A draft of the AI, approved by Ana at T1.",
    ],
    [{ origin: "phone" }, "Typed on the business's own phone at T0."],
    [{ origin: "history", direction: "inbound" }, "Imported from the number's history; written at T0."],
    [{ origin: "live", direction: "inbound" }, "The customer wrote this at T0."],
  ])("%o", (change, words) => {
    expect(explainMessage(facts(change))[0]).toBe(words);
  });

  test.each<[Partial<MessageFacts["message"]>, string]>([
    [{ ai_blocked_reason: "monthly_limit" }, "The AI is held back here: monthly_limit."],
    [{}, "A person has this conversation; the AI is silent."],
    [{ conversation_status: "ai_handling" }, "No turn of the AI has settled it yet."],
  ])("of a customer without an answer: %o", (change, words) => {
    const line = facts({ direction: "inbound", origin: "live", sender_type: "contact", ...change });
    expect(explainMessage(line)[1]).toBe(words);
  });

  test("tells its story in order and ends with what would happen now", () => {
    const story = facts({ delivery_status: "failed", failed_at: "T3", error: { title: "Undeliverable" } });
    const refused = attempt({ state: "refused", gate: closed });
    expect(explainMessage({ ...story, attempts: [refused], now: passes })).toEqual([
      "Written by Ana at T0.",
      explainAttempt(refused),
      "The provider's and our own record: failed at T3 (Undeliverable).",
      "If it were sent now: Every rule of the gate lets it pass.",
    ]);
  });
});
