import { randomBytes } from "node:crypto";
import type { TestCluster } from "../../dev/database/test-database.ts";
import { createTestDatabase, startTestCluster } from "../../dev/database/test-database.ts";
import { startSimulators } from "../../dev/simulators/index.ts";
import { newSigningKey } from "../../dev/signing-key.ts";
import { TEST_MASTER_KEY } from "../factories/tenant.ts";
import { once } from "./once.ts";

/** What the Worker under test sees as `env`, in the place of wrangler.toml's settings and secrets. */
export interface WorkerBindings {
  DATABASE_URL: string;
  NEON_ENDPOINT: string;
  META_GRAPH_URL: string;
  META_APP_SECRET: string;
  META_VERIFY_TOKEN: string;
  GEMINI_BASE_URL: string;
  GEMINI_API_KEY: string;
  TWILIO_API_URL: string;
  TELNYX_API_URL: string;
  ULTRAVOX_API_URL: string;
  /** 32 bytes in base64. */
  VAULT_MASTER_KEY: string;
  JWT_SECRET: string;
  AUTH_PRIVATE_JWK: string;
  REST_TX_ROLLBACK: string;
  /** For tests only: where the simulators' control answers under `/_sim`. */
  SIMULATORS_URL: string;
  /** For tests only: the administrator's connection string, to be used with the same `NEON_ENDPOINT`. */
  ADMIN_DATABASE_URL: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** For `createTestDatabase(inject("cluster"))`: each suite has its own copy of the migrated template. */
    cluster: TestCluster;
    bindings: WorkerBindings;
  }
}

/** One Postgres with the migrations applied in a template database. */
export const cluster = once(startTestCluster, (running) => running.stop());

/** A Worker inside a test has no port; port 9, discard, refuses whatever the simulators would send to it. */
const NO_WORKER = "http://127.0.0.1:9";

/**
 * One database and one set of simulators for all files that run inside workerd; each suite makes its own organization
 * and registers its own number. The simulators send no status webhooks by themselves: a test delivers those it wants.
 */
export async function startWorkerServices(running: TestCluster) {
  const META_APP_SECRET = secret();
  const GEMINI_API_KEY = secret();
  const database = await createTestDatabase(running);
  const simulators = await startSimulators({
    worker_url: () => NO_WORKER,
    meta: {
      app_secret: META_APP_SECRET,
      numbers: [],
      status_delays_ms: { sent: null, delivered: null, read: null },
      webhook_retries_ms: [],
    },
    gemini: { api_key: GEMINI_API_KEY },
    twilio: { status_delays_ms: { sent: null, delivered: null } },
    telnyx: { webhook_retries_ms: [], ring_ms: 0 },
    ultravox: { webhook_retries_ms: [], talk_ms: 0 },
    host: {
      postgres(state, ms = 0) {
        Object.assign(database.availability, { state, ms });
      },
    },
  });
  const bindings: WorkerBindings = {
    DATABASE_URL: database.workerUrl,
    NEON_ENDPOINT: database.fetchEndpoint,
    META_GRAPH_URL: `${simulators.url}/v25.0`,
    META_APP_SECRET,
    META_VERIFY_TOKEN: secret(),
    GEMINI_BASE_URL: simulators.url,
    GEMINI_API_KEY,
    TWILIO_API_URL: `${simulators.url}/2010-04-01`,
    TELNYX_API_URL: `${simulators.url}/v2`,
    ULTRAVOX_API_URL: `${simulators.url}/api`,
    VAULT_MASTER_KEY: TEST_MASTER_KEY,
    JWT_SECRET: secret(),
    AUTH_PRIVATE_JWK: newSigningKey(),
    REST_TX_ROLLBACK: "1",
    SIMULATORS_URL: simulators.url,
    ADMIN_DATABASE_URL: database.adminUrl,
  };
  const stop = async () => {
    await simulators.close();
    await database.drop();
  };
  return { bindings, stop };
}

function secret() {
  return randomBytes(16).toString("hex");
}
