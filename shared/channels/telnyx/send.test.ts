import { describe, expect, it } from "vitest";
import type { OutgoingContent, OutgoingMessage } from "../channel.ts";
import { classify, ERRORS } from "./errors.ts";
import { ATTEMPT, CUSTOMER, OWN } from "./fixtures.ts";
import { send } from "./send.ts";

const credentials = { from: OWN, api_key: "KEY0123", webhook_url: "https://example.com/webhooks/telnyx/s/messaging" };
const text: OutgoingContent = { type: "text", text: "Your order is ready." };

function outgoing(content: OutgoingContent = text): OutgoingMessage {
  return { attempt_id: ATTEMPT, to: { phone: CUSTOMER }, content };
}

/** Sends with a stand-in for Telnyx and returns what was asked of it. */
async function sent(answer: Response | Error, message = outgoing(), api_key = credentials.api_key) {
  const requests: Request[] = [];
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(url, init));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const outcome = await send(message, { ...credentials, api_key }, { fetch, api_url: "https://telnyx.test/v2" });
  return { outcome, requests };
}

const accepted = () => Response.json({ data: { id: "m-1", to: [{ status: "queued" }] } });
const refused = (status: number, code: string, detail = "Because.") =>
  Response.json({ errors: [{ code, title: "No", detail }] }, { status });

describe("send", () => {
  it("posts the message with our attempt in the address of its webhooks", async () => {
    const { outcome, requests } = await sent(accepted());
    expect(outcome).toEqual({ state: "accepted", provider_id: "m-1", held: false });
    expect(requests).toHaveLength(1);
    const [request] = requests;
    expect(request?.url).toBe("https://telnyx.test/v2/messages");
    expect(request?.headers.get("authorization")).toBe("Bearer KEY0123");
    expect(await request?.json()).toEqual({
      from: OWN,
      to: CUSTOMER,
      text: "Your order is ready.",
      webhook_url: `${credentials.webhook_url}?attempt=${ATTEMPT}`,
    });
  });

  it("sends media by link, the caption as the text", async () => {
    const image: OutgoingContent = { type: "image", link: "https://example.com/a.png", caption: "A" };
    const { requests } = await sent(accepted(), outgoing(image));
    expect(await requests[0]?.json()).toMatchObject({ media_urls: ["https://example.com/a.png"], text: "A" });
  });

  it.each<OutgoingContent>([
    { type: "reaction", message_id: "m", emoji: "x" },
    { type: "interactive", interactive: {} },
    { type: "template", name: "t", language: "en" },
    { type: "image", id: "no-link" },
  ])("refuses what SMS cannot carry, without a call: $type", async (content) => {
    const { outcome, requests } = await sent(accepted(), outgoing(content));
    expect(outcome).toMatchObject({ state: "failed", class: "never" });
    expect(requests).toHaveLength(0);
  });

  it("refuses a person without a phone", async () => {
    const { outcome } = await sent(accepted(), { ...outgoing(), to: { bsuid: "US.1" } });
    expect(outcome).toMatchObject({ state: "failed", class: "never" });
  });
});

describe("F69 what may have left is unknown", () => {
  it.each<[string, Response | Error]>([
    ["a lost connection", new TypeError("connection lost")],
    ["a 2xx without an id", Response.json({ data: {} })],
    ["a 5xx of something in between", new Response("<h1>Error</h1>", { status: 502 })],
    ["an unexpected error at Telnyx", refused(500, "10007")],
    ["a time-out at Telnyx", refused(408, "10008")],
  ])("%s", async (_, answer) => {
    expect((await sent(answer)).outcome).toMatchObject({ state: "unknown" });
  });
});

describe("F86 a refusal is treated by its code", () => {
  it.each([
    [401, "10009", "auth"],
    [401, "99999", "auth"],
    [402, "20100", "stop_channel"],
    [403, "10010", "never"],
    [403, "40300", "never"],
    [400, "40305", "stop_channel"],
    [400, "40310", "never"],
    [429, "40318", "retry"],
    [503, "40318", "retry"],
    [429, "10011", "retry"],
    [403, "40333", "stop_channel"],
    [422, "77777", "never"],
  ])("HTTP %i with %s: %s", async (status, code, expected) => {
    expect((await sent(refused(status, code))).outcome).toMatchObject({ state: "failed", class: expected, code });
  });

  it("gives every known code one class and a title of ours", () => {
    for (const [code, info] of ERRORS) expect(classify(code, 401)).toEqual(info);
  });

  it("F85 takes no verdict on the key from somebody else", async () => {
    const { outcome } = await sent(new Response("Unauthorized", { status: 401 }));
    expect(outcome).toMatchObject({ state: "failed", class: "retry", code: "http_401" });
  });

  it("waits as long as it is told to", async () => {
    const answer = refused(429, "10011");
    answer.headers.set("retry-after", "7");
    expect((await sent(answer)).outcome).toMatchObject({ retry_after_ms: 7_000 });
  });
});

describe("the key", () => {
  it("is in no outcome", async () => {
    const outcomes = [
      await sent(refused(401, "10009", "KEY0123 is not valid")),
      await sent(new TypeError("KEY0123 in an error")),
      await sent(accepted(), outgoing(), "KEY0123\nX"),
    ];
    for (const { outcome } of outcomes) expect(JSON.stringify(outcome)).not.toContain("KEY0123");
  });
});
