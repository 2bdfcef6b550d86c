/** What wrangler.toml says of the Worker, as far as a local run needs it; plain data, so that it can be kept as JSON. */
export interface WorkerSettings {
  name: string;
  compatibility_date: string;
  compatibility_flags: string[];
  /** The settings that are not secret. */
  vars: Record<string, string>;
  durable_objects: { binding: string; class_name: string; sqlite: boolean }[];
  queues: {
    producers: { binding: string; queue: string }[];
    consumers: {
      queue: string;
      batch_size?: number | undefined;
      /** Seconds. */
      batch_timeout?: number | undefined;
      retries?: number | undefined;
      dead_letter_queue?: string | undefined;
    }[];
  };
  r2_buckets: { binding: string; bucket_name: string }[];
  /** Cron expressions, in UTC. */
  crons: string[];
}

/** As wrangler.toml spells it. */
interface QueueConsumer {
  queue: string;
  max_batch_size?: number;
  max_batch_timeout?: number;
  max_retries?: number;
  dead_letter_queue?: string;
}

/**
 * Reads wrangler.toml with wrangler's own reader, so that a local run and a deployment understand it alike.
 * @throws one line of wrangler's when the file is wrong, and of ours when it lacks something.
 */
export async function readSettings(configPath: string): Promise<WorkerSettings> {
  // Loaded only when it is needed: wrangler takes most of a second to load.
  const { unstable_readConfig, unstable_getDurableObjectClassNameToUseSQLiteMap } = await import("wrangler");
  const config = unstable_readConfig({ config: configPath }, { hideWarnings: true });
  const { name, compatibility_date } = config;
  if (name === undefined || compatibility_date === undefined) {
    throw new Error(`${configPath}: name and compatibility_date must be set`);
  }
  const sqlite = unstable_getDurableObjectClassNameToUseSQLiteMap(config.migrations);
  return {
    name,
    compatibility_date,
    compatibility_flags: config.compatibility_flags,
    vars: Object.fromEntries(Object.entries(config.vars).map(([key, value]) => [key, String(value)])),
    durable_objects: config.durable_objects.bindings.map(
      ({ name: binding, class_name }: { name: string; class_name: string }) => ({
        binding,
        class_name,
        sqlite: sqlite.get(class_name) ?? false,
      }),
    ),
    queues: {
      producers: (config.queues.producers ?? []).map(({ binding, queue }: { binding: string; queue: string }) => ({
        binding,
        queue,
      })),
      consumers: (config.queues.consumers ?? []).map((one: QueueConsumer) => ({
        queue: one.queue,
        batch_size: one.max_batch_size,
        batch_timeout: one.max_batch_timeout,
        retries: one.max_retries,
        dead_letter_queue: one.dead_letter_queue,
      })),
    },
    r2_buckets: config.r2_buckets.map(({ binding, bucket_name }: { binding: string; bucket_name?: string }) => ({
      binding,
      bucket_name: bucket_name ?? binding,
    })),
    crons: config.triggers.crons ?? [],
  };
}
