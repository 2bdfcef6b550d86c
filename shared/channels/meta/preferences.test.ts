import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

const AT = 1_739_321_024;
const choice = (value: string, change: Record<string, unknown> = {}) => ({
  wa_id: given.ANA,
  detail: "User requested to stop marketing messages",
  category: "marketing_messages",
  value,
  timestamp: AT,
  ...change,
});
const read = async (...user_preferences: unknown[]) => {
  const events = await normalise(given.body(given.change({ user_preferences }, "user_preferences")));
  expect(events).toHaveLength(1);
  return events[0];
};

test.each([
  ["stop", "withdrawn"],
  ["resume", "restored"],
  ["signup", "granted"],
])("F117: %s of marketing messages is %s", async (value, state) => {
  expect(await read(choice(value))).toMatchObject({
    kind: "account",
    account: given.NUMBER,
    field: "user_preferences",
    preferences: [{ contact: { wa_id: given.ANA, scope: given.WABA }, topic: "marketing", state, at: AT }],
  });
});

test("F26: a person known by a user id alone has preferences too", async () => {
  const choices = choice("stop", { wa_id: "", user_id: "DE.123456789" });
  expect(await read(choices)).toMatchObject({ preferences: [{ contact: { bsuid: "DE.123456789" } }] });
});

test("F3: an element that cannot be read leaves the others alone, and the whole is kept", async () => {
  const others = [null, choice("perhaps"), choice("stop", { timestamp: "soon" }), choice("stop", { category: "all" })];
  const event = await read(...others, choice("stop"));
  expect(event).toMatchObject({ preferences: [{ state: "withdrawn" }] });
  expect(event?.raw).toMatchObject({ user_preferences: { length: 5 } });
});

test("a change without any is an account event like another", async () => {
  expect(await read()).not.toHaveProperty("preferences");
});
