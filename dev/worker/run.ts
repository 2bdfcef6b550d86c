import { dirname } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import type { Bundle } from "./bundle.ts";
import { keepSignals } from "./signals.ts";

export interface WorkerOptions {
  bundle: Bundle;
  /** TCP port on 127.0.0.1; a free one when 0 or absent. */
  port?: number;
  /** Secrets and settings; they win over the `[vars]` of wrangler.toml. */
  bindings: Record<string, string>;
  /** The Postgres behind a binding named `HYPERDRIVE`; without it the Worker uses `DATABASE_URL`. */
  hyperdrive?: string;
  /** Where Durable Objects keep their storage and alarms; forgotten at the end when absent. */
  persist_dir?: string | undefined;
  /** Each line that the Worker writes to its console. The default drops them. */
  log?: (line: string, level: string) => void;
}

export interface RunningWorker {
  url: string;
  /** Runs the scheduled handler for one of the crons of wrangler.toml. */
  cron(expression: string): Promise<void>;
  /** A Durable Object by its name; its methods are called as the Worker's own code would. */
  object<Methods>(binding: string, name: string): Promise<Methods>;
  stop(): Promise<void>;
}

/**
 * Runs the deployed bundle in workerd on this machine.
 * @throws one line when the port is in use.
 */
export async function startWorker({
  bundle,
  port = 0,
  bindings,
  hyperdrive,
  persist_dir,
  log,
}: WorkerOptions): Promise<RunningWorker> {
  const { script, settings } = bundle;
  const options = convertV4MiniflareOptions({
    name: settings.name,
    host: "127.0.0.1",
    port,
    modules: true,
    scriptPath: script,
    // Without it the module is named by its path from the current directory, and workerd fails on one that leads upwards.
    modulesRoot: dirname(script),
    compatibilityDate: settings.compatibility_date,
    compatibilityFlags: settings.compatibility_flags,
    bindings: { ...settings.vars, ...bindings },
    ...(hyperdrive !== undefined && { hyperdrives: { HYPERDRIVE: hyperdrive } }),
    durableObjects: Object.fromEntries(
      settings.durable_objects.map(({ binding, class_name, sqlite }) => [
        binding,
        { className: class_name, useSQLite: sqlite },
      ]),
    ),
    queueProducers: Object.fromEntries(settings.queues.producers.map(({ binding, queue }) => [binding, queue])),
    queueConsumers: Object.fromEntries(
      settings.queues.consumers.map(({ queue, batch_size, batch_timeout, retries, dead_letter_queue }) => [
        queue,
        {
          ...(batch_size !== undefined && { maxBatchSize: batch_size }),
          ...(batch_timeout !== undefined && { maxBatchTimeout: batch_timeout }),
          ...(retries !== undefined && { maxRetries: retries }),
          ...(dead_letter_queue !== undefined && { deadLetterQueue: dead_letter_queue }),
        },
      ]),
    ),
    r2Buckets: Object.fromEntries(settings.r2_buckets.map(({ binding, bucket_name }) => [binding, bucket_name])),
    // The option of each kind of storage is ignored by this version; this one holds for all.
    ...(persist_dir !== undefined && { resourcePersistencePath: persist_dir }),
    handleStructuredLogs: ({ level, message }) => log?.(message, level),
    log: new Log(LogLevel.NONE),
    // Otherwise it fetches details of a real connection from the internet.
    cf: false,
    telemetry: { enabled: false },
    // `/cdn-cgi/local/scheduled` runs the scheduled handler.
    unsafeTriggerHandlers: true,
  });
  const miniflare = keepSignals(() => new Miniflare(options));
  try {
    const url = (await miniflare.ready).origin;
    return {
      url,
      async cron(expression) {
        // Not by `getWorker()`: that proxy stops this process's event loop while it waits, and workerd meanwhile waits for
        // this process to read what it logs. Under traffic neither went on.
        const query = new URLSearchParams({ cron: expression, format: "json" });
        const response = await miniflare.dispatchFetch(`${url}/cdn-cgi/local/scheduled?${query}`);
        const { outcome } = (await response.json()) as { outcome: string };
        if (outcome !== "ok") throw new Error(`the scheduled handler failed for "${expression}": ${outcome}`);
      },
      async object<Methods>(binding: string, name: string) {
        const namespace = await miniflare.getDurableObjectNamespace(binding);
        // A remote stub answers to whatever methods its class has.
        return namespace.get(namespace.idFromName(name)) as unknown as Methods;
      },
      stop: () => miniflare.dispose(),
    };
  } catch (error) {
    await miniflare.dispose().catch(() => {});
    if (error instanceof Error && /in use/i.test(error.message))
      throw new Error(`port ${port} is in use`, { cause: error });
    throw error;
  }
}
