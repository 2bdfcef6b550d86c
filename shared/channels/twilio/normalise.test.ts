import { describe, expect, it } from "vitest";
import { normalise } from "./normalise.ts";

const AC = `AC${"a".repeat(32)}`;
const SM = `SM${"b".repeat(32)}`;
const AT = 1_750_000_000_500;
const OWN = "+15550783881";
const CUSTOMER = "+16505551234";
const INBOUND = {
  AccountSid: AC,
  MessageSid: SM,
  From: CUSTOMER,
  To: OWN,
  Body: "Hello",
  NumMedia: "0",
  SmsStatus: "received",
};

function read(parameters: Record<string, string>) {
  return normalise(new TextEncoder().encode(new URLSearchParams(parameters).toString()), AT);
}

describe("messages", () => {
  it("is one event, at the moment it reached us, for this account's number", () => {
    expect(read(INBOUND)).toEqual([
      {
        kind: "message",
        account: `${AC}/${OWN}`,
        raw: INBOUND,
        origin: "live",
        direction: "inbound",
        contact: { wa_id: CUSTOMER.slice(1), phone: CUSTOMER },
        at: AT / 1000,
        wakes: true,
        provider_id: SM,
        type: "text",
        content: "Hello",
      },
    ]);
  });

  it.each(["STOP", " stop ", "Unsubscribe", "START", "HELP"])("F114: %s is answered by Twilio, not by us", (Body) => {
    expect(read({ ...INBOUND, Body })).toMatchObject([{ content: Body, wakes: false }]);
  });

  it("F114: so is what Twilio's own list of words has matched", () => {
    expect(read({ ...INBOUND, Body: "ARRET", OptOutType: "STOP" })).toMatchObject([{ wakes: false }]);
  });

  it("a sentence with the word asks for an answer", () => {
    expect(read({ ...INBOUND, Body: "When do you stop taking orders?" })).toMatchObject([{ wakes: true }]);
  });

  it("makes each file of an MMS one event, the text with the first", () => {
    const files = {
      NumMedia: "2",
      MediaUrl0: "https://api.twilio.com/Media/ME1",
      MediaContentType0: "image/jpeg",
      MediaUrl1: "https://api.twilio.com/Media/ME2",
      MediaContentType1: "application/pdf",
    };
    expect(read({ ...INBOUND, ...files })).toMatchObject([
      { provider_id: SM, type: "image", content: "Hello", media: { id: "ME1", mime_type: "image/jpeg" }, wakes: true },
      { provider_id: `${SM}/2`, type: "document", content: "[document]", media: { id: "ME2" } },
    ]);
  });

  it("F26: a short code has no phone and wakes nobody; a name is malformed", () => {
    expect(read({ ...INBOUND, From: "12345" })).toMatchObject([{ contact: { wa_id: "12345" }, wakes: false }]);
    expect(read({ ...INBOUND, From: "PARCELS" })).toMatchObject([{ kind: "malformed" }]);
  });

  it("takes U+0000 out of the text", () => {
    expect(JSON.stringify(read({ ...INBOUND, Body: "a\0b" }))).not.toContain("\\u0000");
  });

  it.each([{}, { ...INBOUND, MessageSid: "../x" }, { ...INBOUND, AccountSid: "" }])("quarantines %o", (parameters) => {
    expect(read(parameters)).toMatchObject([{ kind: "malformed" }]);
  });
});

describe("statuses", () => {
  const STATUS = { AccountSid: AC, MessageSid: SM, From: OWN, To: CUSTOMER };
  const ATTEMPT = "018f0000-0000-7000-8000-000000000001";
  it.each([
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["read", "read"],
    ["undelivered", "failed"],
    ["failed", "failed"],
    ["canceled", "failed"],
    ["queued", "other"],
    ["constructor", "other"],
  ])("%s is %s", (MessageStatus, status) => {
    expect(read({ ...STATUS, MessageStatus })).toMatchObject([
      { kind: "status", account: `${AC}/${OWN}`, provider_id: SM, status },
    ]);
  });

  it("F69: names the attempt that its address named, if it is one", () => {
    expect(read({ ...STATUS, MessageStatus: "sent", attempt: ATTEMPT })).toMatchObject([{ attempt_id: ATTEMPT }]);
    expect(read({ ...STATUS, MessageStatus: "sent", attempt: "1 or 1" })[0]).not.toHaveProperty("attempt_id");
  });

  it("carries Twilio's code", () => {
    expect(read({ ...STATUS, MessageStatus: "undelivered", ErrorCode: "21610" })).toMatchObject([
      { error: { code: "21610", title: "Person has sent STOP" } },
    ]);
  });
});
