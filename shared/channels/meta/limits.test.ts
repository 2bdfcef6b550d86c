import { expect, test } from "vitest";
import type { OutgoingContent } from "../channel.ts";
import { problems } from "./limits.ts";

type Json = Record<string, unknown>;

const button = (id: string, title = id) => ({ type: "reply", reply: { id, title } });
const buttons = (changes: Json = {}): Json => ({
  type: "button",
  body: { text: "Which?" },
  action: { buttons: [button("a"), button("b")] },
  ...changes,
});
const rows = (count: number, changes: Json = {}, prefix = "r") =>
  Array.from({ length: count }, (_, i) => ({ id: `${prefix}${i}`, title: `Row ${i}`, ...changes }));
const menu = (sections: unknown, changes: Json = {}): Json => ({
  type: "list",
  body: { text: "Which?" },
  action: { button: "Choose", sections },
  ...changes,
});
const interactive = (value: Json): OutgoingContent => ({ type: "interactive", interactive: value });
const template = (changes: Json = {}) =>
  ({ type: "template", name: "order_ready", language: "en_US", ...changes }) as OutgoingContent;
const body = (text: unknown) => template({ components: [{ type: "body", parameters: [{ type: "text", text }] }] });

test.each<[string, OutgoingContent]>([
  ["a text of 4096 characters", { type: "text", text: "x".repeat(4096) }],
  ["4096 emoji, each one character", { type: "text", text: "😀".repeat(4096) }],
  ["an image by id", { type: "image", id: "9", caption: "c".repeat(1024) }],
  ["a document by link", { type: "document", link: "https://x.test/a.pdf", filename: "a.pdf" }],
  ["a reaction", { type: "reaction", message_id: "wamid.1", emoji: "👨‍👩‍👧‍👦" }],
  ["a reaction taken back", { type: "reaction", message_id: "wamid.1", emoji: "" }],
  ["reply buttons", interactive(buttons())],
  ["a list of ten rows", interactive(menu([{ rows: rows(10) }]))],
  ["a flow, which is not looked into", interactive({ type: "flow", action: { name: "flow" } })],
  ["a template", template()],
  ["a template in a script of its own", template({ language: "zh_Hans_CN" })],
  ["a template with parameters", body("Ana")],
  [
    "a template with a button",
    template({
      components: [{ type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "x" }] }],
    }),
  ],
])("%s has no problem", (_, content) => {
  expect(problems(content)).toEqual([]);
});

test.each<[string, OutgoingContent]>([
  ["text is empty", { type: "text", text: " " }],
  ["text has 4097 characters, 4096 are allowed", { type: "text", text: "x".repeat(4097) }],
  ["media needs an id, a link or a path", { type: "image" }],
  ["only one of them", { type: "image", id: "9", link: "https://x.test/" }],
  ["link is not an http or https address", { type: "image", link: "ftp://x.test/a" }],
  ["link is not an http or https address", { type: "image", link: "nowhere" }],
  ["caption has 1025", { type: "image", id: "9", caption: "c".repeat(1025) }],
  ["audio cannot have a caption", { type: "audio", id: "9", caption: "c" }],
  ["only a document", { type: "image", id: "9", filename: "a.png" }],
  ["reaction names no message", { type: "reaction", message_id: "", emoji: "👍" }],
  ["more than one emoji", { type: "reaction", message_id: "wamid.1", emoji: "👍".repeat(11) }],
  ["0 buttons", interactive(buttons({ action: { buttons: [] } }))],
  ["4 buttons", interactive(buttons({ action: { buttons: ["a", "b", "c", "d"].map((id) => button(id)) } }))],
  ["button title has 21", interactive(buttons({ action: { buttons: [button("a", "x".repeat(21))] } }))],
  ["button id has 257", interactive(buttons({ action: { buttons: [button("a".repeat(257), "A")] } }))],
  [
    "button title is used twice",
    interactive(buttons({ action: { buttons: [button("a", "Yes"), button("b", "Yes")] } })),
  ],
  [
    "interactive.action.buttons.0.reply.title",
    interactive(buttons({ action: { buttons: [{ type: "reply", reply: { id: "a", title: "" } }] } })),
  ],
  ["body has 1025", interactive(buttons({ body: { text: "x".repeat(1025) } }))],
  ["interactive.body", interactive(buttons({ body: undefined }))],
  ["body is empty", interactive(buttons({ body: { text: " " } }))],
  ["header has 61", interactive(buttons({ header: { type: "text", text: "x".repeat(61) } }))],
  ["footer has 61", interactive(buttons({ footer: { text: "x".repeat(61) } }))],
  ["0 sections", interactive(menu([]))],
  [
    "11 rows",
    interactive(
      menu([
        { title: "A", rows: rows(6) },
        { title: "B", rows: rows(5, {}, "s") },
      ]),
    ),
  ],
  ["every section needs a title", interactive(menu([{ title: "A", rows: rows(1) }, { rows: rows(1, {}, "s") }]))],
  ["row id is used twice", interactive(menu([{ rows: rows(2, { id: "same" }) }]))],
  ["row title has 25", interactive(menu([{ rows: rows(1, { title: "x".repeat(25) }) }]))],
  ["row description has 73", interactive(menu([{ rows: rows(1, { description: "x".repeat(73) }) }]))],
  ["row id has 201", interactive(menu([{ rows: rows(1, { id: "x".repeat(201) }) }]))],
  ["section title has 25", interactive(menu([{ title: "x".repeat(25), rows: rows(1) }]))],
  ["interactive.action", interactive({ type: "flow" })],
  ["interactive.type", interactive({ action: {} })],
  ["template name", template({ name: "Order-Ready" })],
  ["template language", template({ language: "english" })],
  ["component 1 is not valid", template({ components: ["body"] })],
  ["component 1 is not valid", template({ components: [{ type: "footer" }] })],
  ["component 1 is not valid: index", template({ components: [{ type: "button", sub_type: "url" }] })],
  ["component 1, parameter 1 is empty", body("")],
  ["line breaks", body("two\nlines")],
  ["line breaks", body("much     space")],
])("problem: %s", (problem, content) => {
  expect(problems(content)).toEqual([expect.stringContaining(problem)]);
});
