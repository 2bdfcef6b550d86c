import * as fc from "fast-check";
import { expect, test } from "vitest";
import { describeMessage, HISTORY_LIMIT, LINE_LIMIT, toTurns, UNANSWERED_LIMIT } from "./transcript.ts";
import type { PromptMessage } from "./transcript.ts";

const inbound = (content: string, over: Partial<PromptMessage> = {}): PromptMessage => ({
  direction: "inbound",
  type: "text",
  content,
  ...over,
});
const outbound = (content: string): PromptMessage => ({ direction: "outbound", type: "text", content });

test("lines of one side that follow one another are one turn", () => {
  const { turns } = toTurns([inbound("hi"), inbound("there"), outbound("hello"), inbound("open?")]);
  expect(turns).toEqual([
    { role: "customer", text: "hi\nthere" },
    { role: "business", text: "hello" },
    { role: "customer", text: "open?" },
  ]);
});

test("every line of a burst is in the last turn, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1, maxLength: 50 }), (burst) => {
      const { turns } = toTurns([inbound("before"), outbound("answer"), ...burst.map((text) => inbound(text))]);
      expect(turns.at(-1)).toEqual({ role: "customer", text: burst.join("\n") });
    }),
  );
});

test("an unanswered line that the clock puts before our answer still stands in the last turn", () => {
  const late = inbound("and a spoon", { unanswered: true });
  const { turns } = toTurns([
    inbound("a fork please"),
    late,
    outbound("A fork it is."),
    inbound("thanks", { unanswered: true }),
  ]);
  expect(turns.at(-1)).toEqual({ role: "customer", text: "and a spoon\nthanks" });
  expect(turns).toHaveLength(3);
});

test("no unanswered line is left out, however many and however long", () => {
  const lines = Array.from({ length: 300 }, (_, i) => inbound(`line ${i} ${"x".repeat(10_000)}`));
  const text = toTurns(lines).turns.at(-1)?.text ?? "";
  expect(lines.every((_, i) => text.includes(`line ${i} x`))).toBe(true);
  expect(text.length).toBeLessThan(2.5 * UNANSWERED_LIMIT);
});

test("history is dropped from its oldest end, and that is told", () => {
  const history = Array.from({ length: 40 }, (_, i) => [inbound(`q${i} ${"x".repeat(990)}`), outbound(`a${i}`)]).flat();
  const { turns, trimmed } = toTurns([...history, inbound("now?")]);
  const text = turns.map((turn) => turn.text).join("\n");
  expect(trimmed).toBe(true);
  expect(text).not.toContain("q0 ");
  expect(text).toContain("a39");
  expect(text.length).toBeLessThanOrEqual(HISTORY_LIMIT + 100);
  expect(turns.at(-1)?.text).toBe("now?");
});

test("history that fits is kept whole", () => {
  expect(toTurns([inbound("hi"), outbound("hello"), inbound("now?")]).trimmed).toBe(false);
});

test("one endless line is cut and says so", () => {
  const text = toTurns([inbound("y".repeat(100_000))]).turns[0]?.text ?? "";
  expect(text.length).toBeLessThan(LINE_LIMIT + 50);
  expect(text).toContain("more characters]");
});

test.each<[PromptMessage, string | null]>([
  [inbound("[image]", { type: "image" }), "[The customer sent an image that you cannot open]"],
  [
    inbound("is this the one?", { type: "image" }),
    "[The customer sent an image that you cannot open]\nis this the one?",
  ],
  [inbound("", { type: "audio" }), "[The customer sent an audio message that you cannot open]"],
  [{ ...outbound("menu"), type: "document" }, "[The business sent a document]\nmenu"],
  [inbound("👍", { type: "reaction" }), "[The customer reacted with 👍]"],
  [inbound("", { type: "reaction" }), null],
  [inbound("changed number", { type: "system" }), null],
  [inbound("[unsupported]", { type: "unsupported" }), "[The customer sent something that cannot be shown here]"],
  [inbound("Yes", { type: "button" }), "Yes"],
  [inbound("", { type: "new_kind" }), "[The customer sent something that cannot be shown here]"],
])("a message in words: %o", (message, words) => {
  expect(describeMessage(message)).toBe(words);
});

test("no messages are no turns", () => {
  expect(toTurns([])).toEqual({ turns: [], trimmed: false });
});
