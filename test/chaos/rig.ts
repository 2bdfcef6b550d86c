import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulators } from "../../dev/simulators/index.ts";
import type { Simulators } from "../../dev/simulators/index.ts";
import { bundleWorker } from "../../dev/worker/bundle.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { TEST_MASTER_KEY, createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { Interruptible } from "./database.ts";
import { startKillableWorker } from "./worker.ts";
import type { KillableWorker } from "./worker.ts";

/** The whole product around a database that may go away, with a Worker that may be killed. */
export interface Rig {
  database: Interruptible;
  simulators: Simulators;
  tenants: Tenant[];
  /** The Worker as it runs now. */
  worker(): KillableWorker;
  /** Starts the Worker again on the storage that the killed one left. */
  restart(): Promise<void>;
  health(): Promise<Health>;
  /** Ends everything but the database. */
  close(): Promise<void>;
}

export interface Health {
  database: { status: string };
  spool: { status: string; backlog: number; oldest_age_seconds: number; poisoned: number };
}

export interface RigOptions {
  database: Interruptible;
  tenants: number;
  ai_delay_seconds: number;
}

const APP_SECRET = "app-secret-of-the-chaos";
const API_KEY = "api-key-of-the-chaos";

export async function startRig({ database, tenants: count, ai_delay_seconds }: RigOptions): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), "chaos-objects-"));
  let worker: KillableWorker | undefined;
  const current = () => {
    if (!worker) throw new Error("the Worker is not running");
    return worker;
  };
  const simulators = await startSimulators({
    worker_url: () => current().url,
    meta: { app_secret: APP_SECRET, numbers: [] },
    gemini: { api_key: API_KEY },
    log_limit: 1_000_000,
  });
  const bundle = await bundleWorker();
  const restart = async () => {
    worker = await startKillableWorker({
      bundle,
      persist_dir: directory,
      bindings: {
        DATABASE_URL: database.workerUrl,
        NEON_ENDPOINT: database.fetchEndpoint,
        META_GRAPH_URL: `${simulators.url}/v25.0`,
        META_APP_SECRET: APP_SECRET,
        META_VERIFY_TOKEN: "verify-token-of-the-chaos",
        GEMINI_BASE_URL: simulators.url,
        GEMINI_API_KEY: API_KEY,
        VAULT_MASTER_KEY: TEST_MASTER_KEY,
      },
    });
  };
  await restart();
  const tenants = await addTenants(database, simulators, count, ai_delay_seconds);
  return {
    database,
    simulators,
    tenants,
    worker: current,
    restart,
    health: async () => (await fetch(`${current().url}/health`)).json() as Promise<Health>,
    async close() {
      await worker?.kill();
      await simulators.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function addTenants(database: Interruptible, simulators: Simulators, count: number, ai_delay_seconds: number) {
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const tenants: Tenant[] = [];
  for (let i = 0; i < count; i++) {
    const tenant = await createTenant(exec, {
      organization: { plan: "enterprise", monthly_message_limit: 1_000_000 },
      channel: { ai_delay_seconds, ai_max_wait_seconds: 4 * ai_delay_seconds },
    });
    simulators.api.addNumber({ ...tenant, display_phone_number: `+1555${tenant.phone_number_id.slice(1, 8)}` });
    tenants.push(tenant);
  }
  return tenants;
}
