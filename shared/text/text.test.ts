import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DEPTH, TOO_DEEP, cleanJson, cleanText } from "./clean.ts";
import { limitText } from "./limit.ts";

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });

const nest = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

describe("cleanText", () => {
  test("drops U+0000 and marks lone surrogates", () => {
    expect(cleanText("a\u0000b")).toBe("ab");
    expect(cleanText("x\ud83dy\ude00z")).toBe("x\uFFFDy\uFFFDz");
    expect(cleanText("héllo 😀")).toBe("héllo 😀");
  });

  test("two halves around a U+0000 do not become a character", () => {
    expect(cleanText("\ud83d\u0000\ude00")).toBe("\uFFFD\uFFFD");
  });

  test("any text survives UTF-8 once cleaned, and cleaning twice changes nothing", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cleaned = cleanText(text);
        expect(new TextDecoder().decode(new TextEncoder().encode(cleaned))).toBe(cleaned.replace(/^\uFEFF/, ""));
        expect(cleaned).not.toContain("\u0000");
        expect(cleanText(cleaned)).toBe(cleaned);
      }),
    );
  });
});

describe("cleanJson", () => {
  test("clean values come back as the very same object", () => {
    const value = { a: [1, null, { b: "text" }], c: true };
    expect(cleanJson(value)).toBe(value);
  });

  test("cleans keys and nested texts, shares the untouched parts, leaves the original", () => {
    const untouched = { fine: ["yes"] };
    const value = { "k\u0000": ["a\ud800"], untouched };
    const cleaned = cleanJson(value) as Record<string, unknown>;
    expect(cleaned).toEqual({ k: ["a\uFFFD"], untouched });
    expect(cleaned["untouched"]).toBe(untouched);
    expect(value["k\u0000"]).toEqual(["a\ud800"]);
  });

  test("a key named __proto__ stays data", () => {
    const cleaned = cleanJson(JSON.parse('{"__proto__":{"admin":"\\u0000yes"}}')) as object;
    expect(Object.hasOwn(cleaned, "__proto__")).toBe(true);
    expect((cleaned as { admin?: unknown }).admin).toBeUndefined();
    expect(JSON.stringify(cleaned)).toBe('{"__proto__":{"admin":"yes"}}');
  });

  test("what is nested beyond the limit is replaced, what is at the limit is not", () => {
    expect(JSON.stringify(cleanJson(nest(MAX_DEPTH)))).not.toContain(TOO_DEEP);
    expect(JSON.stringify(cleanJson(nest(MAX_DEPTH + 1)))).toContain(TOO_DEEP);
    expect(JSON.stringify(cleanJson(nest(100_000)))).toContain(TOO_DEEP);
  });

  test("any JSON keeps its shape", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(cleanJson(value)).toEqual(value);
      }),
    );
  });
});

describe("limitText", () => {
  test("keeps a text that fits and cuts one that does not", () => {
    expect(limitText("abc", 3)).toBe("abc");
    expect(limitText("abcd", 3)).toBe("abc");
  });

  test("never cuts a character in two", () => {
    expect(limitText("a😀b", 4)).toBe("a");
    expect(limitText("éé", 3)).toBe("é");
  });

  test("never more bytes than asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 40 }), (text, bytes) => {
        const cut = limitText(text, bytes);
        expect(new TextEncoder().encode(cut).length).toBeLessThanOrEqual(bytes);
        expect(text.startsWith(cut)).toBe(true);
      }),
    );
  });
});
