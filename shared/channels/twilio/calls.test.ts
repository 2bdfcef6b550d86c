import { expect, test } from "vitest";
import { createTwimlCarrier, normaliseCall } from "./calls.ts";

const ACCOUNT = `AC${"0".repeat(32)}`;
const FORM = {
  AccountSid: ACCOUNT,
  CallSid: "CA1",
  CallStatus: "ringing",
  Direction: "inbound",
  From: "+16505550001",
  To: "+15550001111",
};
const read = (change: Record<string, string> = {}) =>
  normaliseCall(new TextEncoder().encode(new URLSearchParams({ ...FORM, ...change }).toString()), 1_000_500);

test("a customer's call rings, at the number of its account", () => {
  expect(read()).toEqual([
    {
      kind: "ringing",
      dedupe: "CA1/ringing",
      leg: "CA1",
      role: "customer",
      direction: "incoming",
      account: `${ACCOUNT}/+15550001111`,
      parties: {
        from: { wa_id: "16505550001", phone: "+16505550001" },
        to: { wa_id: "15550001111", phone: "+15550001111" },
      },
      at: 1000.5,
      raw: FORM,
    },
  ]);
});

test.each(["completed", "busy", "failed", "no-answer", "canceled"])("%s is a hangup for that reason", (CallStatus) => {
  expect(read({ CallStatus })).toMatchObject([{ kind: "hangup", cause: CallStatus }]);
});

test.each([
  [{ Direction: "outbound-api" }, { direction: "outgoing" }],
  [{ CallStatus: "in-progress" }, { kind: "answered" }],
  [{ CallStatus: "toString" }, { kind: "other" }],
  [{ CallSid: "" }, { kind: "malformed" }],
])("%j is %j", (change, expected) => {
  expect(read(change)).toMatchObject([expected]);
});

test.each(["anonymous", "+266696687", "sip:alice@example.test"])("the caller %s is nobody", (From) => {
  expect(read({ From })[0]).not.toHaveProperty("parties.from");
});

test("an answer names the agent's address, escaped; a command that Twilio takes elsewhere fails with a reason", async () => {
  const { carrier, twiml } = createTwimlCarrier();
  expect(twiml()).toBe("<Response/>");
  await carrier.answer("CA1", { call_id: "1", join_url: 'wss://voice.test/1?a=1&b="' });
  expect(twiml()).toBe('<Response><Connect><Stream url="wss://voice.test/1?a=1&amp;b=&quot;"/></Connect></Response>');
  await carrier.reject("CA1", "1");
  expect(twiml()).toBe("<Response><Reject/></Response>");
  expect(await carrier.hang_up("CA1", "1")).toEqual({ state: "done" });
  expect(await carrier.transfer("CA1", { call_id: "1", number: "+15550000000" })).toMatchObject({ state: "failed" });
});
