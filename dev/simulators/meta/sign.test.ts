import { expect, test } from "vitest";
import { signature } from "./sign.ts";

test("the known vector of HMAC-SHA256 (RFC 4231, case 2)", () => {
  expect(signature("Jefe", "what do ya want for nothing?")).toBe(
    "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
