import { describe, expect, test } from "vitest";
import { clientState, normaliseCall } from "./calls.ts";

const CALL = "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11";
const PAYLOAD = {
  call_control_id: "v3:leg",
  call_session_id: "session",
  client_state: null,
  from: "+16505550001",
  to: "+15550001111",
  direction: "incoming",
  state: "parked",
};
const body = (event_type: string, change: object = {}, envelope: object = {}) => ({
  data: {
    id: "event-1",
    event_type,
    occurred_at: "2026-11-20T12:00:00.500Z",
    record_type: "event",
    payload: { ...PAYLOAD, ...change },
    ...envelope,
  },
  meta: { attempt: 1 },
});

test("a customer's call rings, with both numbers", () => {
  const raw = body("call.initiated");
  expect(normaliseCall(raw)).toEqual([
    {
      kind: "ringing",
      dedupe: "event-1",
      leg: "v3:leg",
      role: "customer",
      session: "session",
      direction: "incoming",
      parties: {
        from: { wa_id: "16505550001", phone: "+16505550001" },
        to: { wa_id: "15550001111", phone: "+15550001111" },
      },
      at: Date.parse("2026-11-20T12:00:00.500Z") / 1000,
      raw,
    },
  ]);
});

test.each([
  ["call.answered", "answered"],
  ["call.bridged", "bridged"],
  ["streaming.failed", "media_failed"],
  ["call.recording.saved", "recorded"],
  ["call.dtmf.received", "other"],
  ["toString", "other"],
])("%s is %s", (event_type, kind) => {
  expect(normaliseCall(body(event_type))).toMatchObject([{ kind }]);
});

test("a hangup says why", () => {
  expect(normaliseCall(body("call.hangup", { hangup_cause: "user_busy" }))).toMatchObject([
    { kind: "hangup", cause: "user_busy" },
  ]);
});

test("a leg of ours names its call, and whose leg it is", () => {
  const outgoing = { direction: "outgoing" };
  expect(normaliseCall(body("call.answered", { ...outgoing, client_state: clientState(CALL) }))).toMatchObject([
    { call_id: CALL, role: "customer" },
  ]);
  expect(normaliseCall(body("call.answered", { ...outgoing, client_state: clientState(CALL, true) }))).toMatchObject([
    { call_id: CALL, role: "person" },
  ]);
});

test.each(["not base64!", btoa("somebody else's"), ""])("a client state %j of others names no call", (client_state) => {
  expect(normaliseCall(body("call.answered", { client_state }))[0]).not.toHaveProperty("call_id");
});

test.each([
  ["+1 (650) 555-0001", "+16505550001"],
  ["sip:+16505550001@sip.example.test", "+16505550001"],
])("the caller %j is %s", (from, phone) => {
  expect(normaliseCall(body("call.initiated", { from }))).toMatchObject([{ parties: { from: { phone } } }]);
});

test.each(["anonymous", "Restricted", "sip:alice@example.test", undefined])("the caller %j is nobody", (from) => {
  expect(normaliseCall(body("call.initiated", { from }))[0]).not.toHaveProperty("parties.from");
});

describe("malformed, with a reason", () => {
  test.each([
    [null],
    ["text"],
    [{}],
    [{ event_type: "call.initiated", payload: PAYLOAD }],
    [body("call.initiated", { call_control_id: "" })],
    [body("call.initiated", {}, { id: "" })],
    [body("call.initiated", {}, { occurred_at: "soon" })],
  ])("%j", (odd) => {
    expect(normaliseCall(odd)).toEqual([{ kind: "malformed", reason: expect.any(String), raw: odd }]);
  });
});
