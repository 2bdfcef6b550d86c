import { afterEach, beforeEach, expect, test } from "vitest";
import { APP_SECRET, bearer, CUSTOMER, NUMBER, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";
import type { InboundInput } from "./inbound.ts";
import { signature } from "./sign.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ clock: () => NOW });
});
afterEach(() => rig.close());

async function deliver(change: Partial<InboundInput>) {
  const answer = await rig.simulators.api.inbound({ from: CUSTOMER, ...change });
  const bytes = rig.webhooks.at(-1)?.bytes ?? "";
  return { answer, bytes, value: () => JSON.parse(bytes).entry[0].changes[0].value };
}

test("a text arrives in Meta's envelope, signed, from the customer to the first number", async () => {
  const { answer, bytes, value } = await deliver({ text: "¿Hola?" });
  expect(answer).toEqual({ status: 200, body: "seen", id: expect.stringMatching(/^wamid\./), statuses: [200] });
  expect(rig.webhooks[0]?.headers["x-hub-signature-256"]).toBe(signature(APP_SECRET, bytes));
  expect(value()).toMatchObject({
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550783881", phone_number_id: NUMBER.phone_number_id },
    contacts: [{ wa_id: "16505551234" }],
    messages: [{ from: "16505551234", id: answer.id, type: "text", text: { body: "¿Hola?" } }],
  });
});

test("the worker's answer is passed on as it is, and the webhook comes again", async () => {
  rig.answers.push(503);
  expect((await deliver({ text: "Hello" })).answer).toMatchObject({ status: 503, body: "seen" });
  const [first, second] = await rig.received(2);
  expect(second?.bytes).toBe(first?.bytes);
});

test("copies are the same webhook several times", async () => {
  const { answer } = await deliver({ text: "Hello", copies: 3 });
  expect(answer.statuses).toEqual([200, 200, 200]);
  expect(new Set(rig.webhooks.map((webhook) => webhook.bytes)).size).toBe(1);
  expect(rig.webhooks).toHaveLength(3);
});

test("a number is addressed by its id or by the number itself; a stranger's id is delivered too", async () => {
  rig.simulators.api.addNumber({ ...NUMBER, phone_number_id: "77", display_phone_number: "+44 20 7946 0000" });
  for (const to of ["77", "442079460000", "+44 20 7946 0000"]) {
    expect((await deliver({ text: "Hi", to })).value().metadata.phone_number_id).toBe("77");
  }
  expect((await deliver({ text: "Hi", to: "12345" })).value().metadata.phone_number_id).toBe("12345");
});

test("a sender known only by a business-scoped id comes without a phone", async () => {
  const { value } = await deliver({ from: "US.134912", text: "Hi" });
  expect(value().messages[0]).toMatchObject({ from_user_id: "US.134912" });
  expect(value().messages[0]).not.toHaveProperty("from");
  expect(value().contacts[0]).not.toHaveProperty("wa_id");
});

test("a raw string is posted to the byte, once, even when it is not JSON", async () => {
  rig.answers.push(400);
  const { answer, bytes } = await deliver({ raw: '{"broken": ' });
  expect(bytes).toBe('{"broken": ');
  expect(answer).toMatchObject({ status: 400, id: null });
});

test("a raw message goes into an envelope, and its fields win", async () => {
  const { answer, value } = await deliver({
    raw: { id: "wamid.mine", timestamp: "1", type: "text", text: { body: "x" } },
  });
  expect(answer.id).toBe("wamid.mine");
  expect(value().messages[0]).toMatchObject({ id: "wamid.mine", timestamp: "1", from: "16505551234" });
});

test("a raw value of a change keeps its items, a raw body is not touched", async () => {
  const statuses = [{ id: "wamid.x", status: "sent", timestamp: "1" }];
  expect((await deliver({ raw: { statuses } })).value()).toMatchObject({ statuses, messaging_product: "whatsapp" });
  const body = { object: "whatsapp_business_account", entry: [] };
  expect(JSON.parse((await deliver({ raw: body })).bytes)).toEqual(body);
});

test("a raw message opens the window at its own time, not at its arrival", async () => {
  const yesterday = String(NOW / 1000 - 25 * 3600);
  await deliver({ raw: { type: "text", text: { body: "old" }, timestamp: yesterday } });
  expect((await rig.send()).body.error.code).toBe(131047);
  await deliver({ text: "new" });
  expect((await rig.send()).status).toBe(200);
});

test("a raw image without an id can be looked up and downloaded", async () => {
  const { image } = (await deliver({ raw: { type: "image", image: { caption: "Look" } } })).value().messages[0];
  expect(image).toMatchObject({ caption: "Look", mime_type: "image/png" });
  const found = await rig.call("GET", `/v25.0/${image.id}`, undefined, bearer());
  const file = await fetch(found.body.url, { headers: bearer() });
  expect((await file.arrayBuffer()).byteLength).toBe(Number(found.body.file_size));
});

test("a worker that cannot be reached is status 0, with the reason", async () => {
  const alone = await startRig({ worker_url: () => "http://127.0.0.1:1", meta: { webhook_retries_ms: [] } });
  const answer = await alone.simulators.api.inbound({ from: CUSTOMER, text: "Hello" });
  await alone.close();
  expect(answer).toMatchObject({ status: 0, body: expect.stringContaining("ECONNREFUSED") });
});
