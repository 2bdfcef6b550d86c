import type { Schema } from "./model.ts";

/** Holds the schema for an isolate: requests do not wait for it but for the first. */
export interface SchemaCache {
  get(): Promise<Schema>;
  /** Reads it anew unless that was done a moment ago; whether it did. */
  renew(): Promise<boolean>;
  /** Reads it anew in any case. */
  reload(): Promise<void>;
}

const FRESH_MS = 60_000;
/** A client that asks again and again for what there is not must not have the catalogue read each time. */
const RENEW_AT_MOST_EVERY_MS = 5_000;

/** @param now unix milliseconds */
export function createSchemaCache(load: () => Promise<Schema>, now: () => number): SchemaCache {
  let held: { schema: Promise<Schema>; at: number } | undefined;

  const read = () => {
    const reading = { schema: load(), at: now() };
    const before = held;
    held = reading;
    reading.schema.catch(() => {
      if (held === reading) held = before;
    });
    return { reading, before };
  };

  return {
    get() {
      if (held && now() - held.at < FRESH_MS) return held.schema;
      const { reading, before } = read();
      // an old one serves until the new one is there
      return before ? before.schema.catch(() => reading.schema) : reading.schema;
    },
    async renew() {
      if (held && now() - held.at < RENEW_AT_MOST_EVERY_MS) return false;
      await read().reading.schema;
      return true;
    },
    async reload() {
      await read().reading.schema;
    },
  };
}
