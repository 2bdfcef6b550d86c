import { expect, test } from "vitest";
import { fingerprint } from "./fingerprint.ts";

test("a fingerprint is sixteen hex digits, stable, and differs by one character", () => {
  expect(fingerprint("")).toBe("811c9dc59747b28c");
  expect(fingerprint("prompt")).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprint("prompt")).not.toBe(fingerprint("prompT"));
  expect(fingerprint("Ā")).not.toBe(fingerprint("\u0000"));
});
