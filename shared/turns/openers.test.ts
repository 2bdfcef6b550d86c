import { expect, test } from "vitest";
import type { PromptMessage } from "../ai/index.ts";
import { openers } from "./openers.ts";

const customer = (content: string, type = "text"): PromptMessage => ({ direction: "inbound", type, content });
const business = (content: string): PromptMessage => ({ direction: "outbound", type: "text", content });

test.each<[string, PromptMessage[], string[]]>([
  ["nothing", [], []],
  ["one line", [customer("Hi")], ["Hi"]],
  ["a burst: its first line", [customer("Hi"), customer("Open?")], ["Hi"]],
  ["two stretches", [customer("Hi"), business("Hello"), customer("Open?")], ["Hi", "Open?"]],
  ["several of our lines in a row", [customer("Hi"), business("a"), business("b"), customer("Yes")], ["Hi", "Yes"]],
  ["our line first", [business("Welcome"), customer("Hi")], ["Hi"]],
  ["a stretch that opens with a picture", [customer("[image]", "image"), customer("Look")], ["Look"]],
  ["a stretch without text", [customer("[image]", "image"), business("Nice"), customer("Hi")], ["Hi"]],
])("F60: the text that opens each stretch of the customer's: %s", (_title, messages, expected) => {
  expect(openers(messages)).toEqual(expected);
});
