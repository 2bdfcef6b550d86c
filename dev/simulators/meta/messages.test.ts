import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, CUSTOMER, NUMBER, startRig, statusesOf, textMessage } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
let now: number;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 20, 12);
  rig = await startRig({ clock: () => now });
  await rig.write(CUSTOMER);
});
afterEach(() => rig.close());

const code = async (change: Record<string, unknown>) => (await rig.send(change)).body.error?.code;

test("a message is accepted with an id and the recipient's names", async () => {
  expect(await rig.send()).toEqual({
    status: 200,
    body: {
      messaging_product: "whatsapp",
      contacts: [{ input: CUSTOMER, wa_id: "16505551234", user_id: expect.stringMatching(/^US\.\d+$/) }],
      messages: [{ id: expect.stringMatching(/^wamid\./) }],
    },
  });
});

test.each([
  ["image by link", { type: "image", image: { link: "https://example.com/a.jpg", caption: "A" } }],
  ["reaction", { type: "reaction", reaction: { message_id: "wamid.x", emoji: "👍" } }],
  ["answer to a message", { context: { message_id: "wamid.x" } }],
  ["template", { type: "template", template: { name: "hello_world", language: { code: "en_US" } } }],
  [
    "buttons",
    {
      type: "interactive",
      interactive: {
        type: "button",
        body: { text: "Shall we?" },
        action: { buttons: [{ type: "reply", reply: { id: "yes", title: "Yes" } }] },
      },
    },
  ],
  [
    "list",
    {
      type: "interactive",
      interactive: {
        type: "list",
        body: { text: "Which?" },
        action: { button: "Choose", sections: [{ title: "Mugs", rows: [{ id: "1", title: "Red" }] }] },
      },
    },
  ],
])("%s is accepted", async (_, change) => {
  const keepsText = !("type" in change);
  expect((await rig.send({ ...(!keepsText && { text: undefined }), ...change })).body).toHaveProperty("messages");
});

test.each([
  ["no messaging_product", { messaging_product: undefined }, 131008],
  ["nobody to send to", { to: undefined }, 100],
  ["an unknown type", { type: "telepathy" }, 100],
  ["an unknown field", { tone: "kind" }, 100],
  ["no text", { text: undefined }, 131008],
  ["an empty text", { text: { body: "" } }, 131009],
  ["a text over 4096 characters", { text: { body: "x".repeat(4097) } }, 131009],
  ["a number for a text", { text: { body: 7 } }, 100],
  ["correlation data over 512 characters", { biz_opaque_callback_data: "x".repeat(513) }, 131009],
  ["an image by id and link", { type: "image", text: undefined, image: { id: "1", link: "https://e.com/a" } }, 131009],
  ["an image that was never uploaded", { type: "image", text: undefined, image: { id: "1" } }, 100],
  ["a number under +999", { to: "+99912345678" }, 131026],
])("%s is refused", async (_, change, expected) => {
  expect(await code(change)).toBe(expected);
});

test("a token that nobody has is 401 with code 190", async () => {
  const path = `/v25.0/${NUMBER.phone_number_id}/messages`;
  const answer = await rig.call("POST", path, textMessage(), bearer("stolen"));
  expect(answer).toMatchObject({ status: 401, body: { error: { code: 190 } } });
});

test("a token cannot send from another's number", async () => {
  rig.simulators.api.addNumber({ ...NUMBER, phone_number_id: "2", display_phone_number: "2", access_token: "other" });
  const answer = await rig.call("POST", "/v25.0/2/messages", textMessage(), bearer());
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 100, error_subcode: 33 } } });
});

test("free-form is refused 24 hours after the customer's line, a template is not", async () => {
  now += 24 * 60 * 60 * 1000;
  expect(await code({})).toBe(131047);
  const template = { name: "hello_world", language: { code: "en_US" } };
  const sent = await rig.send({ type: "template", text: undefined, template });
  expect(sent.body.messages[0].message_status).toBe("accepted");
});

test("the 46th message to one person is too fast, and one more is free after 6 seconds", async () => {
  for (let count = 0; count < 45; count++) await rig.send();
  expect(await rig.send()).toMatchObject({ status: 400, body: { error: { code: 131056 } } });
  now += 6000;
  expect((await rig.send()).status).toBe(200);
});

test("the 81st message of a number in one second is too fast, whoever it is for", async () => {
  const codes = [];
  for (let person = 0; person < 81; person++) codes.push(await code({ to: `+1650555${2000 + person}` }));
  expect(codes.slice(0, 80)).not.toContain(130429);
  expect(codes[80]).toBe(130429);
});

test("a person without a phone is reached by the business-scoped id", async () => {
  const recipient = "US.13491208655302741918";
  await rig.write(recipient);
  const sent = await rig.send({ to: undefined, recipient });
  expect(sent.body.contacts).toEqual([{ input: recipient, user_id: recipient }]);
  const [status] = statusesOf(await rig.received(1));
  expect(status).toMatchObject({ recipient_user_id: recipient });
  expect(status).not.toHaveProperty("recipient_id");
});

test("marking as read, with the typing indicator", async () => {
  const body = { messaging_product: "whatsapp", status: "read", message_id: "wamid.x" };
  const path = `/v25.0/${NUMBER.phone_number_id}/messages`;
  const typing = { ...body, typing_indicator: { type: "text" } };
  expect(await rig.call("POST", path, typing, bearer())).toEqual({ status: 200, body: { success: true } });
  const refused = await rig.call("POST", path, { ...body, message_id: undefined }, bearer());
  expect(refused.body.error.code).toBe(131008);
});

test("a held message is accepted as held", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "hold", value: 1, count: 1 });
  expect((await rig.send()).body.messages[0].message_status).toBe("held_for_quality_assessment");
});
