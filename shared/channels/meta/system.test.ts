import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

async function read(change: unknown) {
  const events = await normalise(given.body(change));
  expect(events).toHaveLength(1);
  return events[0];
}

const system = (part: object, changes = {}) => read(given.change({ messages: [given.typed("system", part, changes)] }));

test("a changed number names the old and the new", async () => {
  const body = "User Ana changed from 16505551234 to 12195555358";
  const event = await system({
    type: "user_changed_number",
    body,
    wa_id: "12195555358",
    user_id: "US.2",
    previous_user_id: "US.1",
  });
  expect(event).toMatchObject({
    kind: "identity",
    provider_id: "wamid.1",
    contact: { wa_id: given.ANA, bsuid: "US.1", scope: given.WABA },
    next: { wa_id: "12195555358", phone: "+12195555358", bsuid: "US.2", scope: given.WABA },
    at: given.AT,
    content: body,
  });
});

test("a changed user id names the old and the new, parents too, and needs no phone", async () => {
  const part = {
    type: "user_changed_user_id",
    previous_user_id: "IN.A",
    user_id: "IN.B",
    previous_parent_user_id: "IN.ENT.A",
    parent_user_id: "IN.ENT.B",
  };
  const event = await system(part, { from: undefined });
  expect(event).toMatchObject({
    kind: "identity",
    contact: { bsuid: "IN.A", parent_bsuid: "IN.ENT.A" },
    next: { bsuid: "IN.B", parent_bsuid: "IN.ENT.B" },
  });
  expect(event).not.toHaveProperty("next.wa_id");
});

test("the name on a contact card is not moved to the new identity", async () => {
  const message = given.typed("system", { type: "user_changed_number", wa_id: "12195555358" });
  const event = await read(given.change({ messages: [message], contacts: [given.contact({ wa_id: "12195555358" })] }));
  expect(event).toMatchObject({ kind: "identity", contact: { wa_id: given.ANA }, next: { wa_id: "12195555358" } });
  expect(event).not.toHaveProperty("next.name");
});

test("a change that tells one side only is a line in the thread that wakes nobody", async () => {
  const part = { type: "user_changed_user_id", body: "changed", user_id: "IN.B" };
  expect(await system(part, { from: undefined })).toMatchObject({
    kind: "message",
    type: "system",
    content: "changed",
    contact: { bsuid: "IN.B" },
    wakes: false,
  });
  expect(await system({ type: "user_changed_number", body: "changed" })).toMatchObject({
    kind: "message",
    wakes: false,
  });
});

test("a changed security code is a system line", async () => {
  const part = { type: "customer_identity_changed", body: "Ana's security code changed" };
  expect(await system(part, { identity: { acknowledged: true, hash: "h" } })).toMatchObject({
    kind: "message",
    type: "system",
    content: "Ana's security code changed",
    wakes: false,
  });
});

test("a system message without a text still reads as something", async () => {
  expect(await system({ type: "something_new" })).toMatchObject({ content: "[system: something_new]" });
  expect(await read(given.change({ messages: [given.text({ type: "system" })] }))).toMatchObject({
    content: "[system: unknown]",
  });
});

test("a system message that names nobody is malformed", async () => {
  expect(await system({ type: "user_changed_number" }, { from: undefined })).toMatchObject({ kind: "malformed" });
});

test("the field user_id_update says the same as its system message", async () => {
  const update = {
    wa_id: "12195555358",
    detail: "updated",
    user_id: { previous: "US.1", current: "US.2" },
    timestamp: "1750030073",
  };
  expect(await read(given.change({ user_id_update: [update] }, "user_id_update"))).toMatchObject({
    kind: "identity",
    contact: { bsuid: "US.1" },
    next: { bsuid: "US.2", wa_id: "12195555358" },
    content: "updated",
  });
});

test("user_id_update in a shape that we do not know is kept", async () => {
  expect(await read(given.change({ user_id_update: [{ user_id: "US.2" }] }, "user_id_update"))).toMatchObject({
    kind: "malformed",
  });
  expect(await read(given.change({ other: 1 }, "user_id_update"))).toMatchObject({
    kind: "account",
    field: "user_id_update",
  });
});

test("customer_identity_changed as a field is read as messages when it has them", async () => {
  const messages = [given.typed("system", { type: "customer_identity_changed", body: "changed" })];
  expect(await read(given.change({ messages }, "customer_identity_changed"))).toMatchObject({
    kind: "message",
    type: "system",
  });
  expect(await read(given.change({}, "customer_identity_changed"))).toMatchObject({ kind: "account" });
});
