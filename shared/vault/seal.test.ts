import { expect, test } from "vitest";
import { openVault } from "./keys.ts";
import { seal, unseal } from "./seal.ts";

const KEY = btoa("k".repeat(32));
const OTHER = btoa("o".repeat(32));
const PLACE = { column: "channels.access_token", row: "5b2f0f3e-0000-4000-8000-000000000001" };

test("a sealed secret opens in its own place and does not contain the secret", async () => {
  const vault = await openVault(KEY);
  const sealed = await seal(vault, PLACE, "EAAG-token");
  expect(sealed).toMatch(/^sealed\.v1\.[\w-]{8}\.[\w-]{38,}$/);
  expect(sealed).not.toContain("EAAG");
  expect(await unseal(vault, PLACE, sealed)).toBe("EAAG-token");
});

test("the same secret sealed twice looks different", async () => {
  const vault = await openVault(KEY);
  expect(await seal(vault, PLACE, "x")).not.toBe(await seal(vault, PLACE, "x"));
});

test.each([
  ["another row", { ...PLACE, row: "5b2f0f3e-0000-4000-8000-000000000002" }],
  ["another column", { ...PLACE, column: "twilio_accounts.auth_token" }],
])("a value moved to %s does not open", async (_where, place) => {
  const vault = await openVault(KEY);
  expect(await unseal(vault, place, await seal(vault, PLACE, "secret"))).toBeNull();
});

test("an altered value does not open", async () => {
  const vault = await openVault(KEY);
  const sealed = await seal(vault, PLACE, "secret");
  const at = sealed.length - 5;
  const altered = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
  expect(await unseal(vault, PLACE, altered)).toBeNull();
});

test("a new master key opens what the old one sealed while both are given, and seals with the new one", async () => {
  const old = await openVault(KEY);
  const both = await openVault(`${OTHER},${KEY}`);
  const sealed = await seal(old, PLACE, "secret");
  expect(await unseal(both, PLACE, sealed)).toBe("secret");
  expect(await unseal(old, PLACE, await seal(both, PLACE, "secret"))).toBeNull();
});

test.each([
  ["", "too short"],
  [btoa("short"), "too short"],
  ["not base64 at all!", "not base64"],
])("a master key %j (%s) is refused with the way to make one", async (key) => {
  await expect(openVault(key)).rejects.toThrow("openssl rand -base64 32");
});

test.each(["", "plain token", "sealed.v1.", "sealed.v2.aaaa.bbbb"])("%j is not a sealed value", async (value) => {
  expect(await unseal(await openVault(KEY), PLACE, value)).toBeNull();
});
