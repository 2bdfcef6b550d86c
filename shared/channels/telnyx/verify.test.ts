import { describe, expect, it } from "vitest";
import { utf8 } from "../../crypto/digest.ts";
import { newAccountKey, signedRequest } from "./fixtures.ts";
import { TOLERANCE_S, verify } from "./verify.ts";

const NOW_S = 1_705_349_767;
const BODY = '{"data":{"payload":{"text":"caf\u00e9 \\u00e9"}}}';
const { public_key, private_key } = await newAccountKey();
const other = await newAccountKey();

const signed = (timestamp = String(NOW_S)) => signedRequest(private_key, BODY, timestamp);
const secrets = (public_keys = [public_key]) => ({ public_keys, now: NOW_S * 1_000 });

describe("F10 Telnyx's signature", () => {
  it("holds over the time and the bytes as they came", async () => {
    expect(await verify(await signed(), secrets())).toBe(true);
  });

  it("holds for either key while one is replaced", async () => {
    expect(await verify(await signed(), secrets([other.public_key, public_key]))).toBe(true);
  });

  it("is refused with another account's key", async () => {
    expect(await verify(await signed(), secrets([other.public_key]))).toBe(false);
    expect(await verify(await signed(), secrets([]))).toBe(false);
  });

  it.each(["telnyx-timestamp", "telnyx-signature-ed25519"])("is refused without %s", async (name) => {
    const request = await signed();
    request.headers.delete(name);
    expect(await verify(request, secrets())).toBe(false);
  });

  it("is refused when any bit of the body, the signature or the time is another", async () => {
    for (const at of [0, 10, BODY.length - 1]) {
      const request = await signed();
      request.body[at] = (request.body[at] ?? 0) ^ 1;
      expect(await verify(request, secrets())).toBe(false);
    }
    const request = await signed();
    const signature = request.headers.get("telnyx-signature-ed25519") ?? "";
    request.headers.set("telnyx-signature-ed25519", (signature.startsWith("A") ? "B" : "A") + signature.slice(1));
    expect(await verify(request, secrets())).toBe(false);
    const moved = await signed();
    moved.headers.set("telnyx-timestamp", String(NOW_S + 1));
    expect(await verify(moved, secrets())).toBe(false);
  });

  it("is refused over a body that was parsed and written again", async () => {
    const request = await signed();
    request.body = utf8(JSON.stringify(JSON.parse(BODY)));
    expect(await verify(request, secrets())).toBe(false);
  });

  it("is refused as a replay, and from the future", async () => {
    for (const off of [-TOLERANCE_S, TOLERANCE_S]) {
      expect(await verify(await signed(String(NOW_S + off)), secrets())).toBe(true);
      expect(await verify(await signed(String(NOW_S + off + Math.sign(off))), secrets())).toBe(false);
    }
  });

  it.each(["", "now", "1705349767.5", "-1", " 1705349767"])("is refused with the time %j", async (timestamp) => {
    const request = await signed();
    request.headers.set("telnyx-timestamp", timestamp);
    // a header's outer spaces are no part of it
    expect(await verify(request, secrets())).toBe(timestamp.trim() === String(NOW_S));
  });

  it("is refused, and nothing thrown, for a key that is none", async () => {
    for (const key of ["", "no base64!", "AAAA", btoa("\u00ff".repeat(32))]) {
      expect(await verify(await signed(), secrets([key]))).toBe(false);
    }
  });
});
