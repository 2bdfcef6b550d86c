import { describe, expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

async function read(message: Record<string, unknown>) {
  const events = await normalise(given.body(given.change({ messages: [message], contacts: [given.contact()] })));
  expect(events).toHaveLength(1);
  return events[0];
}

test("a text message, field by field", async () => {
  const message = given.text({ context: { from: given.OWN, id: "wamid.0" } });
  expect(await read(message)).toEqual({
    kind: "message",
    account: given.NUMBER,
    provider_id: "wamid.1",
    origin: "live",
    direction: "inbound",
    contact: { wa_id: given.ANA, phone: `+${given.ANA}`, scope: given.WABA, name: "Ana" },
    at: given.AT,
    type: "text",
    content: "Is it open today?",
    reply_to: "wamid.0",
    wakes: true,
    raw: message,
  });
});

test.each([{ forwarded: true }, { frequently_forwarded: true }, null, "x"])(
  "context %j names no message",
  async (context) => {
    expect(await read(given.text({ context }))).not.toHaveProperty("reply_to");
  },
);

test("a message from an advertisement is a message like any other", async () => {
  const referral = { source_type: "ad", source_id: "1", headline: "Sale" };
  expect(await read(given.text({ referral }))).toMatchObject({
    content: "Is it open today?",
    wakes: true,
    raw: { referral },
  });
});

describe("what a person reads, and whether it asks for an answer", () => {
  const interactive = (part: object) => given.typed("interactive", part);
  const form = (response_json: unknown) =>
    interactive({ type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json } });
  const cards = [
    { name: { formatted_name: "Barbara J. Johnson" }, phones: [{ phone: "+1 (983) 555-2319" }] },
    { name: {} },
    null,
  ];
  const basket = [
    { product_retailer_id: "di9ozbzfi4", quantity: 2, item_price: 30, currency: "USD" },
    { product_retailer_id: "nqryix03ez", quantity: 1 },
    { product_retailer_id: "gift", quantity: 1, item_price: 0, currency: "USD" },
    "odd",
  ];

  test.each<[Record<string, unknown>, string, boolean]>([
    [given.text({ text: { body: "" } }), "[empty message]", true],
    [given.text({ text: { body: "  \n" } }), "[empty message]", true],
    [given.text({ text: null }), "[empty message]", true],
    [given.typed("image", { id: "9" }), "[image]", true],
    [given.typed("image", { id: "9", caption: "This one?" }), "[image] This one?", true],
    [given.typed("document", { id: "9", filename: "Currículum café.pdf" }), "[document: Currículum café.pdf]", true],
    [given.typed("audio", { id: "9", voice: true }), "[voice message]", true],
    [given.typed("audio", { id: "9", voice: false }), "[audio]", true],
    [given.typed("video", { id: "9" }), "[video]", true],
    [given.typed("sticker", { id: "9", animated: false }), "[sticker]", true],
    [given.typed("image", null), "[image]", true],
    [given.typed("location", { latitude: 0, longitude: 1.5 }), "[location] (0, 1.5)", true],
    [
      given.typed("location", { latitude: 1, longitude: 2, name: "HQ", address: "1 Way" }),
      "[location] HQ, 1 Way (1, 2)",
      true,
    ],
    [given.typed("location", {}), "[location]", true],
    [given.typed("contacts", cards), "[contacts] Barbara J. Johnson +1 (983) 555-2319", true],
    [given.typed("contacts", []), "[contacts]", true],
    [given.typed("button", { payload: "No-Button-Payload", text: "No" }), "No", true],
    [given.typed("button", { payload: "No-Button-Payload" }), "No-Button-Payload", true],
    [given.typed("button", {}), "[button]", true],
    [interactive({ type: "button_reply", button_reply: { id: "cancel", title: "Cancel" } }), "Cancel", true],
    [
      interactive({ type: "list_reply", list_reply: { id: "x", title: "Express", description: "2 days" } }),
      "Express",
      true,
    ],
    [interactive({ type: "list_reply", list_reply: { id: "x" } }), "x", true],
    [form('{"flow_token":"secret","size":"M","count":2}'), "[form] size: M, count: 2", true],
    [form('{"flow_token":"secret"}'), "[form] Sent", true],
    [form('{"note":"a\\u0000b\\ud800"}'), "[form] note: ab\uFFFD", true],
    [form(`{"deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`), expect.stringContaining("nested too deeply"), true],
    [form("[1,2]"), "[form] Sent", true],
    [form("{broken"), "[form] Sent", true],
    [form(undefined), "[form] Sent", true],
    [interactive({ type: "nfm_reply", nfm_reply: {} }), "[form]", true],
    [
      interactive({ type: "call_permission_reply", call_permission_reply: { response: "accept" } }),
      "[call permission] accept",
      false,
    ],
    [
      given.typed("order", { catalog_id: "1", text: "", product_items: basket }),
      "[order] 2 × di9ozbzfi4 at 30 USD, 1 × nqryix03ez, 1 × gift at 0 USD",
      true,
    ],
    [given.typed("order", { text: "Thursday please", product_items: [] }), "[order]\nThursday please", true],
    [given.typed("reaction", { message_id: "wamid.0", emoji: "👍" }), "👍", false],
    [given.typed("reaction", { message_id: "wamid.0", emoji: "" }), "", false],
    [given.typed("reaction", { message_id: "wamid.0" }), "", false],
  ])("case %#", async (message, content, wakes) => {
    expect(await read(message)).toMatchObject({ kind: "message", content, wakes });
  });
});

test.each([
  [given.text({ type: "unsupported", errors: [{ code: 131051 }] }), "unsupported", "[unsupported message]"],
  [given.typed("unsupported", { type: "poll" }), "unsupported", "[unsupported message: poll]"],
  [given.text({ type: "unknown" }), "unsupported", "[unsupported message]"],
  [given.text({ type: "hologram" }), "hologram", "[unsupported message: hologram]"],
  [given.text({ type: undefined }), "unsupported", "[unsupported message]"],
  [
    given.text({ type: "interactive", errors: [{ code: 131051 }] }),
    "interactive",
    "[unsupported message: interactive]",
  ],
])(
  "F13: %j is kept with its type, a placeholder and its raw form, and wakes nobody",
  async (message, type, content) => {
    expect(await read(message)).toMatchObject({
      kind: "message",
      type,
      content,
      wakes: false,
      raw: JSON.parse(JSON.stringify(message)),
    });
  },
);

test("a reaction points at its message, and stands alone when it names none", async () => {
  expect(await read(given.typed("reaction", { message_id: "wamid.0", emoji: "👍" }))).toMatchObject({
    reply_to: "wamid.0",
  });
  expect(await read(given.typed("reaction", { emoji: "👍" }))).not.toHaveProperty("reply_to");
});

test("a button may come without context", async () => {
  expect(await read(given.typed("button", { text: "No" }, { context: undefined }))).not.toHaveProperty("reply_to");
  expect(await read(given.typed("button", { text: "No" }, { context: { id: "wamid.0" } }))).toMatchObject({
    reply_to: "wamid.0",
  });
});

test("media carries what is needed to fetch and show it", async () => {
  const file = { id: "9", mime_type: "application/pdf", sha256: "q1w2=", filename: "a.pdf", url: "https://x.test/9" };
  expect(await read(given.typed("document", file))).toMatchObject({ media: file });
  expect(await read(given.typed("voice", { id: "9" }))).toMatchObject({ type: "audio", media: { id: "9" } });
});

test("media that Meta could not fetch keeps its text and offers nothing to download", async () => {
  const message = given.typed("image", { id: "9", caption: "This one?" }, { errors: [{ code: 131052 }] });
  const event = await read(message);
  expect(event).toMatchObject({ type: "image", content: "[image, not available] This one?", wakes: true });
  expect(event).not.toHaveProperty("media");
});

test("a line written in a group wakes nobody", async () => {
  expect(await read(given.text({ group_id: "120363" }))).toMatchObject({ kind: "message", wakes: false });
});

test.each([
  ["a number", given.AT, given.AT],
  ["a text", String(given.AT), given.AT],
])("a timestamp that is %s is read as unix seconds", async (_, timestamp, at) => {
  expect(await read(given.text({ timestamp }))).toMatchObject({ at });
});

test.each([undefined, null, "", "soon", "0", -5, 1.5, "1750030073000", "1e9", {}])(
  "a message with timestamp %j is malformed",
  async (timestamp) => {
    expect(await read(given.text({ timestamp }))).toMatchObject({ kind: "malformed", account: given.NUMBER });
  },
);

test.each([undefined, null, "", 5, "x".repeat(513)])("a message with id %j is malformed", async (id) => {
  expect(await read(given.text({ id }))).toMatchObject({ kind: "malformed", raw: { from: given.ANA } });
});

describe("edits and revocations", () => {
  const edited = {
    original_message_id: "wamid.0",
    message: { type: "text", text: { body: "at six" }, context: { id: "M0" } },
  };

  test("an edit names its target and the new content", async () => {
    expect(await read(given.typed("edit", edited))).toMatchObject({
      kind: "edit",
      provider_id: "wamid.1",
      target: "wamid.0",
      type: "text",
      content: "at six",
      contact: { wa_id: given.ANA },
    });
  });

  test("an edited picture brings its file", async () => {
    const message = { type: "image", image: { id: "9", caption: "new" } };
    expect(await read(given.typed("edit", { ...edited, message }))).toMatchObject({
      content: "[image] new",
      media: { id: "9" },
    });
  });

  test("a revocation names its target", async () => {
    const event = await read(given.typed("revoke", { original_message_id: "wamid.0" }));
    expect(event).toMatchObject({ kind: "revoke", provider_id: "wamid.1", target: "wamid.0" });
  });

  test.each([
    given.typed("edit", { message: { type: "text" } }),
    given.typed("edit", { original_message_id: "wamid.0" }),
    given.typed("edit", null),
    given.typed("revoke", {}),
    given.typed("revoke", undefined),
  ])("without a target %j is malformed", async (message) => {
    expect(await read(message)).toMatchObject({ kind: "malformed" });
  });
});
