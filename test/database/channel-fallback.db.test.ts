import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { createTenant, insert, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";

const AS_WORKER = { role: "switchboard_worker" } as const;
let database: TestDatabase;
let exec: Exec;
let tenant: Tenant;
let sms: string;
let letter: string;
beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
});
afterAll(() => database.drop());

const run = async (text: string, ...params: unknown[]) => (await exec(AS_WORKER, [{ text, params }]))[0] ?? [];

beforeEach(async () => {
  tenant = await createTenant(exec);
  const { org_id, business_id, channel_id } = tenant;
  const own = { org_id, business_id };
  const [contact_id, conversation_id] = [crypto.randomUUID(), crypto.randomUUID()];
  const number = `49151${randomDigits(8)}`;
  sms = crypto.randomUUID();
  letter = crypto.randomUUID();
  await exec(AS_WORKER, [
    insert("public.channels", { ...own, id: sms, provider: "twilio", platform: "sms" }),
    insert("public.contacts", { ...own, id: contact_id, platform_id: number, phone: `+${number}` }),
    insert("public.conversations", { ...own, id: conversation_id, channel_id, contact_id }),
    insert("public.messages", {
      ...own,
      id: letter,
      conversation_id,
      channel_id,
      contact_id,
      direction: "outbound",
      sender_type: "agent",
      content: "Your table is ready.",
      type: "text",
      payload: {},
      delivery_status: "sending",
    }),
  ]);
  await run(
    "update public.businesses set settings = jsonb_build_object('fallback_channel_id', $2::text) where id = $1",
    business_id,
    sms,
  );
});

const becomes = (status: string, code?: string) =>
  run(
    "update public.messages set delivery_status = $2, error = case when $3::text is null then null else jsonb_build_object('code', $3::text) end where id = $1",
    letter,
    status,
    code ?? null,
  );
const scheduled = () =>
  run(
    `select s.content, s.state, s.reason, v.channel_id from public.scheduled_messages s join public.conversations v on v.id = s.conversation_id
    where s.fallback_of = $1`,
    letter,
  );
const release = () => run(`select switchboard.scheduled_due_v1('{"limit": 10, "lease_seconds": 30}')`);

test("F90: undeliverable for good, it goes on by SMS, once", async () => {
  await becomes("failed", "131026");
  await becomes("failed", "131026");
  await becomes("unknown");
  await becomes("failed", "131026");
  expect(await scheduled()).toEqual([
    { content: "Your table is ready.", state: "scheduled", reason: null, channel_id: sms },
  ]);
  await release();
  expect(await scheduled()).toMatchObject([{ state: "sent" }]);
});

test.each([
  ["unknown", undefined],
  ["held", undefined],
  ["sent", undefined],
  ["delivered", undefined],
  ["expired", undefined],
  ["queued", "131000"],
  ["failed", "131049"],
  ["failed", "gate_refused"],
])("F90: %s (%s) is no reason to try another channel", async (status, code) => {
  await becomes(status, code);
  expect(await scheduled()).toEqual([]);
});

test("F90: one that arrives after all is not sent again", async () => {
  await becomes("failed", "131026");
  await becomes("delivered");
  await release();
  expect(await scheduled()).toMatchObject([{ state: "cancelled", reason: "The message has arrived after all." }]);
});

test("F90: without the workspace's word for it nothing goes on", async () => {
  await run("update public.businesses set settings = '{}' where id = $1", tenant.business_id);
  await becomes("failed", "131026");
  expect(await scheduled()).toEqual([]);
});
