import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

const read = (parts: Record<string, unknown>, field = "history") => normalise(given.body(given.change(parts, field)));
const chunk = (...messages: unknown[]) => ({
  metadata: { phase: 0, chunk_order: 1, progress: 55 },
  threads: [{ id: given.ANA, messages }],
});

test("history is history on both sides, and wakes nobody", async () => {
  const context = { history_context: { status: "READ" } };
  const theirs = given.text({ id: "a", ...context });
  const ours = given.text({ id: "b", from: given.OWN, to: given.ANA, ...context });
  expect(await read({ history: [chunk(theirs, ours)] })).toMatchObject([
    { provider_id: "a", origin: "history", direction: "inbound", contact: { wa_id: given.ANA }, wakes: false },
    { provider_id: "b", origin: "history", direction: "outbound", contact: { wa_id: given.ANA }, wakes: false },
  ]);
});

test("our own line is known by its sender when `to` is missing", async () => {
  expect(await read({ history: [chunk(given.text({ from: given.OWN }))] })).toMatchObject([
    { direction: "outbound", contact: { wa_id: given.ANA } },
  ]);
});

test("F30: a thread under another spelling of the sender is still the customer's", async () => {
  const history = [{ threads: [{ id: "551187654321", messages: [given.text({ from: "5511987654321" })] }] }];
  expect(await read({ history })).toMatchObject([{ direction: "inbound" }]);
});

test("F26: a thread of a person without a phone", async () => {
  const history = [
    {
      threads: [
        {
          id: "US.1349",
          messages: [given.text({ from: undefined }), given.text({ from: given.OWN, to_user_id: "US.1349" })],
        },
      ],
    },
  ];
  expect(await read({ history })).toMatchObject([
    { direction: "inbound", contact: { bsuid: "US.1349" } },
    { direction: "outbound", contact: { bsuid: "US.1349" } },
  ]);
});

test("the files that follow are history too", async () => {
  const file = given.typed("image", { id: "9" });
  expect(await read({ messages: [file] })).toMatchObject([
    { origin: "history", direction: "inbound", wakes: false, media: { id: "9" } },
  ]);
  const placeholder = given.text({ type: "media_placeholder" });
  expect(await read({ history: [chunk(placeholder)] })).toMatchObject([{ content: "[media]", wakes: false }]);
});

test("an identity change in history changes nothing now", async () => {
  const old = given.typed("system", { type: "user_changed_number", wa_id: "12195555358" });
  expect((await read({ history: [chunk(old)] })).map(({ kind }) => kind)).toEqual(["message"]);
});

test("our own file without a recipient is malformed, never a message from ourselves", async () => {
  const events = await read({ messages: [given.typed("image", { id: "9" }, { from: given.OWN })] });
  expect(events.map(({ kind }) => kind)).toEqual(["malformed"]);
});

test.each([
  ["a refusal to share", { errors: [{ code: 2593109 }] }, "history.errors"],
  ["a mere note of progress", { metadata: { phase: 2, progress: 100 } }, "history"],
  ["a chunk without threads", { threads: [] }, "history"],
  ["a thread without messages", { threads: [{ id: given.ANA, messages: [] }] }, "history"],
])("%s is an account event", async (_, item, field) => {
  expect(await read({ history: [item] })).toMatchObject([{ kind: "account", account: given.NUMBER, field }]);
});

test.each([[[null]], [["x"]], [[{ threads: "x" }]], [[{ threads: [5] }]], ["x"]])(
  "F3: history %j is malformed",
  async (history) => {
    expect((await read({ history })).map(({ kind }) => kind)).toEqual(["malformed"]);
  },
);

test("the chunks' order does not change what is read", async () => {
  const first = chunk(given.text({ id: "a" }));
  const second = chunk(given.text({ id: "b" }), given.text({ id: "c" }));
  const forth = await read({ history: [first, second] });
  const back = await read({ history: [second, first] });
  const byId = (events: typeof forth) =>
    Object.fromEntries(events.map((event) => ["provider_id" in event && event.provider_id, event]));
  expect(byId(back)).toEqual(byId(forth));
});

test("F20: an echo of the business's phone is outbound, from the phone, to the customer, and wakes nobody", async () => {
  const echo = given.text({ from: given.OWN, to: given.ANA, to_user_id: "US.1349" });
  expect(await read({ message_echoes: [echo] }, "smb_message_echoes")).toMatchObject([
    {
      kind: "message",
      origin: "phone",
      direction: "outbound",
      contact: { wa_id: given.ANA, bsuid: "US.1349" },
      content: "Is it open today?",
      wakes: false,
    },
  ]);
});

test("F20: an echo that names no recipient is malformed, never a message from ourselves", async () => {
  const events = await read({ message_echoes: [given.text({ from: given.OWN, to: undefined })] }, "smb_message_echoes");
  expect(events.map(({ kind }) => kind)).toEqual(["malformed"]);
});

test("F20: an edited or withdrawn echo points at its message", async () => {
  const base = { from: given.OWN, to: given.ANA };
  const edit = given.typed(
    "edit",
    { original_message_id: "wamid.0", message: { type: "text", text: { body: "new" } } },
    base,
  );
  const revoke = given.typed("revoke", { original_message_id: "wamid.0" }, base);
  expect(await read({ message_echoes: [edit, revoke] }, "smb_message_echoes")).toMatchObject([
    { kind: "edit", target: "wamid.0", contact: { wa_id: given.ANA } },
    { kind: "revoke", target: "wamid.0", contact: { wa_id: given.ANA } },
  ]);
});
