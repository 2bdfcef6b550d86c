import { describe, expect, it } from "vitest";
import type { MessageEvent, StatusEvent } from "../events.ts";
import { ATTEMPT, CUSTOMER, OWN, webhookBody } from "./fixtures.ts";
import { normalise } from "./normalise.ts";

async function message(change?: Record<string, unknown>): Promise<MessageEvent> {
  return (await normalise(webhookBody("message.received", change)))[0] as MessageEvent;
}
async function status(type: string, change?: Record<string, unknown>): Promise<StatusEvent> {
  return (await normalise(webhookBody(type, change)))[0] as StatusEvent;
}
const to = (state: string) => ({ to: [{ phone_number: CUSTOMER, status: state }] });

describe("a received message", () => {
  it("is the customer's line to our number", async () => {
    expect(await message()).toEqual({
      kind: "message",
      account: OWN,
      raw: webhookBody("message.received"),
      provider_id: "84cca175-9755-4859-b67f-4730d7f58aa3",
      origin: "live",
      direction: "inbound",
      contact: { phone: CUSTOMER, wa_id: CUSTOMER.slice(1) },
      at: 1_705_349_767,
      type: "text",
      content: "Hello",
      wakes: true,
    });
  });

  it("may name its sender as plain text", async () => {
    expect(await message({ from: CUSTOMER })).toMatchObject({ contact: { phone: CUSTOMER } });
  });

  it("is ours under the number that Telnyx delivered, whatever place it has", async () => {
    const others = [{ phone_number: "+13125550009" }, { phone_number: OWN, status: "webhook_delivered" }];
    expect(await message({ to: others })).toMatchObject({ account: OWN, wakes: false });
    expect(await message({ to: [], cc: [{ phone_number: OWN, status: "webhook_delivered" }] })).toMatchObject({
      account: OWN,
    });
  });

  it.each([
    ["STOP", false],
    ["START", false],
    ["HELP", true],
  ])("with the keyword %s wakes an answer: %s", async (autoresponse_type, wakes) => {
    expect(await message({ text: autoresponse_type, autoresponse_type })).toMatchObject({ wakes });
  });

  it("with several attachments loses none of them", async () => {
    const media = [
      { url: "https://media.telnyx.com/1", content_type: "image/png", sha256: "abc" },
      { url: "https://media.telnyx.com/2", content_type: "application/pdf", hash_sha256: "def" },
      { nothing: true },
    ];
    const events = await normalise(webhookBody("message.received", { media, text: "Two files" }));
    const id = "84cca175-9755-4859-b67f-4730d7f58aa3";
    expect(events).toMatchObject([
      {
        provider_id: id,
        type: "image",
        content: "Two files",
        media: { url: "https://media.telnyx.com/1", mime_type: "image/png", sha256: "abc" },
      },
      { provider_id: `${id}/2`, type: "document", content: "[document]", media: { sha256: "def" } },
    ]);
    expect(events).toHaveLength(2);
  });

  it("over RCS has its text elsewhere", async () => {
    expect(await message({ type: "RCS", text: undefined, body: { text: "Rich" } })).toMatchObject({ content: "Rich" });
  });

  it("without anything to read asks for nothing", async () => {
    expect(await message({ text: "" })).toMatchObject({ type: "unsupported", wakes: false });
  });

  it("from a short code has no phone and gets no answer; from a name it is set aside", async () => {
    expect(await message({ from: { phone_number: "29922" } })).toMatchObject({
      contact: { wa_id: "29922" },
      wakes: false,
    });
    expect(await message({ from: { phone_number: "ACME" } })).toMatchObject({ kind: "malformed", account: OWN });
  });

  it("never carries text that Postgres refuses", async () => {
    expect(await message({ text: "a\u0000b" })).toMatchObject({ content: "ab" });
  });
});

describe("what became of a sent message", () => {
  it.each([
    ["message.sent", "sent", "sent"],
    ["message.sent", "sending", "sent"],
    ["message.finalized", "delivered", "delivered"],
    ["message.finalized", "delivery_unconfirmed", "sent"],
    ["message.finalized", "delivery_failed", "failed"],
    ["message.finalized", "sending_failed", "failed"],
    ["message.finalized", "expired", "failed"],
    ["message.finalized", "surprising", "other"],
    ["message.read", "delivered", "read"],
  ])("%s with %s is %s", async (type, state, expected) => {
    expect(await status(type, to(state))).toMatchObject({
      kind: "status",
      account: OWN,
      status: expected,
      contact: { phone: CUSTOMER },
    });
  });

  it("says why it failed", async () => {
    const errors = [{ code: "40001", title: "Not routable", detail: "A landline" }];
    expect(await status("message.finalized", { ...to("delivery_failed"), errors })).toMatchObject({
      error: { code: "40001", title: "Not routable", details: "A landline" },
    });
  });

  it("F69 names our attempt by the address that its webhooks go to", async () => {
    const webhook_url = `https://example.com/webhooks/telnyx/secret/messaging?attempt=${ATTEMPT}`;
    expect(await status("message.sent", { webhook_url })).toMatchObject({ attempt_id: ATTEMPT });
    expect(await status("message.sent", { webhook_url: "https://example.com/?attempt=42" })).not.toHaveProperty(
      "attempt_id",
    );
    expect(await status("message.sent", { webhook_url: "no address" })).not.toHaveProperty("attempt_id");
  });
});

describe("F3 anything else", () => {
  it("is kept: unknown events as account events, told apart by Telnyx's id", async () => {
    const [event] = await normalise(webhookBody("10dlc.campaign.update"));
    expect(event).toMatchObject({
      kind: "account",
      field: "10dlc.campaign.update",
      dedupe: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await normalise(webhookBody("10dlc.campaign.update"))).toEqual([event]);
  });

  it.each([
    null,
    [],
    "text",
    {},
    { data: null },
    { data: { event_type: "message.received" } },
    { event_type: "call.hangup" },
  ])("is malformed, never thrown: %j", async (body) => {
    expect(await normalise(body)).toMatchObject([{ kind: "malformed", raw: body }]);
  });

  it("is malformed with a reason that names the field and not its value", async () => {
    const [event] = await normalise(webhookBody("message.received", { id: 7 }));
    expect(event).toMatchObject({ kind: "malformed", reason: expect.stringContaining("id") });
  });
});
