import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMember } from "../../test/factories/tenant.ts";
import { userClient, run } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, openScene, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, requests, resetSimulators } from "../../test/support/simulators.ts";
import { bodyOf, post, unixSeconds } from "../../test/support/webhook.ts";
import { sweep } from "../../test/support/worker.ts";

let scene: Scene;
let owner: Client;
beforeEach(async () => {
  scene = await openScene();
  owner = await userClient(scene.owner.user_id);
});
afterEach(resetSimulators);

const BODY = { type: "BODY", text: "Hello {{1}}, your order has left.", example: { body_text: [["Ana"]] } };
const channel = () => ({ channel_id: scene.channel_id });
const create = (name: string, change: object = {}) =>
  run(owner, "create-template", {
    ...channel(),
    name,
    language: "en",
    category: "UTILITY",
    components: [BODY],
    ...change,
  });
const stored = () =>
  sql`select name, language, status, category, status_reason from public.templates where waba_id = ${scene.waba_id} order by name, language`;
const said = (text: string) => [{ type: "body", parameters: [{ type: "text", text }] }];

/** What Meta tells of a template of the account; change one thing. */
async function tell(field: string, value: object, at = unixSeconds()) {
  const entry = { id: scene.waba_id, time: at, changes: [{ field, value }] };
  const named = { message_template_name: "shipped", message_template_language: "en", message_template_id: 1 };
  entry.changes[0] = { field, value: { ...named, ...value } };
  expect((await post(bodyOf(entry))).status).toBe(200);
}

describe("the catalogue", () => {
  test("a list of several pages is read to its end; what it lacks is deleted here", async () => {
    for (let i = 0; i < 60; i++) await create(`t_${i}`);
    await sql`insert into public.templates (org_id, business_id, waba_id, name, language, category, status, created_at)
      values (${scene.org_id}, ${scene.business_id}, ${scene.waba_id}, 'gone', 'en', 'UTILITY', 'APPROVED', now() - interval '1 day')`;
    const { data } = await run(owner, "sync-templates", channel());
    expect(data).toMatchObject({ templates: 61, deleted: 1, unreadable: 0 });
    const pages = (await requests("meta")).filter(
      ({ method, path }) => method === "GET" && path.includes("message_templates"),
    );
    expect(pages).toHaveLength(2);
    expect((await stored()).find(({ name }) => name === "gone")).toMatchObject({ status: "DELETED" });
  });

  test("a list that breaks off deletes nothing and is read again by the sweep", async () => {
    await create("shipped");
    await sql`update public.templates set seen_at = now() - interval '1 day' where waba_id = ${scene.waba_id}`;
    await fault({ provider: "meta", operation: "any", kind: "error", value: 80007, count: 1 });
    expect(await run(owner, "sync-templates", channel())).toMatchObject({
      status: 429,
      error: { message: expect.stringContaining("80007") },
    });
    expect(await stored()).toMatchObject([{ name: "shipped", status: "APPROVED" }]);
    await sql`update switchboard.template_syncs set due_at = now() where channel_id = ${scene.channel_id}`;
    await sweep();
    expect(await stored()).toMatchObject([{ name: "hello_world" }, { name: "shipped", status: "APPROVED" }]);
    expect(
      await row`select due_at, error from switchboard.template_syncs where channel_id = ${scene.channel_id}`,
    ).toEqual({
      due_at: null,
      error: null,
    });
  });

  test("made, changed, and deleted in the languages that one names, in no other", async () => {
    expect((await create("shipped")).data).toMatchObject({ name: "shipped", status: "APPROVED", components: [BODY] });
    const { data: german } = await create("shipped", { language: "de" });
    await create("shipped", { language: "fr" });
    expect(await create("shipped")).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining("already en content") },
    });

    const components = [{ type: "BODY", text: "Ihre Bestellung ist unterwegs." }];
    const edited = await run(owner, "edit-template", { template_id: german.template_id, components });
    expect(edited.data).toMatchObject({ status: "PENDING", components });
    expect(await run(owner, "edit-template", { template_id: german.template_id, components })).toMatchObject({
      status: 409,
    });

    const asked = await run(owner, "delete-template", { ...channel(), name: "shipped" });
    expect(asked).toMatchObject({ status: 409, error: { details: { current: { languages: ["de", "en", "fr"] } } } });
    const deleted = await run(owner, "delete-template", { ...channel(), name: "shipped", languages: ["en", "fr"] });
    expect(deleted.data).toEqual({ name: "shipped", deleted: ["en", "fr"], failed: [] });
    await run(owner, "sync-templates", channel());
    expect(await stored()).toMatchObject([
      { name: "hello_world" },
      { language: "de", status: "PENDING" },
      { language: "en", status: "DELETED" },
      { language: "fr", status: "DELETED" },
    ]);
  });

  test("what is wrong with a template is said before Meta is asked", async () => {
    const refused = await create("shipped", { components: [{ type: "BODY", text: "Hello {{2}}, welcome." }] });
    expect(refused).toMatchObject({ status: 400, error: { message: expect.stringContaining("count up from {{1}}") } });
    expect((await requests("meta")).filter(({ path }) => path.includes("message_templates"))).toEqual([]);
  });

  test("only those who manage the workspace change templates", async () => {
    const agent = await userClient((await createMember(exec, scene)).user_id);
    const stranger = await userClient((await openScene()).owner.user_id);
    const input = {
      ...channel(),
      name: "a",
      language: "en",
      category: "UTILITY",
      components: [{ type: "BODY", text: "a" }],
    };
    expect(await run(agent, "create-template", input)).toMatchObject({ status: 403 });
    expect(await run(stranger, "create-template", input)).toMatchObject({ status: 404 });
    expect(await run(stranger, "sync-templates", channel())).toMatchObject({ status: 404 });
    expect(await run(stranger, "delete-template", { ...channel(), name: "a", languages: ["en"] })).toMatchObject({
      status: 404,
    });
  });
});

describe("what Meta tells", () => {
  test("status, quality and category follow the newest word, whatever the order", async () => {
    await create("shipped");
    const now = unixSeconds();
    await tell(
      "message_template_status_update",
      { event: "PAUSED", reason: "NONE", other_info: { title: "FIRST_PAUSE", description: "Feedback" } },
      now + 5,
    );
    await tell("message_template_status_update", { event: "APPROVED", reason: "NONE" }, now + 2);
    await tell("message_template_quality_update", { previous_quality_score: "GREEN", new_quality_score: "RED" });
    await tell("template_category_update", { previous_category: "UTILITY", new_category: "MARKETING" });
    expect(
      await row`select status, status_reason, quality, category from public.templates where name = 'shipped' and waba_id = ${scene.waba_id}`,
    ).toEqual({
      status: "PAUSED",
      status_reason: "Feedback",
      quality: "RED",
      category: "MARKETING",
    });
    await tell("message_template_status_update", { event: "FLAGGED" }, now + 6);
    expect(await stored()).toMatchObject([{ status: "PAUSED" }]);
    await tell("message_template_status_update", { event: "APPROVED", other_info: { title: "UNPAUSE" } }, now + 7);
    expect(await stored()).toMatchObject([{ status: "APPROVED" }]);
  });

  test("a template that we have not seen is read by the next sweep", async () => {
    await tell("message_template_status_update", { event: "APPROVED" });
    await sweep();
    expect(await stored()).toMatchObject([{ name: "hello_world", status: "APPROVED" }]);
  });
});

describe("messages", () => {
  const send = (conversation_id: string, template: object) =>
    command(scene, "send-message", { conversation_id, template });

  test("F92: parameters that do not fit are refused, and Meta is not asked", async () => {
    const conversation_id = await write(scene, "Hi");
    await create("shipped");
    const template = { name: "shipped", language: "en" };
    expect(await send(conversation_id, template)).toMatchObject({
      status: 400,
      body: { message: "the body takes 1 variable (1), the message gives 0" },
    });
    expect(
      await send(conversation_id, {
        ...template,
        components: [...said("Ana"), { type: "header", parameters: [{ type: "text", text: "x" }] }],
      }),
    ).toMatchObject({ status: 400 });
    expect(await sends(scene)).toEqual([]);
    expect(await send(conversation_id, { ...template, components: said("Ana") })).toMatchObject({
      status: 200,
      body: { delivery_status: "sending" },
    });
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F92: a template that changes between the decision and the call is not sent with the old parameters", async () => {
    const conversation_id = await write(scene, "Hi");
    await create("shipped");
    const [draft] = await sql<{ id: string }>`
      insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content, type, payload, delivery_status)
      select v.id, v.business_id, v.org_id, v.channel_id, v.contact_id, 'outbound', 'agent', '[template shipped]', 'template',
        '{"type": "template", "name": "shipped", "language": "en"}', 'queued' from public.conversations v where v.id = ${conversation_id} returning id`;
    await sql`insert into public.send_attempts (org_id, business_id, conversation_id, message_id)
      values (${scene.org_id}, ${scene.business_id}, ${conversation_id}, ${draft?.id})`;
    await command(scene, "send-message", { conversation_id, content: "After it" });
    expect(
      await row`select delivery_status, error ->> 'code' as code from public.messages where id = ${draft?.id}`,
    ).toEqual({
      delivery_status: "failed",
      code: "template_parameters",
    });
    expect((await sends(scene)).map(({ body }) => body.type)).toEqual(["text"]);
  });

  test("one that is paused, or that the account does not have, is refused with the reason", async () => {
    const conversation_id = await write(scene, "Hi");
    await create("shipped");
    expect(await send(conversation_id, { name: "hello_world", language: "en_US" })).toMatchObject({ status: 200 });
    await run(owner, "sync-templates", channel());
    expect((await send(conversation_id, { name: "nobody", language: "en" })).body.message).toContain(
      "run sync-templates",
    );
    await tell(
      "message_template_status_update",
      { event: "PAUSED", other_info: { title: "FIRST_PAUSE", description: "Many blocked it" } },
      unixSeconds() + 5,
    );
    expect(
      (await send(conversation_id, { name: "shipped", language: "en", components: said("Ana") })).body.message,
    ).toContain("is paused at Meta (Many blocked it)");
  });

  test("F100: a utility template that Meta makes marketing needs the consent for marketing", async () => {
    const conversation_id = await write(scene, "Hi");
    await create("shipped");
    await sql`insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, at)
      select org_id, business_id, contact_id, 'whatsapp', 'marketing', 'withdrawn', 'person', now() from public.conversations where id = ${conversation_id}`;
    const template = { name: "shipped", language: "en", components: said("Ana") };
    expect(await send(conversation_id, template)).toMatchObject({ status: 200 });
    await tell("template_category_update", { previous_category: "UTILITY", new_category: "MARKETING" });
    expect(await send(conversation_id, template)).toMatchObject({
      status: 422,
      body: { details: { rule: "consent" } },
    });
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F100: announced for a moment, it is marketing from that moment on", async () => {
    const conversation_id = await write(scene, "Hi");
    await create("shipped");
    await tell("template_category_update", {
      new_category: "UTILITY",
      correct_category: "MARKETING",
      category_update_timestamp: unixSeconds() + 3600,
    });
    const of = () => row`select switchboard.topic_of(m) as topic, t.category from public.messages m, public.templates t
      where m.conversation_id = ${conversation_id} and m.type = 'template' and t.waba_id = ${scene.waba_id} limit 1`;
    await send(conversation_id, { name: "shipped", language: "en", components: said("Ana") });
    expect(await of()).toEqual({ topic: "utility", category: "UTILITY" });
    await sql`update public.templates set category_changes_at = now() where waba_id = ${scene.waba_id}`;
    expect(await of()).toEqual({ topic: "marketing", category: "UTILITY" });
    await sweep();
    expect(await of()).toEqual({ topic: "marketing", category: "MARKETING" });
  });
});

test("F92: a campaign's parameters are checked when it is made, each version's", async () => {
  const { data: template } = await create("shipped");
  const { business_id, channel_id } = scene;
  const campaign = {
    business_id,
    channel_id,
    name: "a",
    template_id: template.template_id,
    audience: { everybody: true },
  };
  const arms = [
    { name: "a", components: said("{{contact.name}}") },
    { name: "b", components: [{ type: "body", parameters: [{ type: "image", image: { id: "1" } }] }] },
  ];
  expect(await command(scene, "create-campaign", campaign)).toMatchObject({ status: 400 });
  expect((await command(scene, "create-campaign", { ...campaign, arms })).body.message).toContain(
    "image is not possible here",
  );
  expect(await command(scene, "create-campaign", { ...campaign, components: said("{{contact.name}}") })).toMatchObject({
    status: 200,
  });
});
