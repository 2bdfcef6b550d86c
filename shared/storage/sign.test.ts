import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createUrlSigner } from "./sign.ts";

const NOW = 1_750_000_000_000;
const key = (letter: string) => btoa(letter.repeat(32));
const signer = createUrlSigner(key("a"));

test("an address opens its file until its time is over", async () => {
  const token = await signer.sign("o/b/a.png", 60, NOW);
  expect(await signer.verify(token, "o/b/a.png", NOW + 59_000)).toBe(true);
  expect(await signer.verify(token, "o/b/a.png", NOW + 61_000)).toBe(false);
  expect(await signer.verify(token, "o/b/b.png", NOW)).toBe(false);
});

test("one by another key, or by nobody, opens nothing", async () => {
  const path = "o/b/a.png";
  expect(await signer.verify(await createUrlSigner(key("b")).sign(path, 60, NOW), path, NOW)).toBe(false);
  const plain = [{ alg: "none" }, { path, exp: NOW }].map((part) => btoa(JSON.stringify(part)).replaceAll("=", ""));
  expect(await signer.verify(`${plain.join(".")}.`, path, NOW)).toBe(false);
  const own = new TextEncoder().encode("a".repeat(32));
  const forged = await new SignJWT({ path }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(own);
  expect(await signer.verify(forged, path, Date.now())).toBe(false);
});

test("while a key is being replaced, addresses by the old one still open", async () => {
  const token = await signer.sign("o/b/a.png", 60, NOW);
  const both = createUrlSigner(`${key("b")},${key("a")}`);
  expect(await both.verify(token, "o/b/a.png", NOW)).toBe(true);
  expect(await signer.verify(await both.sign("o/b/a.png", 60, NOW), "o/b/a.png", NOW)).toBe(false);
});
