import { createWriteStream } from "node:fs";
import { join, resolve } from "node:path";
import { createNeonExec } from "../../shared/db/neon.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { seedDemo } from "../demo/seed.ts";
import { SHOP } from "../demo/shop.ts";
import { webhookSecret } from "../../shared/channels/ultravox/index.ts";
import { migrate } from "../migrate.ts";
import { choosePorts } from "../ports.ts";
import type { Simulators } from "../simulators/index.ts";
import { bundleWorker } from "../worker/bundle.ts";
import { startWorker, type RunningWorker } from "../worker/run.ts";
import { startCrons } from "./cron.ts";
import { bindings } from "./bindings.ts";
import { openDatabase, type StackDatabase } from "./database.ts";
import { untilHealthy } from "./health.ts";
import { lockFolder } from "./lock.ts";
import type { StartOptions } from "./options.ts";
import { chooseProviders, type Environment, type Providers } from "./providers.ts";
import { keepSecrets, type Secrets } from "./secrets.ts";
import { describeStack, removeStackFile, writeStackFile, type StackFile } from "./stack-file.ts";
import { simulateProviders } from "./simulators.ts";

export interface Stack {
  file: StackFile;
  database: StackDatabase["kind"];
  providers: Providers;
  simulators: Simulators;
  /** As the Worker. */
  exec: Exec;
  /** Ends everything, the Worker first. Calling it again does nothing. */
  stop(): Promise<void>;
}

export interface StackOptions extends Pick<StartOptions, "port" | "data" | "migrate"> {
  env: Environment;
  /** Milliseconds that the simulated model takes to answer. */
  model_latency_ms?: number;
  /** Told of each step when it is done. */
  step?: (what: string) => void;
}

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");
const EVERY_MINUTE = "* * * * *";

/**
 * Brings the whole product up on this machine: database, simulators, Worker, crons; ready when it returns.
 * @throws one line saying what is in the way; whatever had been started is stopped again.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return await build(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  { env, step = () => {}, ...options }: StackOptions,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Stack> {
  const data = resolve(options.data);
  closers.push(await lockFolder(data)); // Released last, when nothing of this start is left.
  await removeStackFile(data);
  const secrets = withGiven(await keepSecrets(data), env);
  const ports = await choosePorts(data, {
    worker: options.port === 0 ? undefined : options.port,
    postgres: undefined,
    neon: undefined,
    simulators: undefined,
  });
  const providers = chooseProviders(env, secrets, `http://127.0.0.1:${ports.simulators}`);
  const bundling = bundleWorker();
  bundling.catch(() => {}); // Awaited below, when the database is open.

  const database = await openDatabase({
    directory: data,
    ports,
    loginPassword: secrets.login_password,
    migrate: options.migrate,
    env,
  });
  closers.push(database.close);
  step(`database: ${database.kind === "embedded" ? "PGlite (Postgres in WebAssembly)" : "yours, from DATABASE_URL"}`);

  if (options.migrate) {
    const { adminUrl, loginPassword } = database;
    const applied = await migrate({ database: adminUrl, directory: MIGRATIONS, loginPassword });
    step(applied.length > 0 ? `migrations: ${applied.length} applied` : "migrations: up to date");
  }
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.endpoint });
  let webhook_secret: string | undefined;
  if (!database.foreign) {
    const seed = { exec, adminUrl: database.adminUrl, number: providers.meta.number, secrets };
    webhook_secret = await seedDemo(seed).catch((cause) => {
      const remedy = options.migrate ? "" : "; without --no-migrate the database is brought up to date first";
      throw new Error(`the demo shop cannot be written (${cause.message})${remedy}`, { cause });
    });
  }

  const bundle = await bundling;
  const running: { worker?: RunningWorker } = {};
  const simulators = await simulateProviders({
    data,
    port: ports.simulators,
    worker_url: `http://127.0.0.1:${ports.worker}`,
    providers,
    secrets,
    webhook_secret,
    model_latency_ms: options.model_latency_ms ?? 0,
    availability: database.availability,
    cron: async (expression) => running.worker?.cron(expression),
    crons: bundle.settings.crons,
  });
  closers.push(simulators.close);
  if (webhook_secret !== undefined) {
    const { ultravox_api_key } = secrets;
    simulators.api.ultravox.add(ultravox_api_key, {
      url: `/webhooks/ultravox/${webhook_secret}`,
      secrets: [await webhookSecret(ultravox_api_key, SHOP.organization_id)],
    });
  }
  const names = (["meta", "gemini"] as const).map((name) => `${name} ${providers[name].real ? "real" : "simulated"}`);
  step(`providers: ${names.join(", ")}`);

  const log = createWriteStream(join(data, "worker.log"), { flags: "a" });
  closers.push(() => new Promise((done) => log.end(done)));
  const worker = await startWorker({
    bundle,
    port: ports.worker,
    bindings: bindings(database, providers, secrets, env, `http://127.0.0.1:${ports.worker}`),
    persist_dir: join(data, "objects"),
    log: (line) => log.write(`${line}\n`),
  });
  running.worker = worker;
  closers.push(worker.stop);
  await untilHealthy(worker.url);
  step("Worker: the deployed bundle in workerd");

  if (!database.foreign) {
    const onError = (cron: string, error: unknown) =>
      log.write(`${JSON.stringify({ event: "cron", cron, error: `${error}` })}\n`);
    const run = (cron: string) => worker.cron(cron);
    closers.push(startCrons({ expressions: bundle.settings.crons, run, onError }));
    await catchUp(worker).catch((error: unknown) => onError(EVERY_MINUTE, error));
  }

  const file = describeStack({ url: worker.url, control: simulators.url, database, providers, secrets });
  await writeStackFile(data, file);
  return { file, database: database.kind, providers, simulators, exec, stop: close };
}

/** Tokens of an older project stay valid: its secret signs ours too. */
function withGiven(secrets: Secrets, env: Environment): Secrets {
  const jwt_secret = env["JWT_SECRET"];
  return jwt_secret ? { ...secrets, jwt_secret } : secrets;
}

/**
 * A kill may have come between storing a message and waking its conversation, and that the last run was idle says
 * nothing about what was written since: the first sweep looks in any case.
 */
async function catchUp(worker: RunningWorker): Promise<void> {
  const pulse = await worker.object<{ beat(): Promise<void> }>("PULSE", "pulse");
  await pulse.beat();
  await worker.cron(EVERY_MINUTE);
}
