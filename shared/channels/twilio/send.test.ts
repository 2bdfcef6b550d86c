import { describe, expect, it } from "vitest";
import type { OutgoingMessage } from "../channel.ts";
import { classify, ERRORS } from "./errors.ts";
import { send } from "./send.ts";

const CREDENTIALS = {
  account_sid: `AC${"a".repeat(32)}`,
  auth_token: "token-of-the-account",
  from: "+15550783881",
  status_url: "https://sb.example/webhooks/twilio/status",
};
const MESSAGE: OutgoingMessage = {
  attempt_id: "018f0000-0000-7000-8000-000000000001",
  to: { phone: "+16505551234" },
  content: { type: "text", text: "Ready & waiting" },
};

async function sent(answer: () => Response | Promise<Response>, change: Partial<OutgoingMessage> = {}) {
  const requests: { url: string; init: RequestInit }[] = [];
  const call = (async (url: string, init: RequestInit) => {
    requests.push({ url, init });
    return answer();
  }) as unknown as typeof fetch;
  return { outcome: await send({ ...MESSAGE, ...change }, CREDENTIALS, { fetch: call }), requests };
}
const json = (status: number, body: unknown) => () => Response.json(body, { status });

describe("a send by Twilio", () => {
  it("is one form, and asks for statuses at an address that names the attempt (F69)", async () => {
    const { outcome, requests } = await sent(json(201, { sid: "SM1" }));
    expect(outcome).toEqual({ state: "accepted", provider_id: "SM1", held: false });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe(
      `https://api.twilio.com/2010-04-01/Accounts/${CREDENTIALS.account_sid}/Messages.json`,
    );
    expect(Object.fromEntries(requests[0]?.init.body as URLSearchParams)).toEqual({
      To: "+16505551234",
      From: CREDENTIALS.from,
      Body: "Ready & waiting",
      StatusCallback: `${CREDENTIALS.status_url}?attempt=${MESSAGE.attempt_id}`,
    });
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ["no answer", () => Promise.reject(new TypeError("reset"))],
    ["a 2xx without an id", json(201, {})],
    ["a 5xx", json(500, { code: 20500, message: "x" })],
    ["a 408", json(408, {})],
  ])("F69: %s is unknown, never sent again", async (_, answer) => {
    expect((await sent(answer)).outcome).toMatchObject({ state: "unknown" });
  });

  it.each([
    [400, 21610, "never"],
    [401, 20003, "auth"],
    [429, 20429, "retry"],
    [400, 21606, "stop_channel"],
    [400, 99999, "never"],
  ])("F86: HTTP %i with %i is %s", async (status, code, kind) => {
    const { outcome } = await sent(json(status, { code, message: `no ${CREDENTIALS.auth_token}` }));
    expect(outcome).toMatchObject({ state: "failed", class: kind, code: String(code) });
    expect(JSON.stringify(outcome)).not.toContain(CREDENTIALS.auth_token);
  });

  it("F85: a 401 that is not Twilio's own says nothing about the token", async () => {
    expect((await sent(() => new Response("proxy", { status: 401 }))).outcome).toMatchObject({ class: "retry" });
  });

  it.each([
    { content: { type: "template", name: "t", language: "en" } as const },
    { content: { type: "image", id: "1" } as const },
    { to: { bsuid: "US.1" } },
    { to: { phone: "+12345" } },
  ])("does not call for what an SMS cannot be: %o", async (change) => {
    const { outcome, requests } = await sent(json(201, { sid: "SM1" }), change);
    expect(outcome).toMatchObject({ state: "failed", class: "never", code: "not_possible" });
    expect(requests).toHaveLength(0);
  });
});

it("F86: every code of the table has its class", () => {
  for (const [code, info] of ERRORS) expect(classify(code)).toBe(info);
  expect(classify(1, 401).class).toBe("auth");
  expect(classify(1, 429).class).toBe("retry");
});
