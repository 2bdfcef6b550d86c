import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

/** A part of a payload and how many events it must become. */
interface Counted {
  json: unknown;
  items: number;
}

const all = (parts: Counted[]): Counted => ({
  json: parts.map(({ json }) => json),
  items: parts.reduce((sum, { items }) => sum + items, 0),
});
const some = (item: fc.Arbitrary<Counted>): fc.Arbitrary<Counted> => fc.array(item, { maxLength: 4 }).map(all);
const orOne = (items: number): number => Math.max(1, items);

const one = (json: unknown): Counted => ({ json, items: 1 });
const odd = fc.constantFrom<unknown>(null, 7, "text", true, [], {}, { id: 5 }, { id: "wamid.x", timestamp: "soon" });
const anyMessage = fc
  .oneof(
    odd,
    fc
      .constantFrom("text", "image", "reaction", "system", "edit", "revoke", "order", "interactive", "poll")
      .map((type) => given.text({ type })),
    fc.record({ from: odd, text: odd, timestamp: odd, id: odd, context: odd }).map((parts) => given.text(parts)),
  )
  .map(one);
const anyStatus = fc
  .oneof(
    odd,
    fc.string().map((word) => given.status({ status: word })),
    fc.constant({ type: "call" }),
  )
  .map(one);

const messagesChange = fc
  .record({ messages: some(anyMessage), statuses: some(anyStatus), failed: fc.boolean() })
  .map(({ messages, statuses, failed }): Counted => ({
    json: given.change({ messages: messages.json, statuses: statuses.json, ...(failed && { errors: [{ code: 1 }] }) }),
    items: orOne(messages.items + statuses.items + Number(failed)),
  }));
const echoesChange = some(anyMessage).map(({ json, items }) => ({
  json: given.change({ message_echoes: json }, "smb_message_echoes"),
  items: orOne(items),
}));
const thread = some(anyMessage).map(({ json, items }) => ({
  json: { id: given.ANA, messages: json },
  items: orOne(items),
}));
const chunk = some(thread).map(({ json, items }) => ({
  json: { metadata: { phase: 1 }, threads: json },
  items: orOne(items),
}));
const historyChange = fc.record({ chunks: some(chunk), files: some(anyMessage) }).map(({ chunks, files }) => ({
  json: given.change({ history: chunks.json, messages: files.json }, "history"),
  items: orOne(chunks.items + files.items),
}));
const otherChange = fc
  .tuple(
    fc.constantFrom("account_update", "calls", "user_preferences", "smb_app_state_sync", "new_in_2027"),
    fc.jsonValue(),
  )
  .map(([field, value]) => one({ field, value }));
const brokenChange = fc
  .constantFrom<unknown>(null, 5, "change", { field: "messages" }, { field: "messages", value: null })
  .map(one);

const anyChange = fc.oneof(messagesChange, echoesChange, historyChange, otherChange, brokenChange);
const anyEntry = fc.oneof(
  some(anyChange).map(({ json, items }) => ({ json: { id: given.WABA, changes: json }, items: orOne(items) })),
  fc
    .constantFrom<unknown>(null, 5, {}, { id: given.WABA }, { id: given.WABA, changes: null }, { changes: [] })
    .map(one),
);
const anyBody = some(anyEntry).map(({ json, items }) => ({
  json: { object: "whatsapp_business_account", entry: json },
  items: orOne(items),
}));

test("F1: as many events come out as items went in, whatever the payload holds", async () => {
  await fc.assert(
    fc.asyncProperty(anyBody, async ({ json, items }) => {
      expect(await normalise(json)).toHaveLength(items);
    }),
    { numRuns: 500 },
  );
});

test("F3: no JSON at all makes it throw, and none vanishes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (json) => {
      expect((await normalise(json)).length).toBeGreaterThan(0);
    }),
  );
});

test("F3: no message with odd fields makes it throw, and each is one event", async () => {
  const fields = fc.dictionary(
    fc.constantFrom(
      "text",
      "image",
      "location",
      "contacts",
      "interactive",
      "order",
      "edit",
      "system",
      "context",
      "errors",
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const types = fc.constantFrom(
    "text",
    "image",
    "location",
    "contacts",
    "interactive",
    "order",
    "edit",
    "system",
    "button",
  );
  await fc.assert(
    fc.asyncProperty(fields, types, async (parts, type) => {
      const events = await normalise(given.body(given.change({ messages: [given.text({ ...parts, type })] })));
      expect(events).toHaveLength(1);
    }),
  );
});

test("F1: every entry, change, message and status of a body is read, in its order", async () => {
  const first = given.change({
    messages: [given.text({ id: "a" }), given.text({ id: "b" })],
    statuses: [given.status({ id: "c" })],
  });
  const second = given.change({ messages: [given.text({ id: "d" })] });
  const events = await normalise({
    object: "whatsapp_business_account",
    entry: [
      { id: "1", changes: [first, second] },
      { id: "2", changes: [given.change({ messages: [given.text({ id: "e" })] })] },
    ],
  });
  expect(events.map((event) => "provider_id" in event && event.provider_id)).toEqual(["a", "b", "c", "d", "e"]);
});

test("F2: messages are read although the change has statuses, and the other way round", async () => {
  const events = await normalise(given.body(given.change({ messages: [given.text()], statuses: [given.status()] })));
  expect(events.map(({ kind }) => kind)).toEqual(["message", "status"]);
});

test.each(["messages", "smb_message_echoes", "history", "user_id_update", "customer_identity_changed"])(
  "F2: no list of a %s change hides another",
  async (field) => {
    const parts = {
      messages: [given.text({ id: "a" })],
      statuses: [given.status()],
      message_echoes: [given.text({ id: "b", from: given.OWN, to: given.ANA })],
      history: [{ threads: [{ id: given.ANA, messages: [given.text({ id: "c" })] }] }],
      errors: [{ code: 1 }],
    };
    const events = await normalise(given.body(given.change(parts, field)));
    expect(events.map(({ kind }) => kind)).toEqual(["message", "status", "message", "message", "account"]);
    expect(events.at(-1)).toMatchObject({ field: `${field}.errors`, raw: parts.errors });
  },
);

test("F3: one broken message leaves its neighbours alone", async () => {
  const messages = [given.text({ id: "a" }), { id: "b" }, null, given.text({ id: "c" })];
  const events = await normalise(given.body(given.change({ messages })));
  expect(events.map(({ kind }) => kind)).toEqual(["message", "malformed", "malformed", "message"]);
  expect(events[1]).toMatchObject({
    account: given.NUMBER,
    raw: { id: "b" },
    reason: expect.stringContaining("timestamp"),
  });
});

test("entry, changes and messages may be an object in place of a list", async () => {
  const change = given.change({ messages: given.text(), contacts: given.contact() });
  const events = await normalise({ object: "whatsapp_business_account", entry: { id: given.WABA, changes: change } });
  expect(events).toMatchObject([{ kind: "message", contact: { wa_id: given.ANA, name: "Ana" } }]);
});

test.each([
  ["a list", []],
  ["nothing", null],
  ["a text", "hello"],
  ["another product", { object: "instagram", entry: [{ id: "1", changes: [] }] }],
  ["no entry", { object: "whatsapp_business_account" }],
  ["entry null", { object: "whatsapp_business_account", entry: null }],
  ["an empty entry list", { object: "whatsapp_business_account", entry: [] }],
  ["changes missing", { entry: [{ id: "1" }] }],
  ["changes a text", { entry: [{ id: "1", changes: "x" }] }],
  ["an entry without id", { entry: [{ changes: [given.change({})] }] }],
])("a body with %s is one malformed event", async (_, json) => {
  const events = await normalise(json);
  expect(events.map(({ kind }) => kind)).toEqual(["malformed"]);
});

test("a message that names no number of ours is malformed, never somebody's", async () => {
  const value = { ...given.value({ messages: [given.text()] }), metadata: { display_phone_number: given.OWN } };
  expect(await normalise(given.body({ field: "messages", value }))).toMatchObject([
    { kind: "malformed", account: null, reason: "metadata.phone_number_id is missing" },
  ]);
});

test("text that Postgres cannot hold is cleaned everywhere, raw included", async () => {
  const message = given.text({ text: { body: "a\u0000b\ud800" }, "k\u0000": 1 });
  const [event] = await normalise(given.body(given.change({ messages: [message] })));
  expect(event).toMatchObject({ content: "ab\uFFFD" });
  expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud800/);
});

test("a text far over Meta's limit is kept up to 100 KB", async () => {
  const read = async (length: number) => {
    const [event] = await normalise(
      given.body(given.change({ messages: [given.text({ text: { body: "x".repeat(length) } })] })),
    );
    return event?.kind === "message" ? event.content.length : -1;
  };
  expect(await read(50_000)).toBe(50_000);
  expect(await read(200_000)).toBe(102_400);
});

test("nesting without end is cut, and the message stands", async () => {
  const deep: unknown = JSON.parse("[".repeat(20_000) + "]".repeat(20_000));
  const events = await normalise(given.body(given.change({ messages: [given.text({ extra: deep })] })));
  expect(events).toMatchObject([{ kind: "message", content: "Is it open today?" }]);
  expect(JSON.stringify(events)).toContain("nested too deeply");
});

test("a thousand messages in one body are a thousand events", async () => {
  const messages = Array.from({ length: 1_000 }, (_, i) => given.text({ id: `wamid.${i}` }));
  expect(await normalise(given.body(given.change({ messages, contacts: [given.contact()] })))).toHaveLength(1_000);
});
