import { expect, test } from "vitest";
import type { OutgoingContent, OutgoingMessage } from "../channel.ts";
import { messageBody } from "./body.ts";
import { markRead } from "./mark-read.ts";
import { send } from "./send.ts";

const ATTEMPT = "0190a6f0-0000-7000-8000-000000000001";
const credentials = { phone_number_id: "106540352242922", access_token: "EAAG-token" };

function message(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    attempt_id: ATTEMPT,
    to: { phone: "+16505551234" },
    content: { type: "text", text: "Until six." },
    ...changes,
  };
}

interface Call {
  url: string;
  init: RequestInit;
}

/** A provider that gives one answer and notes how it was called. */
function provider(answer: () => Response | Promise<Response>) {
  const calls: Call[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    return answer();
  }) as unknown as typeof globalThis.fetch;
  return { calls, options: { fetch, graph_url: "https://graph.test/v25.0", timeout_ms: 1_000 } };
}

const json =
  (body: unknown, status = 200, headers = {}) =>
  () =>
    Response.json(body, { status, headers });
const metaError = (error: object, status = 400, headers = {}) => json({ error }, status, headers);
const ACCEPTED = {
  messaging_product: "whatsapp",
  contacts: [{ input: "+16505551234", wa_id: "16505551234" }],
  messages: [{ id: "wamid.A" }],
};

async function outcome(answer: () => Response | Promise<Response>, changes: Partial<OutgoingMessage> = {}) {
  return send(message(changes), credentials, provider(answer).options);
}

test("an accepted message brings Meta's id and the recipient's names", async () => {
  expect(await outcome(json(ACCEPTED))).toEqual({
    state: "accepted",
    provider_id: "wamid.A",
    held: false,
    contact: { wa_id: "16505551234" },
  });
});

test("one call, to our number's address, with the token in its header only", async () => {
  const { calls, options } = provider(json(ACCEPTED));
  await send(message(), credentials, options);
  expect(calls.map(({ url }) => url)).toEqual(["https://graph.test/v25.0/106540352242922/messages"]);
  expect(new Headers(calls[0]?.init.headers).get("authorization")).toBe("Bearer EAAG-token");
  expect(calls[0]?.init.body).not.toContain("EAAG-token");
  expect(calls[0]?.init.redirect).toBe("manual");
});

test.each(["held_for_quality_assessment", "paused"])("F79: %s is held, not simply accepted", async (message_status) => {
  const answer = json({ ...ACCEPTED, messages: [{ id: "wamid.A", message_status }] });
  expect(await outcome(answer)).toMatchObject({ state: "accepted", held: true });
});

test("F26: a recipient known by user id only is named so in the answer", async () => {
  const answer = json({ ...ACCEPTED, contacts: [{ user_id: "US.1349" }] });
  expect(await outcome(answer)).toMatchObject({ state: "accepted", contact: { bsuid: "US.1349" } });
});

test.each([
  [131047, 400, "never"],
  [131056, 400, "retry_pair"],
  [130429, 400, "retry"],
  [131048, 400, "stop_channel"],
  [190, 401, "auth"],
  [131000, 500, "retry"],
])("F86: code %i with HTTP %i fails as %s", async (code, status, expected) => {
  const result = await outcome(metaError({ code, message: "no", type: "OAuthException" }, status));
  expect(result).toMatchObject({ state: "failed", class: expected, code: String(code) });
});

test("the most telling of Meta's texts is kept as detail, with Retry-After when there is one", async () => {
  const error = {
    code: 130429,
    message: "(#130429)",
    error_data: { messaging_product: "whatsapp", details: "slow down" },
  };
  expect(await outcome(metaError(error, 400, { "retry-after": "7" }))).toMatchObject({
    detail: "slow down",
    retry_after_ms: 7_000,
  });
  expect(await outcome(metaError({ code: 100, message: "m", error_data: "as text" }))).toMatchObject({
    detail: "as text",
  });
});

test("a 200 with an error inside is an error", async () => {
  expect(await outcome(metaError({ code: 131026 }, 200))).toMatchObject({ state: "failed", class: "never" });
});

test.each([
  ["a network failure", () => Promise.reject(new TypeError("fetch failed"))],
  ["a 200 without a message id", json({ messages: [] })],
  ["a 200 without a body", () => new Response(null)],
  ["a 200 that is not JSON", () => new Response("<html>")],
  ["a 502 without Meta's error", () => new Response("bad gateway", { status: 502 })],
  ["a 500 with somebody else's error", json({ error: "oops" }, 500)],
  ["a 408", () => new Response(null, { status: 408 })],
  ["an answer that breaks off", () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("reset")) }))],
])("%s leaves the outcome unknown", async (_, answer) => {
  expect((await outcome(answer)).state).toBe("unknown");
});

test("an answer without end is given up after a few pieces", async () => {
  let pieces = 0;
  const pull = (controller: ReadableStreamDefaultController) => {
    pieces += 1;
    controller.enqueue(new Uint8Array(8192));
  };
  expect((await outcome(() => new Response(new ReadableStream({ pull })))).state).toBe("unknown");
  expect(pieces).toBeLessThan(20);
});

test("no answer in time leaves the outcome unknown", async () => {
  const fetch = ((_: string, init: RequestInit) =>
    new Promise((_resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    })) as unknown as typeof globalThis.fetch;
  const result = await send(message(), credentials, { fetch, timeout_ms: 5 });
  expect(result).toEqual({ state: "unknown", reason: "no answer in time" });
});

test.each([
  [401, "retry"],
  [403, "retry"],
  [429, "retry"],
  [302, "retry"],
  [404, "never"],
  [413, "never"],
])("F85: HTTP %i without Meta's error is %s, and never a dead token", async (status, expected) => {
  const answer = () => new Response("proxy says no", { status });
  expect(await outcome(answer)).toMatchObject({ state: "failed", class: expected, code: `http_${status}` });
});

test("the token never shows, not even when Meta or the network quotes it", async () => {
  const quoted = metaError({ code: 190, message: `Malformed access token ${credentials.access_token}` }, 401);
  const thrown = () => Promise.reject(new TypeError(`bad header Bearer ${credentials.access_token}`));
  for (const answer of [quoted, thrown]) {
    expect(JSON.stringify(await outcome(answer))).not.toContain(credentials.access_token);
  }
});

test.each(["", "two\nlines", "naïve"])(
  "a token that no header can carry (%j) is refused without a call",
  async (token) => {
    const { calls, options } = provider(json(ACCEPTED));
    const result = await send(message(), { ...credentials, access_token: token }, options);
    expect(result).toMatchObject({ state: "failed", class: "auth" });
    expect(calls).toEqual([]);
  },
);

test.each([{}, { phone: null, bsuid: null }, { phone: "" }, { phone: "abc" }, { bsuid: "" }])(
  "F26: nobody to send to (%j) fails without a call",
  async (to) => {
    const { calls, options } = provider(json(ACCEPTED));
    expect(await send(message({ to }), credentials, options)).toMatchObject({ state: "failed", code: "no_recipient" });
    expect(calls).toEqual([]);
  },
);

test.each(["16505551234", "+16505551234", "+1 (650) 555-1234"])("F30: %s is sent to with its plus", (phone) => {
  expect(messageBody(message({ to: { phone, bsuid: "US.1349" } }))).toMatchObject({ to: "+16505551234" });
});

test("F26: without a phone the user id is the recipient, and there is no `to`", () => {
  const body = messageBody(message({ to: { bsuid: "US.1349" } }));
  expect(body).toMatchObject({ recipient: "US.1349" });
  expect(body).not.toHaveProperty("to");
});

test("a text body carries everything that Meta asks for and our attempt's id", () => {
  expect(messageBody(message({ reply_to: "wamid.Q" }))).toEqual({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: "+16505551234",
    type: "text",
    text: { body: "Until six.", preview_url: false },
    context: { message_id: "wamid.Q" },
    biz_opaque_callback_data: ATTEMPT,
  });
});

test.each<[OutgoingContent, Record<string, unknown>]>([
  [{ type: "image", id: "9", caption: "c" }, { image: { id: "9", caption: "c" } }],
  [
    { type: "document", link: "https://x.test/a.pdf", filename: "a.pdf" },
    { document: { link: "https://x.test/a.pdf", filename: "a.pdf" } },
  ],
  [{ type: "audio", id: "9", caption: "c", filename: "f" }, { audio: { id: "9" } }],
  [{ type: "sticker", id: "9", caption: "c" }, { sticker: { id: "9" } }],
  [{ type: "video", id: "9", link: "https://x.test/v" }, { video: { id: "9" } }],
  [{ type: "reaction", message_id: "wamid.Q", emoji: "" }, { reaction: { message_id: "wamid.Q", emoji: "" } }],
  [{ type: "interactive", interactive: { type: "button" } }, { interactive: { type: "button" } }],
  [
    { type: "template", name: "hello", language: "en_US", components: [{ type: "body" }] },
    {
      template: { name: "hello", language: { policy: "deterministic", code: "en_US" }, components: [{ type: "body" }] },
    },
  ],
])("the body of %j", (content, expected) => {
  const { type } = content;
  const body = messageBody(message({ content }));
  expect(body).toMatchObject({ type, biz_opaque_callback_data: ATTEMPT });
  expect({ [type]: body?.[type] }).toEqual(expected);
});

test("a reaction has no context beside its own", () => {
  const content: OutgoingContent = { type: "reaction", message_id: "wamid.Q", emoji: "👍" };
  expect(messageBody(message({ content, reply_to: "wamid.Q" }))).not.toHaveProperty("context");
});

test("marking as read, with and without typing", async () => {
  const { calls, options } = provider(json({ success: true }));
  expect(await markRead("wamid.Q", credentials, options)).toBe(true);
  expect(await markRead("wamid.Q", credentials, { ...options, typing: true })).toBe(true);
  const read = { messaging_product: "whatsapp", status: "read", message_id: "wamid.Q" };
  expect(calls.map(({ init }) => JSON.parse(String(init.body)))).toEqual([
    read,
    { ...read, typing_indicator: { type: "text" } },
  ]);
});

test("marking as read that fails says so and throws nothing", async () => {
  expect(await markRead("wamid.Q", credentials, provider(metaError({ code: 131009 })).options)).toBe(false);
  expect(await markRead("wamid.Q", credentials, provider(() => Promise.reject(new Error("down"))).options)).toBe(false);
});
