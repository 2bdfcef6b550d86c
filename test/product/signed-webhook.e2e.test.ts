import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { startSimulators } from "../../dev/simulators/index.ts";
import { bundleWorker } from "../../dev/worker/bundle.ts";
import { startWorker } from "../../dev/worker/run.ts";
import type { RunningWorker } from "../../dev/worker/run.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { createTenant, TEST_MASTER_KEY } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";

const APP_SECRET = "app-secret";

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let worker: RunningWorker;
let exec: Exec;
let tenant: Tenant;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  simulators = await startSimulators({
    worker_url: () => worker.url,
    meta: { app_secret: APP_SECRET, numbers: [] },
    gemini: { api_key: "key" },
  });
  worker = await startWorker({
    bundle: await bundleWorker(),
    bindings: {
      DATABASE_URL: database.workerUrl,
      NEON_ENDPOINT: database.fetchEndpoint,
      META_APP_SECRET: APP_SECRET,
      META_VERIFY_TOKEN: "verify",
      META_GRAPH_URL: `${simulators.url}/v25.0`,
      GEMINI_API_KEY: "key",
      GEMINI_BASE_URL: simulators.url,
      VAULT_MASTER_KEY: TEST_MASTER_KEY,
    },
  });
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  tenant = await createTenant(exec);
  simulators.api.addNumber({ ...tenant, display_phone_number: "15550001111" });
  simulators.api.setModel([{ reply: "We are open until six.", confidence: 95 }]);
});
afterAll(async () => {
  await worker.stop();
  await simulators.close();
  await database.drop();
});

/** A customer's line as Meta would send it, signed here. */
async function post(customer: { contact: object; from: object }): Promise<number> {
  const message = {
    ...customer.from,
    id: `wamid.${crypto.randomUUID()}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: "text",
    text: { body: "Are you open?" },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550001111", phone_number_id: tenant.phone_number_id },
    contacts: [{ profile: { name: "Sam" }, ...customer.contact }],
    messages: [message],
  };
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: tenant.waba_id, changes: [{ field: "messages", value }] }],
  });
  const signature = createHmac("sha256", APP_SECRET).update(body).digest("hex");
  const headers = { "x-hub-signature-256": `sha256=${signature}` };
  return (await fetch(`${worker.url}/webhooks/meta`, { method: "POST", body, headers })).status;
}

const replyTo = (platform_id: string) => async () => {
  const [rows] = await exec({ role: "switchboard_worker" }, [
    {
      text: `select m.content, m.delivery_status from public.messages m join public.contacts k on k.id = m.contact_id
        where k.platform_id = $1 and m.direction = 'outbound'`,
      params: [platform_id],
    },
  ]);
  return rows;
};

test("a customer's line that another program signs is answered, and the answer is read", async () => {
  const wa_id = "4915112345678";
  expect(await post({ contact: { wa_id }, from: { from: wa_id } })).toBe(200);
  await expect
    .poll(replyTo(wa_id), { timeout: 60_000, interval: 200 })
    .toEqual([{ content: "We are open until six.", delivery_status: "read" }]);
});

test("F26: a customer who shows no phone, only a user id, is answered, and the answer is read", async () => {
  const user_id = "DE.13491208655302741918";
  expect(await post({ contact: { user_id }, from: { from_user_id: user_id } })).toBe(200);
  await expect
    .poll(replyTo(user_id), { timeout: 60_000, interval: 200 })
    .toEqual([{ content: "We are open until six.", delivery_status: "read" }]);
});
