import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

const TIME = 1_739_321_024;
const TEMPLATE = {
  event: "APPROVED",
  message_template_id: 1689556908129832,
  message_template_name: "order",
  reason: "NONE",
};

async function read(change: unknown, time: unknown = TIME) {
  const events = await normalise({
    object: "whatsapp_business_account",
    entry: [{ id: given.WABA, time, changes: [change] }],
  });
  expect(events).toHaveLength(1);
  return events[0];
}

test.each([
  "message_template_status_update",
  "message_template_quality_update",
  "template_category_update",
  "message_template_components_update",
  "phone_number_quality_update",
  "business_capability_update",
  "account_update",
  "account_alerts",
  "user_preferences",
  "account_review_update",
  "security",
  "flows",
  "automatic_events",
  "group_lifecycle_update",
  "a_field_of_next_year",
])("F1: field %s is one account event with its value as it came", async (field) => {
  expect(await read({ field, value: TEMPLATE })).toEqual({
    kind: "account",
    account: null,
    entry: given.WABA,
    field,
    at: TIME,
    raw: TEMPLATE,
    dedupe: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test("an account event of one number names it", async () => {
  expect(await read(given.change({ contacts: [] }, "user_preferences"))).toMatchObject({ account: given.NUMBER });
});

test("phone contacts of a connected business app are one account event", async () => {
  const state_sync = [{ type: "contact", contact: { full_name: "Ana" }, action: "add" }];
  expect(await read(given.change({ state_sync }, "smb_app_state_sync"))).toMatchObject({
    kind: "account",
    field: "smb_app_state_sync",
  });
});

test("calls, and the statuses of calls, are account events", async () => {
  const ringing = { id: "wacid.1", type: "call", status: "RINGING", timestamp: "1739321024", recipient_id: given.ANA };
  expect(await read(given.change({ statuses: [ringing] }, "calls"))).toMatchObject({ kind: "account", field: "calls" });
  expect(await read(given.change({ statuses: [ringing] }))).toMatchObject({
    kind: "account",
    field: "calls",
    raw: ringing,
  });
});

test("errors without messages and statuses are an account event of the number", async () => {
  const errors = [{ code: 130429, title: "Rate limit hit" }];
  expect(await read(given.change({ errors }))).toMatchObject({
    kind: "account",
    account: given.NUMBER,
    field: "messages.errors",
    raw: errors,
  });
});

test("F1: a messages change with nothing that we know in it is kept whole", async () => {
  expect(await read(given.change({ something: 1 }))).toMatchObject({ kind: "account", field: "messages" });
});

test("the same event twice has one key; another time, field or value another", async () => {
  const change = { field: "account_update", value: TEMPLATE };
  const key = async (json: unknown, time: unknown = TIME) => {
    const event = await read(json, time);
    return event?.kind === "account" ? event.dedupe : "";
  };
  const first = await key(change);
  expect(await key(structuredClone(change))).toBe(first);
  const others = [
    await key(change, TIME + 1),
    await key({ ...change, field: "account_alerts" }),
    await key({ ...change, value: { ...TEMPLATE, event: "REJECTED" } }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
});

test("the same errors of two numbers are two events", async () => {
  const errors = [{ code: 130429 }];
  const other = { field: "messages", value: { metadata: { phone_number_id: "2" }, errors } };
  const keys = (await normalise(given.body(given.change({ errors }), other))).map(
    (event) => "dedupe" in event && event.dedupe,
  );
  expect(new Set(keys).size).toBe(2);
});

test.each([null, "soon", 0, -1, 1.5])("a time of %j is no time", async (time) => {
  expect(await read({ field: "security", value: {} }, time)).toMatchObject({ at: null });
});
