import { expect, test } from "vitest";
import { assist } from "./assistant.ts";

test.each([
  ["Hi there!", "greeting", "reply"],
  ["Hello, when do you open on Monday?", "opening_hours", "reply"],
  ["¿A qué hora abren?", "opening_hours", "reply"],
  ["Where is my order 17?", "order_status", "reply"],
  ["How much is the red mug?", "price", "reply"],
  ["¿Cuánto cuesta la taza?", "price", "reply"],
  ["Can I speak to a human please", "human_request", "handoff"],
  ["This is unacceptable, I want my parcel", "complaint", "handoff"],
  ["ok thanks", "thanks", "none"],
  ["gracias 👍", "thanks", "none"],
])("%s → %s", (text, intent, action) => {
  expect(assist(text)).toMatchObject({ intent, action, needs_human: action === "handoff" });
});

test("there is a reply exactly when there is something to say, in the customer's language", () => {
  expect(assist("thank you").reply).toBe("");
  expect(assist("¿Tienen descuento?")).toMatchObject({ language: "es", reply: expect.stringContaining("tazas") });
});

test("it is unsure of what it does not know", () => {
  expect(assist("Do you ship lighthouses?")).toMatchObject({ intent: "other", confidence: 42, action: "reply" });
});
