import { expect, test } from "vitest";
import type { MessageEvent } from "../channels/events.ts";
import { accountEvent, echo, message, newCustomer } from "../../test/factories/events.ts";
import { heardIn } from "./heard.ts";

const line = (change: Partial<MessageEvent>) => message("1", newCustomer(), { content: "STOP", ...change });

test("hears what a customer types or taps, live or long ago", () => {
  const events = [line({}), line({ type: "button" }), line({ origin: "history" })];
  expect(heardIn(events)?.lines).toEqual(
    events.map(({ provider_id }) => ({ account: "1", provider_id, word: "stop", sms_only: false })),
  );
});

test("hears nothing in what the business says, in captions, and in plain talk", () => {
  const events = [echo("1", newCustomer(), { content: "STOP" }), line({ type: "image" }), line({ content: "Hello" })];
  expect(heardIn([...events, accountEvent("2")])).toBeNull();
});

test("F3: a line without a text that can be read is nothing to it", () => {
  expect(heardIn([line({ content: null as never })])).toBeNull();
});

test("F117: preferences keep the number and the account they came with", () => {
  const contact = { wa_id: "49151" };
  const preference = { contact, topic: "marketing", state: "withdrawn", at: 5 } as const;
  const event = accountEvent("2", { account: "1", preferences: [preference] });
  expect(heardIn([event])).toEqual({ lines: [], preferences: [{ account: "1", entry: "2", ...preference }] });
});
