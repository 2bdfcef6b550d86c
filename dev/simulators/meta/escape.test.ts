import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { toMetaJson } from "./escape.ts";

test("slashes and everything outside ASCII are escaped, in lower case", () => {
  expect(toMetaJson({ text: "a/é ü 👍" })).toBe(String.raw`{"text":"a\/\u00e9 \u00fc \ud83d\udc4d"}`);
});

test("any text survives, in bytes that are all ASCII", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      const written = toMetaJson({ text });
      expect(JSON.parse(written)).toEqual({ text });
      expect(written).toMatch(/^[\0-\x7f]*$/);
    }),
  );
});
