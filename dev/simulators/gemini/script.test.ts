import { expect, test } from "vitest";
import { createScript } from "./script.ts";
import type { ScriptEntry } from "./script.ts";

function taken(entries: ScriptEntry[], calls: number) {
  const script = createScript();
  script.set(entries);
  return Array.from({ length: calls }, () => script.take()?.reply ?? null);
}

test("one entry stays", () => {
  expect(taken([{ reply: "a" }], 3)).toEqual(["a", "a", "a"]);
});

test("an entry with times is followed by the built-in model", () => {
  expect(taken([{ reply: "a", times: 2 }], 3)).toEqual(["a", "a", null]);
});

test("in a script each entry is for one call and the last one stays", () => {
  expect(taken([{ reply: "a" }, { reply: "b", times: 2 }, { reply: "c" }], 6)).toEqual(["a", "b", "b", "c", "c", "c"]);
});

test("a cleared script says nothing", () => {
  const script = createScript();
  script.set([{ reply: "a" }]);
  script.clear();
  expect(script.take()).toBeNull();
});
