import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, CUSTOMER, NUMBER, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
let now: number;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 20, 12);
  rig = await startRig({ clock: () => now });
});
afterEach(() => rig.close());

async function upload(change: Record<string, string | File> = {}) {
  const form = new FormData();
  const file = new File(["picture"], "a.jpg", { type: "image/jpeg" });
  const fields = { messaging_product: "whatsapp", type: "image/jpeg", file, ...change };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const url = `${rig.simulators.url}/v25.0/${NUMBER.phone_number_id}/media`;
  const response = await fetch(url, { method: "POST", headers: bearer(), body: form });
  return { status: response.status, body: await response.json() };
}

const lookUp = (id: string) => rig.call("GET", `/v25.0/${id}`, undefined, bearer());

test("an uploaded file can be looked up, downloaded with the token, and sent", async () => {
  const { id } = (await upload()).body;
  const { body } = await lookUp(id);
  expect(body).toMatchObject({ id, mime_type: "image/jpeg", file_size: "7", messaging_product: "whatsapp" });
  const file = await fetch(body.url, { headers: bearer() });
  expect(file.headers.get("content-type")).toBe("image/jpeg");
  expect(await file.text()).toBe("picture");
  await rig.write(CUSTOMER);
  expect((await rig.send({ type: "image", text: undefined, image: { id } })).status).toBe(200);
});

test("the file is not given without the token", async () => {
  const { body } = await lookUp((await upload()).body.id);
  expect((await fetch(body.url)).status).toBe(401);
});

test("a link is dead after five minutes, a fresh look-up gives another", async () => {
  const { id } = (await upload()).body;
  const old = (await lookUp(id)).body.url;
  now += 5 * 60 * 1000;
  expect((await fetch(old, { headers: bearer() })).status).toBe(404);
  expect((await fetch((await lookUp(id)).body.url, { headers: bearer() })).status).toBe(200);
});

test("a deleted file is gone", async () => {
  const { id } = (await upload()).body;
  expect((await rig.call("DELETE", `/v25.0/${id}`, undefined, bearer())).body).toEqual({ success: true });
  expect((await lookUp(id)).body.error).toMatchObject({ code: 100, error_subcode: 33 });
});

test("an image over 5 MB is refused", async () => {
  const file = new File([new Uint8Array(5 * 1024 * 1024 + 1)], "a.jpg", { type: "image/jpeg" });
  expect((await upload({ file })).body.error.code).toBe(131053);
});

test("the log shows the file's name and size, not its bytes", async () => {
  await upload();
  expect(rig.simulators.api.requests({})[0]?.body).toEqual({
    messaging_product: "whatsapp",
    type: "image/jpeg",
    file: { name: "a.jpg", size: 7 },
  });
});
