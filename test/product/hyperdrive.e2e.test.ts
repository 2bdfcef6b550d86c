import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { loginUrl } from "../../dev/database/postgres.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { startSimulators } from "../../dev/simulators/index.ts";
import { bundleWorker, type Bundle } from "../../dev/worker/bundle.ts";
import { startWorker } from "../../dev/worker/run.ts";
import type { RunningWorker } from "../../dev/worker/run.ts";
import { migrate } from "../../dev/migrate.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { createTenant, TEST_MASTER_KEY } from "../factories/tenant.ts";

// where `authenticator` belongs to a platform
const LOGIN = "switchboard_login";
const PASSWORD = "a password of its own";
const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

let database: TestDatabase;
let worker: RunningWorker;
let bundle: Bundle;
let simulators: Awaited<ReturnType<typeof startSimulators>>;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  await migrate({ database: database.adminUrl, directory: MIGRATIONS, login: LOGIN, loginPassword: PASSWORD });
  simulators = await startSimulators({
    worker_url: () => worker.url,
    meta: { app_secret: "app-secret", numbers: [] },
    gemini: { api_key: "key" },
  });
  bundle = await bundleWorker();
  worker = await start(loginUrl(database.adminUrl, LOGIN, PASSWORD));
});

const start = (hyperdrive: string) =>
  startWorker({
    bundle,
    hyperdrive,
    bindings: {
      DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:9/none",
      META_APP_SECRET: "app-secret",
      META_VERIFY_TOKEN: "verify",
      META_GRAPH_URL: `${simulators.url}/v25.0`,
      GEMINI_API_KEY: "key",
      GEMINI_BASE_URL: simulators.url,
      VAULT_MASTER_KEY: TEST_MASTER_KEY,
    },
  });

afterAll(async () => {
  await worker.stop();
  await simulators.close();
  await database.drop();
});

test("a Postgres behind a Hyperdrive binding, with a login of another name, takes the place of DATABASE_URL", async () => {
  expect(await (await fetch(`${worker.url}/health`)).json()).toMatchObject({ status: "ok" });

  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const { phone_number_id, waba_id, access_token } = await createTenant(exec);
  simulators.api.addNumber({ phone_number_id, waba_id, access_token, display_phone_number: "15550001111" });
  simulators.api.setModel([{ reply: "We are open until six.", confidence: 95 }]);
  const inbound = await simulators.api.inbound({
    from: "4915112345678",
    to: phone_number_id,
    text: "Are you open?",
  });
  expect(inbound.status).toBe(200);

  const reply = async () => {
    const [rows] = await exec({ role: "switchboard_worker" }, [
      { text: "select content, delivery_status from public.messages where direction = 'outbound'" },
    ]);
    return rows;
  };
  await expect
    .poll(reply, { timeout: 60_000, interval: 200 })
    .toEqual([{ content: "We are open until six.", delivery_status: "read" }]);
});

test("F139: with a superuser's login nothing is served, and /health says why", async () => {
  const unheld = await start(database.adminUrl);
  try {
    const health = await fetch(`${unheld.url}/health`);
    expect([health.status, await health.json()]).toMatchObject([
      503,
      { status: "degraded", database: { status: "refused", reason: expect.stringContaining("Row-level security") } },
    ]);
    const asked = await fetch(`${unheld.url}/functions/v1/list-alerts`, {
      method: "POST",
      headers: { apikey: `abcdefgh.${"k".repeat(40)}` },
    });
    expect([asked.status, await asked.json()]).toMatchObject([
      503,
      { code: "unavailable", message: expect.stringContaining("BYPASSRLS") },
    ]);
  } finally {
    await unheld.stop();
  }
});
