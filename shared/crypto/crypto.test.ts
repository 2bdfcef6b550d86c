import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hmacSha256, sha256Hex, utf8 } from "./digest.ts";
import { fromHex, toHex } from "./hex.ts";
import { secretsEqual, timingSafeEqual } from "./timing-safe-equal.ts";

test("hexadecimal comes back as it went", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
});

test.each(["a", "AB", "zz", " ab", "a b "])("%j is not hexadecimal of ours", (text) => {
  expect(fromHex(text)).toBeNull();
});

test("SHA-256 of the example in FIPS 180-4", async () => {
  expect(await sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("HMAC-SHA256 of RFC 4231, cases 1 and 2", async () => {
  const one = await hmacSha256(new Uint8Array(20).fill(0x0b), "Hi There");
  expect(toHex(one)).toBe("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const two = await hmacSha256("Jefe", utf8("what do ya want for nothing?"));
  expect(toHex(two)).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("an empty key is refused", async () => {
  await expect(hmacSha256("", "data")).rejects.toThrow(RangeError);
});

test("timingSafeEqual agrees with comparing byte by byte", () => {
  const bytes = fc.uint8Array({ maxLength: 8, max: 3 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(timingSafeEqual(a, b)).toBe(toHex(a) === toHex(b));
    }),
  );
});

test("secretsEqual tells a secret from one that is longer, shorter or different", async () => {
  expect(await secretsEqual("secret", "secret")).toBe(true);
  for (const given of ["secre", "secrets", "Secret", ""]) expect(await secretsEqual(given, "secret")).toBe(false);
});
