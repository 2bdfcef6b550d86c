import Telnyx from "telnyx";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

const KEY = "KEY-of-the-account";
const NUMBER = "+17735550002";
const CUSTOMER = "+13125550001";
const PATH = "/webhooks/telnyx/secret/messaging";

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({
    telnyx: {
      numbers: [{ phone_number: NUMBER, api_key: KEY, webhook_url: PATH }],
      api_keys: [KEY],
      status_delays_ms: { sent: 0, finalized: 10 },
      webhook_retries_ms: [1, 1],
    },
  });
});
afterEach(() => rig.close());

const inbound = (change: Record<string, unknown>) =>
  rig.call("POST", "/_sim/inbound", { provider: "telnyx", from: CUSTOMER, ...change });
const send = (change: Record<string, unknown> = {}, key = KEY) =>
  rig.call(
    "POST",
    "/v2/messages",
    { from: NUMBER, to: CUSTOMER, text: "Hello", ...change },
    { authorization: `Bearer ${key}` },
  );
const fault = (change: Record<string, unknown>) => rig.call("POST", "/_sim/faults", { provider: "telnyx", ...change });
const events = () => rig.webhooks.map(({ bytes }) => JSON.parse(bytes).data);

describe("a webhook of the simulated Telnyx", () => {
  it("is unwrapped by Telnyx's own library, with this account's key only", async () => {
    const { body } = await inbound({ text: "caf\u00e9" });
    expect(body.status).toBe(200);
    const [webhook] = rig.webhooks;
    const headers = webhook?.headers as Record<string, string>;
    const client = new Telnyx({ apiKey: KEY });
    const { public_key: key = "" } = rig.simulators.api.telnyx.find(KEY) ?? {};
    const unwrapped = await client.webhooks.unwrap(webhook?.bytes ?? "", { headers, key });
    expect(unwrapped).toMatchObject({
      data: { event_type: "message.received", payload: { id: body.id, text: "caf\u00e9" } },
    });
    const { public_key: other } = rig.simulators.api.telnyx.add("KEY-of-another");
    await expect(client.webhooks.unwrap(webhook?.bytes ?? "", { headers, key: other })).rejects.toThrow();
  });

  it("carries the keyword that Telnyx answered", async () => {
    await inbound({ text: "Stop " });
    expect(events()[0].payload.autoresponse_type).toBe("STOP");
  });

  it("is exactly what the caller wrote", async () => {
    await inbound({ raw: "{ not json", copies: 2 });
    expect(rig.webhooks.map(({ bytes }) => bytes)).toEqual(["{ not json", "{ not json"]);
  });
});

describe("POST /v2/messages", () => {
  it("accepts, then reports twice to the profile's address", async () => {
    const { status, body } = await send();
    expect({ status, state: body.data.to[0].status }).toEqual({ status: 200, state: "queued" });
    await rig.received(2);
    expect(events().map(({ event_type, payload }) => [event_type, payload.to[0].status, payload.id])).toEqual([
      ["message.sent", "sent", body.data.id],
      ["message.finalized", "delivered", body.data.id],
    ]);
    expect(rig.webhooks.every(({ path }) => path === PATH)).toBe(true);
  });

  it("takes Telnyx's own library for a client", async () => {
    const client = new Telnyx({ apiKey: KEY, baseURL: `${rig.simulators.url}/v2` });
    const { data } = await client.messages.send({ from: NUMBER, to: CUSTOMER, text: "Hello" });
    expect(data?.to?.[0]?.status).toBe("queued");
  });

  it.each([
    [{ from: "+15550000000" }, 400, "40305"],
    [{ to: "12" }, 400, "40310"],
    [{ text: undefined }, 400, "10004"],
    [{ surprise: 1 }, 400, "10015"],
  ])("refuses %j", async (change, status, code) => {
    expect(await send(change)).toMatchObject({ status, body: { errors: [{ code }] } });
  });

  it("refuses a key that nobody has, and a number of another account", async () => {
    expect(await send({}, "KEY-of-nobody")).toMatchObject({ status: 401, body: { errors: [{ code: "10009" }] } });
    rig.simulators.api.telnyx.add("KEY-of-another");
    expect(await send({}, "KEY-of-another")).toMatchObject({ body: { errors: [{ code: "40305" }] } });
  });

  it("sends nothing to who wrote STOP, until START", async () => {
    await inbound({ text: "STOP" });
    expect(await send()).toMatchObject({ status: 403, body: { errors: [{ code: "40300" }] } });
    await inbound({ text: "start" });
    expect(await send()).toMatchObject({ status: 200 });
  });
});

describe("faults", () => {
  it("lose a webhook, which is tried again with the same event id", async () => {
    rig.answers.push(500);
    await send();
    await rig.received(3);
    const [first, second] = rig.webhooks
      .filter(({ bytes }) => bytes.includes("message.sent"))
      .map(({ bytes }) => JSON.parse(bytes));
    expect(second.data.id).toBe(first.data.id);
    expect([first.meta.attempt, second.meta.attempt]).toEqual([1, 2]);
  });

  it("fail a message after it was accepted", async () => {
    await fault({ operation: "status", kind: "error", value: "40001", count: 1 });
    await send();
    await rig.received(2);
    const final = events().find(({ event_type }) => event_type === "message.finalized");
    expect(final.payload).toMatchObject({ to: [{ status: "delivery_failed" }], errors: [{ code: "40001" }] });
  });

  it("leave a delivery unconfirmed", async () => {
    await fault({ operation: "status", kind: "error", value: "delivery_unconfirmed", count: 1 });
    await send();
    await rig.received(2);
    expect(events().some(({ payload }) => payload.to[0].status === "delivery_unconfirmed")).toBe(true);
  });

  it("report before the send is answered, twice, and in the wrong order", async () => {
    for (const kind of ["early", "duplicate", "reorder"]) await fault({ operation: "status", kind, count: 1 });
    await send();
    const types = () => events().map(({ event_type }) => event_type);
    expect(types().slice(0, 2)).toEqual(["message.finalized", "message.finalized"]);
    await rig.received(4);
    expect(types().slice(2)).toEqual(["message.sent", "message.sent"]);
  });
});
