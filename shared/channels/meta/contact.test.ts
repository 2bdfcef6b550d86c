import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

const BSUID = "US.13491208655302741918";
const PARENT = "US.ENT.11815799212886844830";

async function contacts(parts: Record<string, unknown>) {
  const events = await normalise(given.body(given.change(parts)));
  return events.map((event) => ("contact" in event ? event.contact : event.kind));
}

test("F26: a person with a user id only is known by it, within the account", async () => {
  const message = given.text({ from: undefined, from_user_id: BSUID, from_parent_user_id: PARENT });
  const card = { profile: { username: "ana" }, user_id: BSUID };
  expect(await contacts({ messages: [message], contacts: [card] })).toEqual([
    { bsuid: BSUID, parent_bsuid: PARENT, scope: given.WABA, name: "ana" },
  ]);
});

test("phone and user id in one event are both given", async () => {
  const message = given.text({ from_user_id: BSUID });
  expect(await contacts({ messages: [message], contacts: [given.contact({ user_id: BSUID })] })).toMatchObject([
    { wa_id: given.ANA, phone: `+${given.ANA}`, bsuid: BSUID },
  ]);
});

test("F26: the user id may stand in the contact alone, or in `from`", async () => {
  expect(await contacts({ messages: [given.text()], contacts: [given.contact({ user_id: BSUID })] })).toMatchObject([
    { bsuid: BSUID },
  ]);
  expect(await contacts({ messages: [given.text({ from: BSUID })] })).toEqual([{ bsuid: BSUID, scope: given.WABA }]);
});

test.each(["", " ", null, undefined, "+", 5])(
  "F26: a sender of %j without any other name is malformed",
  async (from) => {
    expect(await contacts({ messages: [given.text({ from })] })).toEqual(["malformed"]);
    expect(await contacts({ messages: [given.text({ from })], contacts: [{ wa_id: "" }] })).toEqual(["malformed"]);
  },
);

test("F30: the wa_id is Meta's spelling, the dialled number and all others are for look-up", async () => {
  const message = given.text({ from: "5511987654321" });
  expect(await contacts({ messages: [message], contacts: [given.contact({ wa_id: "551187654321" })] })).toEqual([
    { wa_id: "551187654321", phone: "+5511987654321", variants: ["5511987654321"], scope: given.WABA, name: "Ana" },
  ]);
});

test("F30: without contacts the sender's number is the wa_id, its other spelling a variant", async () => {
  expect(await contacts({ messages: [given.text({ from: "5215512345678" })] })).toEqual([
    { wa_id: "5215512345678", phone: "+525512345678", variants: ["525512345678"], scope: given.WABA },
  ]);
});

test("several people in one change keep their own names", async () => {
  const messages = [
    given.text({ id: "a" }),
    given.text({ id: "b", from: "447700900123" }),
    given.text({ id: "c", from: "447700900999" }),
  ];
  const cards = [given.contact({ wa_id: "447700900123", profile: { name: "Bo" } }), given.contact()];
  expect(await contacts({ messages, contacts: cards })).toMatchObject([
    { wa_id: given.ANA, name: "Ana" },
    { wa_id: "447700900123", name: "Bo" },
    { wa_id: "447700900999", phone: "+447700900999" },
  ]);
});

test("one contact beside several messages is not lent to a stranger", async () => {
  const messages = [given.text({ id: "a" }), given.text({ id: "b", from: "447700900123" })];
  const [, stranger] = await contacts({ messages, contacts: [given.contact()] });
  expect(stranger).toEqual({ wa_id: "447700900123", phone: "+447700900123", scope: given.WABA });
});

test("one contact beside one message is its sender, unless the user ids differ", async () => {
  const far = given.contact({ wa_id: "4915112345678" });
  expect(await contacts({ messages: [given.text()], contacts: [far] })).toMatchObject([
    { wa_id: "4915112345678", phone: `+${given.ANA}` },
  ]);
  const other = given.contact({ wa_id: "4915112345678", user_id: "US.2" });
  expect(await contacts({ messages: [given.text({ from_user_id: BSUID })], contacts: [other] })).toMatchObject([
    { wa_id: given.ANA },
  ]);
});

test("two people with one user name stay two", async () => {
  const messages = [
    given.text({ id: "a", from: undefined, from_user_id: "US.1" }),
    given.text({ id: "b", from: undefined, from_user_id: "US.2" }),
  ];
  const cards = [
    { profile: { username: "ana" }, user_id: "US.1" },
    { profile: { username: "ana" }, user_id: "US.2" },
  ];
  expect(await contacts({ messages, contacts: cards })).toMatchObject([{ bsuid: "US.1" }, { bsuid: "US.2" }]);
});

test.each([null, {}, "x", [null, 5, {}]])("contacts of %j do not matter", async (cards) => {
  expect(await contacts({ messages: [given.text()], contacts: cards })).toMatchObject([{ wa_id: given.ANA }]);
});

test("a thousand people in one change each keep their name", async () => {
  const phones = Array.from({ length: 1_000 }, (_, i) => String(447_700_900_000 + i));
  const cards = phones.map((wa_id, i) => given.contact({ wa_id, profile: { name: `P${i}` } }));
  const messages = phones.toReversed().map((from, i) => given.text({ id: `wamid.${i}`, from }));
  const found = await contacts({ messages, contacts: cards });
  expect(found.at(0)).toMatchObject({ name: "P999" });
  expect(found.at(-1)).toMatchObject({ name: "P0" });
});
