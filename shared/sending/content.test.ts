import { expect, test } from "vitest";
import { toContent, toText } from "./content.ts";
import type { Parts } from "./content.ts";

test.each<[string, Parts, object, string]>([
  ["a text", { content: "Hi" }, { type: "text", text: "Hi" }, "Hi"],
  ["a picture", { media: { type: "image", id: "1" } }, { type: "image", id: "1" }, "[image]"],
  [
    "a picture with a caption",
    { content: "Look", media: { type: "image", link: "https://example.test/a.png" } },
    { type: "image", link: "https://example.test/a.png", caption: "Look" },
    "Look",
  ],
  [
    "a template",
    { template: { name: "welcome", language: "en" } },
    { type: "template", name: "welcome", language: "en" },
    "[template welcome]",
  ],
  [
    "a reaction",
    { reaction: { message_id: "m", emoji: "👍" } },
    { type: "reaction", message_id: "m", emoji: "👍" },
    "👍",
  ],
  [
    "buttons",
    { interactive: { body: { text: "Pick one" } } },
    { type: "interactive", interactive: { body: { text: "Pick one" } } },
    "Pick one",
  ],
  [
    "buttons without words",
    { interactive: { body: {} } },
    { type: "interactive", interactive: { body: {} } },
    "[interactive message]",
  ],
])("%s", (_title, parts, content, text) => {
  expect(toContent(parts)).toEqual(content);
  expect(toText(toContent(parts))).toBe(text);
});

test("nothing is refused", () => {
  expect(() => toContent({})).toThrow(expect.objectContaining({ code: "invalid_input" }));
});
