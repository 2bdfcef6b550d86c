import { afterAll, beforeAll, expect, test } from "vitest";
import { sweep } from "../../shared/operations/sweep.ts";
import { newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const why = async (id: string) => (await db.conversation(id))["ai_blocked_reason"];

test("F39, F50: lines written while the workspace's AI was off are answered when it is switched on again", async () => {
  const { business_id } = tenant;
  await db.as(tenant, "set_ai_v1", { business_id, enabled: false });
  const id = await db.writes(tenant, newCustomer(), {}, {});
  expect(await db.conversation(id)).toMatchObject({ ai_due_at: null });
  expect((await sweep(db.exec, 100)).due).not.toContain(id);

  await db.as(tenant, "set_ai_v1", { business_id, enabled: true });
  expect((await sweep(db.exec, 100)).due).toContain(id);
});

test("switching a workspace's AI on wakes nobody whom a person has, or whose lines are answered", async () => {
  const { business_id } = tenant;
  await db.as(tenant, "set_ai_v1", { business_id, enabled: false });
  const taken = await db.writes(tenant, newCustomer(), {});
  await db.as(tenant, "assign_conversation_v1", { conversation_id: taken, team_member_id: null });
  const answered = await db.writes(tenant, newCustomer(), {});
  await db.rows("update conversations set answered_version = inbound_version where id = $1", [answered]);
  await db.as(tenant, "set_ai_v1", { business_id, enabled: true });
  for (const id of [taken, answered]) expect(await db.conversation(id)).toMatchObject({ ai_due_at: null });
});

test("the row says why the AI is silent, and stops saying so when it may speak", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  expect(await why(id)).toBeNull();
  await db.as(tenant, "set_ai_v1", { conversation_id: id, enabled: false });
  expect(await why(id)).toBe("conversation_ai_off");
  await db.as(tenant, "set_ai_v1", { conversation_id: id, enabled: true });
  expect(await why(id)).toBeNull();
  await db.as(tenant, "assign_conversation_v1", { conversation_id: id, team_member_id: null });
  expect(await why(id)).toBe("assigned");
  await db.as(tenant, "resolve_conversation_v1", { conversation_id: id });
  expect(await why(id)).toBe("resolved");
  await db.as(tenant, "reopen_conversation_v1", { conversation_id: id });
  expect(await why(id)).toBeNull();
});

test("a command's answer names what holds the AI back, though no turn was due yet", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  await db.rows("update channels set active = false where id = $1", [tenant.channel_id]);
  const view = await db.as(tenant, "mark_read_v1", { conversation_id: id });
  await db.rows("update channels set active = true where id = $1", [tenant.channel_id]);
  expect(view).toMatchObject({ ai_blocked_reason: "channel_inactive" });
});
