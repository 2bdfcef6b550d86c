import { expect, test } from "vitest";
import { normalise } from "./normalise.ts";

const OUR_ID = "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11";
const CALL = {
  callId: "c-1",
  created: "2026-11-20T12:00:00Z",
  joined: "2026-11-20T12:00:02.500Z",
  ended: "2026-11-20T12:01:00Z",
  endReason: "hangup",
  shortSummary: "Asked for the opening hours.",
  billedDuration: "58.2s",
  metadata: { call_id: OUR_ID },
};
const body = (event: string, change: object = {}) => ({ event, call: { ...CALL, ...change } });
const minute = Date.parse("2026-11-20T12:00:00Z") / 1000;

test.each([
  ["call.started", { kind: "agent_started", at: minute }],
  ["call.joined", { kind: "agent_joined", at: minute + 2.5 }],
  ["call.ended", { kind: "agent_ended", at: minute + 60, cause: "hangup", summary: "Asked for the opening hours." }],
  ["call.billed", { kind: "billed", at: minute + 60, billed_seconds: 59 }],
])("%s becomes one event, known again by call and event name", (event, expected) => {
  const raw = body(event);
  expect(normalise(raw)).toEqual([
    { ...expected, dedupe: `c-1/${event}`, leg: "c-1", role: "agent", call_id: OUR_ID, raw },
  ]);
});

test("F125: the address that joins a call is not kept", () => {
  const [event] = normalise(body("call.started", { joinUrl: "wss://voice.example.test/secret" }));
  expect(JSON.stringify(event)).not.toContain("secret");
});

test.each([null, undefined, "", "soon", "-3s"])("F123: a bill of %j is not a bill of nothing", (billedDuration) => {
  const [billed] = normalise(body("call.billed", { billedDuration }));
  expect(billed).toMatchObject({ kind: "billed" });
  expect(billed).not.toHaveProperty("billed_seconds");
});

test("F123: a call that Ultravox bills with zero seconds is one that cost nothing", () => {
  expect(normalise(body("call.billed", { billedDuration: "0s" }))).toMatchObject([{ billed_seconds: 0 }]);
});

test("a call that nobody joined ends all the same", () => {
  const [ended] = normalise(body("call.ended", { joined: null, endReason: "unjoined" }));
  expect(ended).toMatchObject({ kind: "agent_ended", cause: "unjoined" });
});

test.each([[{ call_id: "not ours" }], [{}], [null], ["text"]])(
  "metadata %j that is not ours names no call",
  (metadata) => {
    const [event] = normalise(body("call.joined", { metadata }));
    expect(event).toMatchObject({ kind: "agent_joined" });
    expect(event).not.toHaveProperty("call_id");
  },
);

test.each([
  [null],
  ["text"],
  [[]],
  [{}],
  [{ event: "call.ended" }],
  [body("call.ended", { callId: "" })],
  [body("call.moved")],
  [body("toString")],
  [body("call.joined", { joined: "soon", created: null })],
])("%j is malformed, with a reason", (odd) => {
  expect(normalise(odd)).toEqual([{ kind: "malformed", reason: expect.any(String), raw: odd }]);
});
