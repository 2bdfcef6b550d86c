import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestCluster } from "../../dev/database/test-database.ts";
import { startSimulators } from "../../dev/simulators/index.ts";
import { bundleWorker } from "../../dev/worker/bundle.ts";
import { startWorker } from "../../dev/worker/run.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { message, newCustomer } from "../factories/events.ts";
import { TEST_MASTER_KEY, createMember, createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { fillBusinessTables, fillOrganizationTables } from "../factories/every-table.ts";
import { openCanary } from "./canary.ts";
import type { Canary } from "./canary.ts";
import type { Ids } from "./commands.ts";

/** The running Worker with the tenant that is written to, and one that must not notice. */
export interface Stage {
  url: string;
  app_secret: string;
  tenant: Tenant;
  victim: Tenant;
  ids: Ids;
  canary: Canary;
  close(): Promise<void>;
}

const APP_SECRET = "app-secret-of-the-fuzz";
const API_KEY = "api-key-of-the-fuzz";
const IN_AN_HOUR = { ai_delay_seconds: 3_600, ai_max_wait_seconds: 7_200 };

export async function openStage(cluster: TestCluster): Promise<Stage> {
  const database = await createTestDatabase(cluster);
  let url = "";
  const simulators = await startSimulators({
    worker_url: () => url,
    meta: { app_secret: APP_SECRET, numbers: [], status_delays_ms: { sent: null, delivered: null, read: null } },
    gemini: { api_key: API_KEY },
    log_limit: 0,
  });
  const worker = await startWorker({
    bundle: await bundleWorker(),
    bindings: {
      DATABASE_URL: database.workerUrl,
      NEON_ENDPOINT: database.fetchEndpoint,
      META_GRAPH_URL: `${simulators.url}/v25.0`,
      META_APP_SECRET: APP_SECRET,
      META_VERIFY_TOKEN: "verify-token-of-the-fuzz",
      GEMINI_BASE_URL: simulators.url,
      GEMINI_API_KEY: API_KEY,
      VAULT_MASTER_KEY: TEST_MASTER_KEY,
      LOG_LEVEL: "error",
    },
  });
  url = worker.url;
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const [tenant, victim] = [
    await createTenant(exec, { channel: IN_AN_HOUR }),
    await createTenant(exec, { channel: IN_AN_HOUR }),
  ];
  simulators.api.addNumber({ ...tenant, display_phone_number: "+15550001111" });
  const ids = { own: await furnish(exec, tenant), others: await furnish(exec, victim) };
  const canary = await openCanary(database.adminUrl);
  return {
    url,
    app_secret: APP_SECRET,
    tenant,
    victim,
    ids,
    canary,
    async close() {
      await canary.close();
      await worker.stop();
      await simulators.close();
      await database.drop();
    },
  };
}

/** Rows in every table, and conversations of customers who wrote; returns ids that a command may name. */
async function furnish(exec: Exec, tenant: Tenant): Promise<string[]> {
  await fillOrganizationTables(exec, tenant);
  await fillBusinessTables(exec, tenant);
  const { team_member_id } = await createMember(exec, tenant);
  const events = Array.from({ length: 4 }, () => message(tenant.phone_number_id, newCustomer()));
  await ingest(exec, { provider: "meta", received_at: Date.now(), events });
  const text = `select id from public.conversations where org_id = $1
    union all select id from public.messages where org_id = $1
    union all select id from public.send_attempts where org_id = $1`;
  const [rows] = await exec({ role: "switchboard_worker" }, [{ text, params: [tenant.org_id] }]);
  const { business_id, owner } = tenant;
  return [...(rows ?? []).map(({ id }) => String(id)), business_id, team_member_id, owner.team_member_id];
}
