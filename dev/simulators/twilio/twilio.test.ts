import twilio from "twilio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

const ACCOUNT = { account_sid: `AC${"a".repeat(32)}`, auth_token: "the-token" };
const NUMBER = "+12025550143";
const CUSTOMER = "+13125550001";
const STATUS = "/webhooks/twilio/status?attempt=1";

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({
    twilio: {
      accounts: [ACCOUNT],
      numbers: [{ phone_number: NUMBER, account_sid: ACCOUNT.account_sid }],
      status_delays_ms: { sent: 0, delivered: 10 },
      webhook_retry_ms: 1,
    },
  });
});
afterEach(() => rig.close());

const inbound = (change: Record<string, unknown>) =>
  rig.call("POST", "/_sim/inbound", { provider: "twilio", from: CUSTOMER, ...change });
const fault = (change: Record<string, unknown>) => rig.call("POST", "/_sim/faults", { provider: "twilio", ...change });
const forms = () => rig.webhooks.map(({ bytes }) => Object.fromEntries(new URLSearchParams(bytes)));
const origin = () => `http://${rig.webhooks[0]?.headers.host}`;

/** Twilio's own library, sent to the simulator instead. */
function client(auth_token = ACCOUNT.auth_token) {
  const own = twilio(ACCOUNT.account_sid, auth_token);
  const { httpClient } = own;
  const request = httpClient.request.bind(httpClient);
  httpClient.request = (options) =>
    request({ ...options, uri: options.uri.replace("https://api.twilio.com", rig.simulators.url) });
  return own;
}
const send = (change: Record<string, unknown> = {}) =>
  client().messages.create({ from: NUMBER, to: CUSTOMER, body: "Hello", ...change });

describe("a webhook of the simulated Twilio", () => {
  it("F10: is vouched for by Twilio's own library, with this account's token and these parameters only", async () => {
    await inbound({ text: "caf\u00e9 & co = 1+1" });
    const [webhook] = rig.webhooks;
    const [form = {}] = forms();
    const signature = String(webhook?.headers["x-twilio-signature"]);
    const vouched = (token: string, path: string, parameters: object) =>
      twilio.validateRequest(token, signature, origin() + path, parameters);
    expect(form).toMatchObject({ From: CUSTOMER, To: NUMBER, Body: "caf\u00e9 & co = 1+1" });
    expect(vouched(ACCOUNT.auth_token, "/webhooks/twilio/sms", form)).toBe(true);
    expect(vouched("another", "/webhooks/twilio/sms", form)).toBe(false);
    expect(vouched(ACCOUNT.auth_token, "/webhooks/twilio/status", form)).toBe(false);
    expect(vouched(ACCOUNT.auth_token, "/webhooks/twilio/sms", { ...form, Body: "other" })).toBe(false);
  });

  it("changes what the caller changes, so many times at once", async () => {
    const { body } = await inbound({ raw: { Body: null, NumMedia: "1" }, copies: 2 });
    expect(body.statuses).toEqual([200, 200]);
    expect(forms()[0]).not.toHaveProperty("Body");
    expect(forms()[1]).toMatchObject({ NumMedia: "1", MessageSid: body.id });
  });
});

describe("POST Messages.json", () => {
  it("takes Twilio's own library for a client, and calls back in order", async () => {
    const { sid, status } = await send({ statusCallback: `${await workerUrl()}${STATUS}` });
    expect(status).toBe("queued");
    await rig.received(2);
    expect(forms().map(({ MessageSid, MessageStatus }) => [MessageSid, MessageStatus])).toEqual([
      [sid, "sent"],
      [sid, "delivered"],
    ]);
    expect(rig.webhooks.every(({ path }) => path === STATUS)).toBe(true);
  });

  it("reports what a fault makes of it", async () => {
    await fault({ operation: "status", kind: "error", value: 30005, count: 1 });
    await fault({ operation: "status", kind: "reorder", count: 1 });
    await send({ statusCallback: `${await workerUrl()}${STATUS}` });
    await rig.received(2);
    expect(forms()).toMatchObject([{ MessageStatus: "undelivered", ErrorCode: "30005" }, { MessageStatus: "sent" }]);
  });

  it.each([
    ["a stranger's number", { from: "+12025550199" }, 21606],
    ["no number", { to: "12" }, 21211],
    ["nothing to say", { body: "" }, 21602],
    ["too much", { body: "x".repeat(1601) }, 21617],
  ])("refuses %s", async (_, change, code) => {
    await expect(send(change)).rejects.toMatchObject({ code, status: 400 });
  });

  it("refuses a wrong token, and a person who sent STOP until START", async () => {
    await expect(client("wrong").messages.create({ from: NUMBER, to: CUSTOMER, body: "x" })).rejects.toMatchObject({
      code: 20003,
      status: 401,
    });
    await inbound({ text: "Stop " });
    await expect(send()).rejects.toMatchObject({ code: 21610 });
    await inbound({ text: "START" });
    expect((await send()).status).toBe("queued");
  });
});

it("lists the account's numbers and changes where their messages go", async () => {
  const [number] = await client().incomingPhoneNumbers.list();
  expect(number).toMatchObject({ phoneNumber: NUMBER, capabilities: { sms: true } });
  await client()
    .incomingPhoneNumbers(number?.sid ?? "")
    .update({ smsUrl: `${await workerUrl()}/elsewhere` });
  rig.webhooks.length = 0;
  await inbound({ text: "Hi" });
  expect(rig.webhooks[0]?.path).toBe("/elsewhere");
});

/** As a webhook was addressed to it. */
async function workerUrl(): Promise<string> {
  await inbound({ text: "Hi" });
  const url = origin();
  rig.webhooks.length = 0;
  return url;
}
