import { expect, test } from "vitest";
import type { Change, Turn } from "./change.ts";
import { createNarrator, type Line } from "./narrate.ts";

const SINCE = Date.parse("2026-11-20T10:00:00Z");
const TURN: Turn = {
  id: "turn-1",
  decision: "send",
  reason: "confident",
  confidence: 96,
  threshold: 80,
  served_model: "gemini-2.5-flash",
  latency_ms: 600,
  ended_at: "2026-11-20T10:00:05Z",
};
const REPLY = { id: "m2", direction: "outbound", sender_type: "ai", origin: "ai", content: "Yes!", is_draft: false };

const message = (record: Record<string, unknown>, change: Partial<Change> = {}): Change => ({
  table: "messages",
  operation: "INSERT",
  record,
  contact: "Maya",
  turn: null,
  ...change,
});
const talk = (record: Record<string, unknown>, change: Partial<Change> = {}): Change => ({
  table: "conversations",
  operation: "UPDATE",
  record: { id: "v1", status: "ai_handling", ...record },
  contact: "Maya",
  turn: null,
  ...change,
});
const tell = (...changes: Change[]): Line[] => changes.flatMap(createNarrator(SINCE));

test("a customer's line is told with the name", () => {
  expect(tell(message({ id: "m1", direction: "inbound", content: "Open?" }))).toEqual([
    { kind: "customer", who: "Maya", text: "Open?" },
  ]);
});

test("the wait is told anew only when the deadline moves", () => {
  const first = talk({ ai_due_at: "2026-11-20T10:00:03Z" });
  const moved = talk({ ai_due_at: "2026-11-20T10:00:04Z" });
  expect(tell(first, first, moved)).toEqual([
    { kind: "waiting", due_at: SINCE + 3000 },
    { kind: "waiting", due_at: SINCE + 4000 },
  ]);
});

test("a decision is told once, however often the row is written", () => {
  expect(tell(talk({}, { turn: TURN }), talk({ unread_count: 1 }, { turn: TURN }))).toEqual([
    { kind: "decision", turn: TURN },
  ]);
});

test("a decision from before the start is not told", () => {
  expect(tell(talk({}, { turn: { ...TURN, ended_at: "2026-11-20T09:59:59Z" } }))).toEqual([]);
});

test("each step of a delivery is told once, and the inner ones not at all", () => {
  const steps = [
    { delivery_status: "sending" },
    { delivery_status: "sending", wa_message_id: "w" },
    { delivery_status: "sent", wa_message_id: "w" },
    { delivery_status: "sent", wa_message_id: "w", sent_at: "2026-11-20T10:00:06Z" },
    { delivery_status: "read", wa_message_id: "w" },
  ];
  const changes = steps.map((step) => message({ ...REPLY, ...step }, { operation: "UPDATE" }));
  expect(tell(message(REPLY), ...changes)).toEqual([
    { kind: "reply", by: "AI", text: "Yes!" },
    { kind: "delivery", status: "accepted" },
    { kind: "delivery", status: "sent" },
    { kind: "delivery", status: "read" },
  ]);
});

test("a failure is told with the provider's words", () => {
  const failed = { ...REPLY, delivery_status: "failed", error: { code: "131026", title: "Undeliverable" } };
  expect(tell(message(failed, { operation: "UPDATE" }))).toEqual([
    { kind: "delivery", status: "failed", reason: "Undeliverable" },
  ]);
});

test("a draft is told with what approving it needs, and as a reply once it is approved", () => {
  const draft = { ...REPLY, is_draft: true, draft_version: 1 };
  const approved = message({ ...REPLY, is_draft: false, sender_type: "agent" }, { operation: "UPDATE" });
  expect(tell(message(draft), approved)).toEqual([
    { kind: "draft", message_id: "m2", version: 1, text: "Yes!" },
    { kind: "reply", by: "person", text: "Yes!" },
  ]);
});

test("a handover, a silent AI and a line from the shop's own phone are told", () => {
  expect(
    tell(
      talk({ status: "assigned", needs_human_reason: "The customer asks for a person." }),
      talk({ status: "assigned", ai_blocked_reason: "monthly_limit" }),
      message({ ...REPLY, sender_type: "agent", origin: "phone" }),
    ),
  ).toEqual([
    { kind: "status", who: "Maya", status: "assigned", reason: "The customer asks for a person." },
    { kind: "silent", reason: "monthly_limit" },
    { kind: "reply", by: "phone", text: "Yes!" },
  ]);
});

test("a deleted row says nothing", () => {
  expect(tell(message({ id: "m2" }, { operation: "DELETE" }))).toEqual([]);
});

test("a call is told in its lines, and anew when more of it is known", () => {
  const spoken = { id: "s1", type: "transcript", direction: "inbound", content: "Hello?", wa_message_id: "call/1/1" };
  const call = { id: "c1", type: "call", direction: "inbound", wa_message_id: "call/1" };
  expect(
    tell(
      message(spoken),
      message({ ...spoken, id: "s2", direction: "outbound", content: "Good morning!" }),
      message({ ...spoken, read: true }, { operation: "UPDATE" }),
      message({ ...call, content: "Call of 0:00:10" }),
      message({ ...call, content: "Call of 0:00:10. Asked for bread." }, { operation: "UPDATE" }),
    ),
  ).toEqual([
    { kind: "spoken", who: "Maya", text: "Hello?" },
    { kind: "spoken", who: null, text: "Good morning!" },
    { kind: "call", text: "Call of 0:00:10" },
    { kind: "call", text: "Call of 0:00:10. Asked for bread." },
  ]);
});

test("what goes by SMS is told as that", () => {
  const sent = { ...REPLY, wa_message_id: "SM1", delivery_status: "sent" };
  const over = { platform: "sms" } as const;
  expect(tell(message(REPLY, over), message(sent, { ...over, operation: "UPDATE" }))).toEqual([
    { kind: "reply", by: "AI", text: "Yes!" },
    { kind: "delivery", status: "accepted", over: "SMS" },
    { kind: "delivery", status: "sent", over: "SMS" },
  ]);
});
