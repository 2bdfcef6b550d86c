import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "../../../../dev/database/test-database.ts";
import type { TestCluster } from "../../../../dev/database/test-database.ts";
import { startSimulators } from "../../../../dev/simulators/index.ts";
import type { Simulators } from "../../../../dev/simulators/index.ts";
import { bundleWorker } from "../../../../dev/worker/bundle.ts";
import type { Exec } from "../../../../shared/db/exec.ts";
import { TEST_MASTER_KEY, createTenant } from "../../../factories/tenant.ts";
import type { Tenant } from "../../../factories/tenant.ts";
import { startKillableWorker } from "../../worker.ts";
import type { KillableWorker } from "../../worker.ts";
import { createPoolExec } from "../pool.ts";
import { watchClaims } from "./claims.ts";
import type { ClaimTimes } from "./claims.ts";
import { startEchoModel } from "./model.ts";
import type { EchoModel } from "./model.ts";

/** The running product, and everything that its judgement needs. */
export interface Stage {
  simulators: Simulators;
  model: EchoModel;
  claims: Map<string, ClaimTimes>;
  tenants: Tenant[];
  /** As the Worker, beside it. */
  exec: Exec;
  url(): string;
  cron(expression: string): void;
  /** `kill -9`, and a start on the storage that is left. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

const APP_SECRET = "app-secret-of-the-chaos";
const API_KEY = "api-key-of-the-chaos";
const QUIET = { sent: null, delivered: null, read: null };

export interface StageOptions {
  tenants: number;
  /** Between 0 and 1. */
  random: () => number;
}

/** Half of the numbers answer at once, half after a second; the model takes up to 0.3 s. */
export async function openStage(cluster: TestCluster, { tenants: count, random }: StageOptions): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "freshness-objects-"));
  const { hooks, claims } = watchClaims();
  const database = await createTestDatabase(cluster, hooks);
  const pool = createPoolExec(database.workerUrl, 4);
  const model = await startEchoModel(() => random() * 300);
  let worker: KillableWorker | undefined;
  const current = () => {
    if (!worker) throw new Error("the Worker is not running");
    return worker;
  };
  const simulators = await startSimulators({
    worker_url: () => current().url,
    meta: {
      app_secret: APP_SECRET,
      numbers: [],
      status_delays_ms: QUIET,
      throughput: 10_000,
      webhook_timeout_ms: 20_000,
    },
    gemini: { api_key: API_KEY },
    log_limit: 100_000,
  });
  const bundle = await bundleWorker();
  const start = async () => {
    worker = await startKillableWorker({
      bundle,
      persist_dir: directory,
      bindings: {
        DATABASE_URL: database.workerUrl,
        NEON_ENDPOINT: database.fetchEndpoint,
        META_GRAPH_URL: `${simulators.url}/v25.0`,
        META_APP_SECRET: APP_SECRET,
        META_VERIFY_TOKEN: "verify-token-of-the-chaos",
        GEMINI_BASE_URL: model.url,
        GEMINI_API_KEY: API_KEY,
        VAULT_MASTER_KEY: TEST_MASTER_KEY,
        LOG_LEVEL: "error",
      },
    });
  };
  await start();
  const tenants = await Promise.all(
    Array.from({ length: count }, (_, i) => addTenant(pool.exec, simulators, { ai_delay_seconds: i % 2 })),
  );
  return {
    simulators,
    model,
    claims,
    tenants,
    exec: pool.exec,
    url: () => current().url,
    cron: (expression) => current().cron(expression),
    async crash() {
      await current().kill();
      await start();
    },
    async close() {
      await worker?.kill();
      await simulators.close();
      model.close();
      await pool.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function addTenant(exec: Exec, simulators: Simulators, channel: Record<string, unknown>): Promise<Tenant> {
  const organization = { plan: "enterprise", monthly_message_limit: 1_000_000 };
  const tenant = await createTenant(exec, { organization, channel: { ...channel, ai_max_wait_seconds: 4 } });
  simulators.api.addNumber({ ...tenant, display_phone_number: `+1555${tenant.phone_number_id.slice(1, 8)}` });
  return tenant;
}
