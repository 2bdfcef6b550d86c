import { expect, test } from "vitest";
import type { Turn } from "./change.ts";
import type { Line } from "./narrate.ts";
import { inWords } from "./words.ts";

const TURN: Turn = {
  id: "turn-1",
  decision: "send",
  reason: "confident",
  confidence: 96,
  threshold: 80,
  served_model: "gemini-2.5-flash",
  latency_ms: 600,
  ended_at: null,
};
const say = (line: Exclude<Line, { kind: "waiting" }>) =>
  inWords(line, { shop: "Bakery", approve: (id, version) => `approve ${id} ${version}` }).map(
    ({ label, text }) => `${label}: ${text}`,
  );

test("a decision says how sure, how sure it had to be, and by which model", () => {
  expect(say({ kind: "decision", turn: TURN })).toEqual([
    "AI: 96 of 100 sure (80 needed), sends it  [gemini-2.5-flash, 600 ms]",
  ]);
});

test("a decision against sending says why", () => {
  const turn: Turn = { ...TURN, decision: "draft", reason: "low_confidence", confidence: 42 };
  expect(say({ kind: "decision", turn })[0]).toContain("leaves a draft for a person, because: low confidence");
});

test("a turn that ended without the model says what is known", () => {
  const turn: Turn = { ...TURN, decision: "handoff", reason: "ai_unavailable", confidence: null, served_model: null };
  expect(say({ kind: "decision", turn: { ...turn, threshold: null } })).toEqual([
    "AI: calls a person, because: ai unavailable",
  ]);
});

test("a draft comes with the command that approves it", () => {
  expect(say({ kind: "draft", message_id: "m1", version: 2, text: "Maybe." })).toEqual([
    "draft: Maybe.",
    ": approve it:  approve m1 2",
  ]);
});

test.each<[Exclude<Line, { kind: "waiting" }>, string]>([
  [{ kind: "customer", who: "Maya", text: "Hi" }, "Maya: Hi"],
  [{ kind: "reply", by: "phone", text: "Hi" }, "Bakery (phone): Hi"],
  [{ kind: "delivery", status: "failed", reason: "Undeliverable" }, "WhatsApp: failed: Undeliverable"],
  [{ kind: "delivery", status: "sent", over: "SMS" }, "SMS: sent"],
  [{ kind: "status", who: "Maya", status: "resolved" }, ": Maya's conversation is resolved"],
  [{ kind: "status", who: "Maya", status: "ai_handling" }, ": Maya's conversation is with the AI again"],
  [{ kind: "silent", reason: "monthly_limit" }, "AI: does not answer here: monthly limit"],
])("%j", (line, expected) => {
  expect(say(line)).toEqual([expected]);
});

test("what is said on the telephone is told from what is written", () => {
  expect(say({ kind: "spoken", who: "Maya", text: "Hello?" })).toEqual(["Maya: ☎ Hello?"]);
  expect(say({ kind: "spoken", who: null, text: "Good morning!" })).toEqual(["Bakery: ☎ Good morning!"]);
  expect(say({ kind: "call", text: "Missed call" })).toEqual(["telephone: Missed call"]);
});
