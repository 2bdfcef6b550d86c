import { join } from "node:path";
import { loginUrl } from "../../dev/database/postgres.ts";
import { bundleWorker } from "../../dev/worker/bundle.ts";
import type { Bundle } from "../../dev/worker/bundle.ts";
import { startWorker } from "../../dev/worker/run.ts";
import { TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import type { LoadHandlers } from "../load/process.ts";
import { readProcesses } from "../measure/processor.ts";
import { startRemote } from "../process/remote.ts";
import type { Handlers, Remote } from "../process/remote.ts";
import { bundleCeiling } from "./ceiling-bundle.ts";
import type { Cleanup } from "./cleanup.ts";
import { openDatabase } from "./database.ts";
import type { BenchDatabase } from "./database.ts";
import type { ProxyHandlers } from "./proxy-process.ts";

/** Everything that runs while something is measured. */
export interface Stack {
  database: BenchDatabase;
  workerUrl: string;
  /** Where Neon's driver sends its requests: the proxy. */
  endpoint: string;
  proxy: Remote<ProxyHandlers>;
  load: Remote<LoadHandlers>;
  /** Our Worker and the ceiling's, each in a workerd of its own. */
  workers: Record<Target, { url: string; pid: number | null }>;
  app_secret: string;
}

export type Target = "ours" | "ceiling";

const LOGIN = "authenticator";
const APP_SECRET = "app-secret-of-the-benchmark";

/**
 * Starts Postgres, the proxy, the load generator and both Workers. `cleanup` is told of each as soon as it runs, so that
 * nothing stays behind when a later one fails.
 */
export async function startStack(cleanup: Cleanup, progress: (line: string) => void): Promise<Stack> {
  progress("building both Workers, starting Postgres");
  const external = process.env["BENCH_DATABASE_URL"];
  const [bundle, ceiling] = await Promise.all([
    bundleWorker(),
    cleanup.adopt(bundleCeiling(), ({ remove }) => remove()),
  ]);
  const database = await cleanup.adopt(openDatabase(external), ({ close }) => close());

  const logins = { [LOGIN]: database.loginPassword };
  const proxy = remote<ProxyHandlers>("proxy", join(import.meta.dirname, "proxy-process.ts"), cleanup);
  const load = remote<LoadHandlers>("load", join(import.meta.dirname, "..", "load", "process.ts"), cleanup);
  const endpoint = await proxy.call("start", { adminUrl: database.adminUrl, logins, assumeRoles: !database.ours });
  const provider = await load.call("provider");
  const workerUrl = loginUrl(database.adminUrl, LOGIN, database.loginPassword);
  const bindings = {
    DATABASE_URL: workerUrl,
    NEON_ENDPOINT: endpoint,
    META_APP_SECRET: APP_SECRET,
    META_VERIFY_TOKEN: "verify-token-of-the-benchmark",
    META_GRAPH_URL: `${provider}/v25.0`,
    GEMINI_API_KEY: "api-key-of-the-benchmark",
    GEMINI_BASE_URL: provider,
    TELNYX_API_URL: `${provider}/v2`,
    ULTRAVOX_API_URL: `${provider}/api`,
    VAULT_MASTER_KEY: TEST_MASTER_KEY,
  };
  const workers = {
    ours: await start(bundle, bindings, cleanup, progress),
    ceiling: await start(ceiling, bindings, cleanup, progress),
  };
  return { database, workerUrl, endpoint, proxy, load, workers, app_secret: APP_SECRET };
}

function remote<H extends Handlers>(name: string, module: string, cleanup: Cleanup): Remote<H> {
  const started = startRemote<H>(module, name);
  void cleanup.adopt(Promise.resolve(started), ({ stop }) => stop());
  return started;
}

async function start(
  bundle: Bundle,
  bindings: Record<string, string>,
  cleanup: Cleanup,
  progress: (line: string) => void,
) {
  const before = new Set(workerdPids());
  const log = (line: string) => {
    if (line.includes('"level":"error"')) progress(line);
  };
  const { url } = await cleanup.adopt(startWorker({ bundle, bindings, log }), ({ stop }) => stop());
  return { url, pid: workerdPids().find((pid) => !before.has(pid)) ?? null };
}

function workerdPids(): number[] {
  return readProcesses()
    .filter(({ parent, name }) => parent === process.pid && name === "workerd")
    .map(({ pid }) => pid);
}
