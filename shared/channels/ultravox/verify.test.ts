import { describe, expect, test } from "vitest";
import { hmacSha256, utf8 } from "../../crypto/digest.ts";
import { toHex } from "../../crypto/hex.ts";
import { TOLERANCE_MS, verify } from "./verify.ts";

const SECRET = "of-the-webhook";
const NOW = Date.parse("2026-11-20T12:00:00Z");
const BODY = '{"event":"call.ended","call":{"callId":"c-1"}}';

interface Parts {
  body?: string;
  signed?: string;
  timestamp?: string;
  signature?: string;
  secret?: string;
}

const sign = async (body: string, timestamp: string, secret = SECRET) =>
  toHex(await hmacSha256(secret, utf8(body + timestamp)));

/** A genuine request; change one thing. */
async function check(change: Parts = {}, secrets = [SECRET]): Promise<boolean> {
  const { body = BODY, timestamp = new Date(NOW).toISOString(), secret = SECRET } = change;
  const signature = change.signature ?? (await sign(change.signed ?? body, timestamp, secret));
  const headers = new Headers({
    "x-ultravox-webhook-timestamp": timestamp,
    "x-ultravox-webhook-signature": signature,
  });
  return verify({ headers, body: utf8(body) }, { secrets, now: NOW });
}

test("F10: Ultravox's signature over body and time is accepted", async () => {
  expect(await check()).toBe(true);
});

test("F10: one of several signatures is enough, and one of several secrets", async () => {
  const timestamp = new Date(NOW).toISOString();
  const signature = `${"0".repeat(64)}, ${await sign(BODY, timestamp)}`;
  expect(await check({ signature })).toBe(true);
  expect(await check({}, ["the next one", SECRET])).toBe(true);
});

test.each([
  ["at the edge", TOLERANCE_MS, true],
  ["older", TOLERANCE_MS + 1, false],
  ["at the other edge", -TOLERANCE_MS, true],
  ["from the future", -TOLERANCE_MS - 1, false],
])("F10: a time %s (%d ms) is told from a replay", async (_, age, accepted) => {
  expect(await check({ timestamp: new Date(NOW - age).toISOString() })).toBe(accepted);
});

describe("F10: Ultravox's signature is refused", () => {
  test.each<[string, Parts]>([
    ["with another secret", { secret: "another" }],
    ["over another body", { signed: `${BODY} ` }],
    ["over the body written anew", { signed: BODY.replaceAll(",", ", ") }],
    ["when it is missing", { signature: "" }],
    ["when it is no hexadecimal", { signature: "zz".repeat(32) }],
    ["when it is cut short", { signature: "00" }],
    ["with a time that cannot be read", { timestamp: "yesterday" }],
    ["with a time in seconds", { timestamp: String(NOW / 1000) }],
    ["without a time", { timestamp: "" }],
  ])("%s", async (_, change) => {
    expect(await check(change)).toBe(false);
  });

  test("with the time before the body", async () => {
    const timestamp = new Date(NOW).toISOString();
    expect(await check({ signature: await sign(timestamp, BODY) })).toBe(false);
  });

  test("when no secret is set", async () => {
    expect(await check({}, [])).toBe(false);
    expect(await check({}, [""])).toBe(false);
  });
});
