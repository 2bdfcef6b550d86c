import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import type { Hooks } from "../../../dev/database/neon-proxy.ts";
import { startSimulators } from "../../../dev/simulators/index.ts";
import type { Simulators } from "../../../dev/simulators/index.ts";
import { bundleWorker } from "../../../dev/worker/bundle.ts";
import { createNeonExec } from "../../../shared/db/neon.ts";
import type { Exec, Row } from "../../../shared/db/exec.ts";
import { TEST_MASTER_KEY } from "../../factories/tenant.ts";
import type { Interruptible } from "../database.ts";
import { startKillableWorker } from "../worker.ts";
import type { KillableWorker } from "../worker.ts";
import { startForwarder } from "./forwarder.ts";
import { createSteps, sqlCall } from "./steps.ts";
import type { Steps, Target } from "./steps.ts";

/** The whole product, every call of which to the outside is a step. One stage serves many runs. */
export interface Stage {
  steps: Steps;
  simulators: Simulators;
  exec: Exec;
  worker(): KillableWorker;
  targets: Record<Target["name"], Target>;
  /** Rows as the administrator sees them; waits for a database that is away. */
  rows(text: string, params?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

const APP_SECRET = "app-secret-of-the-killer";
const API_KEY = "api-key-of-the-killer";
/** Meta goes on for days; a minute is enough here. */
const WEBHOOK_RETRIES_MS = Array.from({ length: 60 }, () => 1_000);

/** @param open starts the database with the hooks that count its requests */
export async function openStage(open: (hooks: Hooks) => Promise<Interruptible>): Promise<Stage> {
  const steps = createSteps();
  const database = await open({
    before: (request) => steps.take({ side: "before", kind: "sql", call: sqlCall(request) }),
    after: (request) => steps.take({ side: "after", kind: "sql", call: sqlCall(request) }),
  });
  const objects = await mkdtemp(join(tmpdir(), "killer-objects-"));
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
      status_delays_ms: { sent: 0, delivered: 20, read: 40 },
      webhook_retries_ms: WEBHOOK_RETRIES_MS,
      throughput: 1_000,
    },
    gemini: { api_key: API_KEY },
  });
  simulators.api.setModel([{ reply: "Yes, from nine to five.", confidence: 97 }]);
  const forwarder = await startForwarder(simulators.url, steps);
  const bundle = await bundleWorker();
  const start = async () => {
    worker = await startKillableWorker({
      bundle,
      persist_dir: objects,
      bindings: {
        DATABASE_URL: database.workerUrl,
        NEON_ENDPOINT: database.fetchEndpoint,
        META_GRAPH_URL: `${forwarder.url}/v25.0`,
        META_APP_SECRET: APP_SECRET,
        META_VERIFY_TOKEN: "verify-token-of-the-killer",
        GEMINI_BASE_URL: forwarder.url,
        GEMINI_API_KEY: API_KEY,
        VAULT_MASTER_KEY: TEST_MASTER_KEY,
      },
    });
  };
  await start();
  const admin = new Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on("error", () => {});
  return {
    steps,
    simulators,
    exec: createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint }),
    worker: current,
    targets: {
      worker: { name: "worker", kill: () => current().kill(), revive: start, cuts: () => true },
      postgres: {
        name: "postgres",
        kill: () => database.goAway(),
        revive: () => database.comeBack(),
        // a call that comes too late finds nobody; one that was served a moment ago is not answered
        cuts: ({ kind, side }) => kind === "sql" && side === "after",
      },
    },
    async rows(text, params = []) {
      for (const give_up_at = Date.now() + 30_000; ;) {
        try {
          return (await admin.query(text, params)).rows;
        } catch (error) {
          if (isRefusal(error) || Date.now() > give_up_at) throw error;
          await pause(50);
        }
      }
    },
    async close() {
      await worker?.kill();
      forwarder.close();
      await simulators.close();
      await admin.end();
      await database.close();
      await rm(objects, { recursive: true, force: true });
    },
  };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** SQLSTATE classes 22 to 42 are about the statement; the others, and none at all, about the server. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(2|3|42)/.test(code) && /^\w{5}$/.test(code);
}
