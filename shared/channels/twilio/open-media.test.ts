import { expect, test } from "vitest";
import { openMedia } from "./open-media.ts";

const ACCOUNT = { account_sid: `AC${"0".repeat(32)}`, auth_token: "a-token" };
const FILE = `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT.account_sid}/Messages/MM1/Media/ME1`;
const STORE = "https://mms.twiliocdn.com/AC0/ME1?Signature=s";

/** A file asked for at an address, and what each request carried. */
async function opened(address: string, ...answers: Response[]) {
  const calls: { url: string; authorization: string | null }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    calls.push({ url, authorization: new Headers(init.headers).get("authorization") });
    expect(init.redirect).toBe("manual");
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new TypeError(`no more of ${ACCOUNT.auth_token}`);
    return answer;
  }) as unknown as typeof globalThis.fetch;
  return { outcome: await openMedia(address, ACCOUNT, { fetch }), calls };
}

const away = (location: string) => new Response(null, { status: 307, headers: { location } });

test("F23: the token goes to Twilio's API, and not on to where the bytes lie", async () => {
  const file = new Response("GIF89a", { headers: { "content-type": "image/gif" } });
  const { outcome, calls } = await opened(FILE, away(STORE), file);
  expect(outcome).toMatchObject({ state: "open", declared_type: "image/gif" });
  expect(calls).toEqual([
    { url: FILE, authorization: `Basic ${btoa(`${ACCOUNT.account_sid}:a-token`)}` },
    { url: STORE, authorization: null },
  ]);
});

test.each([
  "https://files.example/2010-04-01/Accounts/AC1/Media/ME1",
  FILE.replace("api.twilio.com", "api.twilio.com.files.example"),
  FILE.replace("https", "http"),
  FILE.replace(ACCOUNT.account_sid, `AC${"1".repeat(32)}`),
  FILE.replace("/Messages", "/../AC1/Messages"),
  "",
])("F23: %j is never asked", async (address) => {
  const { outcome, calls } = await opened(address);
  expect(outcome).toMatchObject({ state: "failed", retry: false });
  expect(calls).toEqual([]);
});

test.each(["https://169.254.169.254/", "http://mms.twiliocdn.com/x", "https://files.example/x", "//"])(
  "F23: a redirect to %j is not followed",
  async (location) => {
    const { outcome, calls } = await opened(FILE, away(location));
    expect(outcome).toMatchObject({ state: "failed" });
    expect(calls).toHaveLength(1);
  },
);

test.each([
  [503, true],
  [404, true],
  [403, false],
])("an answer with %i may be tried again: %s", async (status, retry) => {
  const { outcome } = await opened(FILE, new Response("no", { status }));
  expect(outcome).toEqual({ state: "failed", reason: `file: HTTP ${status}`, retry });
});

test("a network failure says nothing of the token", async () => {
  expect((await opened(FILE)).outcome).toEqual({ state: "failed", reason: "network error", retry: true });
});
