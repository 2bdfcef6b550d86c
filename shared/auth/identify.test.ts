import { SignJWT, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import { claimsOf, identify } from "./identify.ts";
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

const PUBLISHABLE = `sb_publishable_${"p".repeat(22)}_12345678`;
const SECRET = `sb_secret_${"s".repeat(22)}_12345678`;
const plain: KeyRing = { ...ring, plain: [PUBLISHABLE, SECRET] };

test("Supabase's newer keys come as `apikey`: a publishable one is nobody in particular, a secret one the service role", async () => {
  expect(await identify({ apikey: PUBLISHABLE }, plain, NOW)).toMatchObject({ kind: "anon" });
  expect(await identify({ apikey: SECRET }, plain, NOW)).toMatchObject({ kind: "service" });
  const bearer = await token({ role: "authenticated" });
  expect(await identify({ apikey: PUBLISHABLE, bearer }, plain, NOW)).toMatchObject({ kind: "user" });
  expect(await claimsOf({ apikey: SECRET }, plain, NOW)).toEqual({ role: "service_role" });
});

test.each([
  ["another key of the form", `sb_secret_${"x".repeat(31)}`],
  ["a part of a key", SECRET.slice(0, -1)],
  ["a key and more", `${SECRET}0`],
  ["a form that is not theirs", `sb_admin_${"s".repeat(22)}`],
])("%s is refused", async (_what, apikey) => {
  await expect(identify({ apikey }, plain, NOW)).rejects.toMatchObject({ code: "unauthorized" });
  await expect(identify({ apikey }, ring, NOW)).rejects.toMatchObject({ code: "unauthorized" });
});
