import { SignJWT, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import { identify } from "./identify.ts";
import type { KeyRing } from "./identify.ts";

const NOW = 1_750_000_000_000;
const IN_AN_HOUR = NOW / 1000 + 3600;
const secret = new TextEncoder().encode("a secret of thirty-two characters");
const { privateKey, publicKey } = await generateKeyPair("ES256");
const ring: KeyRing = { secret, keys: async () => publicKey };

const token = (claims: Record<string, unknown>, key: Uint8Array | CryptoKey = secret, alg = "HS256") =>
  new SignJWT({ exp: IN_AN_HOUR, sub: "ann", ...claims }).setProtectedHeader({ alg }).sign(key);
const who = async (bearer: string, with_ring = ring) => identify({ bearer }, with_ring, NOW);

test("nobody in particular is who sends nothing", async () => {
  expect(await identify({}, ring, NOW)).toEqual({ kind: "anon" });
});

test("the roles of the doors come in, with their claims", async () => {
  expect(await who(await token({ role: "anon" }))).toMatchObject({ kind: "anon" });
  expect(await who(await token({ role: "service_role" }))).toMatchObject({ kind: "service" });
  expect(await who(await token({ role: "authenticated" }, privateKey, "ES256"))).toMatchObject({
    kind: "user",
    user_id: "ann",
    expires_at: IN_AN_HOUR,
    claims: { sub: "ann" },
  });
});

test("a user's token goes before the key that comes with it", async () => {
  const apikey = await token({ role: "anon" });
  const bearer = await token({ role: "authenticated" });
  expect(await identify({ apikey, bearer }, ring, NOW)).toMatchObject({ kind: "user" });
  expect(await identify({ apikey }, ring, NOW)).toMatchObject({ kind: "anon" });
});

test("an API key is known by its form, and kept as its digest only", async () => {
  const apikey = `abcdefgh.${"0".repeat(40)}`;
  expect(await identify({ apikey }, ring, NOW)).toEqual({
    kind: "api_key",
    key_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

const unsigned = (claims: object) =>
  [{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".";
const publicBytes = new TextEncoder().encode(JSON.stringify(await crypto.subtle.exportKey("jwk", publicKey)));

test.each([
  ["no token at all", async () => "sesame"],
  ["one that has ended", () => token({ role: "authenticated", exp: NOW / 1000 - 1 })],
  [
    "one by another secret",
    () => token({ role: "service_role" }, new TextEncoder().encode("another secret of enough length")),
  ],
  [
    "one by another private key",
    async () => token({ role: "authenticated" }, (await generateKeyPair("ES256")).privateKey, "ES256"),
  ],
  ["an unsigned one", async () => unsigned({ role: "service_role", sub: "ann" })],
  ["one signed with the public key as a secret", () => token({ role: "service_role" }, publicBytes)],
  ["one for the Worker's own role", () => token({ role: "switchboard_worker" })],
  ["one for a role of Postgres", () => token({ role: "postgres" })],
  ["one without a role", () => token({})],
  [
    "a user's without an end",
    async () => new SignJWT({ role: "authenticated", sub: "ann" }).setProtectedHeader({ alg: "HS256" }).sign(secret),
  ],
])("%s is refused", async (_, make) => {
  await expect(who(await make())).rejects.toMatchObject({ code: "unauthorized" });
});

test("without a key of the kind that a token needs it is refused", async () => {
  await expect(who(await token({ role: "anon" }), {})).rejects.toMatchObject({ code: "unauthorized" });
});
