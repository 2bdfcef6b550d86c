import { afterAll, beforeAll, expect, test } from "vitest";
import { callAs } from "../../shared/db/call.ts";
import { begin } from "../../shared/turns/begin.ts";
import { getTimeline } from "../../workers/functions/commands/get-timeline.ts";
import { message, newCustomer, seconds } from "../factories/events.ts";
import { createMember, createTenant, insert, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openDesk, refused } from "./desk.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
let ask: ReturnType<typeof openDesk>;
beforeAll(async () => {
  db = await openHarness();
  ask = openDesk(db);
});
afterAll(() => db.close());

/** A person who wrote by WhatsApp, then by SMS, then by WhatsApp again; and somebody else. */
async function writesEverywhere(tenant: Tenant) {
  const { org_id, business_id } = tenant;
  const sms = { ...tenant, channel_id: crypto.randomUUID(), phone_number_id: `4${randomDigits(12)}` };
  await db.exec({ role: "switchboard_worker" }, [
    insert("public.channels", {
      id: sms.channel_id,
      org_id,
      business_id,
      platform: "sms",
      label: "Texts",
      ai_delay_seconds: 0,
      phone_number_id: sms.phone_number_id,
    }),
  ]);
  const customer = newCustomer();
  const at = seconds() - 60;
  await db.arrive(message(tenant.phone_number_id, customer, { content: "I ordered a red mug", at }));
  const bySms = await db.writes(sms, customer, { content: "it is number 77", at: at + 10 });
  const byWhatsApp = await db.writes(tenant, customer, { content: "where is it?", at: at + 20 });
  await db.arrive(message(tenant.phone_number_id, newCustomer(), { content: "not mine" }));
  const { contact_id } = await db.conversation(bySms);
  return { bySms, byWhatsApp, contact_id: String(contact_id) };
}

test("one memory: a turn knows what the same person said on other channels, and nothing of anybody else", async () => {
  const { bySms, byWhatsApp } = await writesEverywhere(await createTenant(db.exec));
  const begun = await begin(db.exec, byWhatsApp, crypto.randomUUID());
  if (begun.outcome !== "begun") throw new Error(begun.outcome);
  expect(begun.context.messages.map(({ content }) => content)).toEqual(["I ordered a red mug", "where is it?"]);
  expect(begun.context.elsewhere).toMatchObject([
    { platform: "sms", direction: "inbound", content: "it is number 77" },
  ]);
  const other = await begin(db.exec, bySms, crypto.randomUUID());
  if (other.outcome !== "begun") throw new Error(other.outcome);
  expect(other.context.elsewhere.map(({ content }) => content)).toEqual(["I ordered a red mug", "where is it?"]);
});

test("F126: one timeline over all channels, newest first, a page at a time", async () => {
  const tenant = await createTenant(db.exec);
  const { contact_id } = await writesEverywhere(tenant);
  const first = await ask(tenant, getTimeline, { contact_id, limit: 2 });
  expect(first.messages.map(({ platform, content }) => [platform, content])).toEqual([
    ["whatsapp", "where is it?"],
    ["sms", "it is number 77"],
  ]);
  const second = await ask(tenant, getTimeline, { contact_id, limit: 2, after: first.next ?? "" });
  expect([second.messages.map(({ content }) => content), second.next]).toEqual([["I ordered a red mug"], null]);
  const stranger = await createTenant(db.exec);
  expect(await refused(ask(stranger, getTimeline, { contact_id }))).toMatchObject({ code: "not_found" });
});

test("F142: an agent who sees only what is assigned to it sees that part of a timeline", async () => {
  const tenant = await createTenant(db.exec, { organization: { agents_see_assigned_only: true } });
  const { bySms, contact_id } = await writesEverywhere(tenant);
  const agent = await createMember(db.exec, tenant);
  await db.rows("update conversations set status = 'assigned', assigned_to = $2 where id = $1", [
    bySms,
    agent.team_member_id,
  ]);
  const { messages } = await callAs<{ messages: { content: string }[] }>(
    db.exec,
    { role: "switchboard_worker", claims: { sub: agent.user_id, role: "authenticated" } },
    "get_timeline_v1",
    { contact_id, limit: 10 },
  );
  expect(messages.map(({ content }) => content)).toEqual(["it is number 77"]);
});
