import { expect, test } from "vitest";
import { roleToken } from "./token.ts";

const part = (token: string, place: number) =>
  JSON.parse(Buffer.from(token.split(".")[place] ?? "", "base64url").toString("utf8"));

async function isSignedWith(token: string, secret: string): Promise<boolean> {
  const [header, claims, signature = ""] = token.split(".");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(secret), algorithm, false, ["verify"]);
  const signed = Buffer.from(`${header}.${claims}`);
  return crypto.subtle.verify("HMAC", key, Buffer.from(signature, "base64url"), signed);
}

test("a token names its role, lasts ten years and is signed with the secret", async () => {
  const token = roleToken("anon", "a secret", 1_800_000_000);
  expect(part(token, 0)).toEqual({ alg: "HS256", typ: "JWT" });
  expect(part(token, 1)).toEqual({ iss: "switchboard", role: "anon", iat: 1_800_000_000, exp: 2_115_360_000 });
  expect(await isSignedWith(token, "a secret")).toBe(true);
  expect(await isSignedWith(token, "another secret")).toBe(false);
});
