import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { verify } from "./verify.ts";

const SECRET = "app-secret";
// as Meta writes it: non-ASCII and slashes escaped
const BODY = new TextEncoder().encode('{"text":"caf\\u00e9 \\ud83d\\ude00 https:\\/\\/example.com"}');

const sign = (body: Uint8Array, secret = SECRET): string => createHmac("sha256", secret).update(body).digest("hex");

function signed(changes: { body?: Uint8Array; header?: string | null } = {}) {
  const { body = BODY, header = `sha256=${sign(BODY)}` } = changes;
  const headers = new Headers(header === null ? {} : { "X-Hub-Signature-256": header });
  return { url: "https://example.com/webhooks/meta", headers, body };
}

const secrets = { app_secrets: [SECRET] };

test("F10: Meta's signature over the raw bytes is accepted", async () => {
  expect(await verify(signed(), secrets)).toBe(true);
});

test("F10: an empty body is signed like any other", async () => {
  const body = new Uint8Array();
  expect(await verify(signed({ body, header: `sha256=${sign(body)}` }), secrets)).toBe(true);
});

test("F10: one flipped bit of the body is refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(BODY.length * 8 - 1), async (bit) => {
      const body = BODY.slice();
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verify(signed({ body }), secrets)).toBe(false);
    }),
  );
});

test("F10: one flipped bit of the signature is refused", async () => {
  const digest = Buffer.from(sign(BODY), "hex");
  await fc.assert(
    fc.asyncProperty(fc.nat(255), async (bit) => {
      const other = Buffer.from(digest);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verify(signed({ header: `sha256=${other.toString("hex")}` }), secrets)).toBe(false);
    }),
  );
});

test("F10: the same JSON written anew is refused", async () => {
  const body = new TextEncoder().encode(JSON.stringify(JSON.parse(new TextDecoder().decode(BODY))));
  expect(await verify(signed({ body }), secrets)).toBe(false);
});

test.each([
  ["missing", null],
  ["empty", ""],
  ["without prefix", sign(BODY)],
  ["with another prefix", `sha1=${sign(BODY)}`],
  ["with a prefix in capitals", `SHA256=${sign(BODY)}`],
  ["with digits in capitals", `sha256=${sign(BODY).toUpperCase()}`],
  ["too short", `sha256=${sign(BODY).slice(2)}`],
  ["too long", `sha256=${sign(BODY)}00`],
  ["of another secret", `sha256=${sign(BODY, "other")}`],
])("F10: a signature %s is refused", async (_, header) => {
  expect(await verify(signed({ header }), secrets)).toBe(false);
});

test("while a secret is replaced, both are accepted, in either order", async () => {
  for (const app_secrets of [
    [SECRET, "next"],
    ["next", SECRET],
  ]) {
    expect(await verify(signed(), { app_secrets })).toBe(true);
  }
});

test("F10: no secret, or an empty one, accepts nothing", async () => {
  expect(await verify(signed(), { app_secrets: [] })).toBe(false);
  expect(await verify(signed({ header: `sha256=${sign(BODY, "")}` }), { app_secrets: [""] })).toBe(false);
});
