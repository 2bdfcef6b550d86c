import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, NUMBER, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const account = (method: string, rest: string, body?: unknown) =>
  rig.call(method, `/v25.0/${NUMBER.waba_id}/${rest}`, body, bearer());

function template(change: Record<string, unknown> = {}) {
  const components = [{ type: "BODY", text: "Ready, {{1}}!" }];
  return { name: "ready", language: "en_US", category: "UTILITY", components, ...change };
}

test("an account is subscribed once asked", async () => {
  expect((await account("GET", "subscribed_apps")).body).toEqual({ data: [] });
  expect((await account("POST", "subscribed_apps")).body).toEqual({ success: true });
  expect((await account("GET", "subscribed_apps")).body.data).toHaveLength(1);
});

test("another's account does not exist for this token", async () => {
  const answer = await rig.call("GET", "/v25.0/5/subscribed_apps", undefined, bearer());
  expect(answer.body.error).toMatchObject({ code: 100, error_subcode: 33 });
});

test("templates come in pages, with a cursor on the last page too but no next", async () => {
  await account("POST", "message_templates", template());
  await account("POST", "message_templates", template({ language: "es" }));
  const first = await account("GET", "message_templates?limit=2");
  expect(first.body.data).toHaveLength(2);
  const next = new URL(first.body.paging.next);
  const last = await account("GET", `message_templates${next.search}`);
  expect(last.body.data).toMatchObject([{ name: "ready", language: "es", status: "APPROVED" }]);
  expect(last.body.paging).toEqual({ cursors: { before: expect.any(String), after: expect.any(String) } });
});

test("a foreign cursor is refused", async () => {
  expect((await account("GET", "message_templates?after=abc")).body.error.code).toBe(131059);
});

test("deleting by name takes every language, with an id only that one", async () => {
  const { id } = (await account("POST", "message_templates", template())).body;
  await account("POST", "message_templates", template({ language: "es" }));
  const languages = async () =>
    (await account("GET", "message_templates?name=ready")).body.data.map((each: { language: string }) => each.language);
  await account("DELETE", `message_templates?name=ready&hsm_id=${id}`);
  expect(await languages()).toEqual(["es"]);
  await account("DELETE", "message_templates?name=ready");
  expect(await languages()).toEqual([]);
});

test.each([
  ["a name with capitals", { name: "Ready" }],
  ["an unknown category", { category: "FUN" }],
  ["no components", { components: [] }],
])("%s is refused", async (_, change) => {
  expect((await account("POST", "message_templates", template(change))).status).toBe(400);
});
