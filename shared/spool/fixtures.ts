import { DatabaseSync } from "node:sqlite";
import { prepare } from "./schema.ts";
import type { Sqlite } from "./schema.ts";
import { createSpoolStore } from "./store.ts";
import type { SpooledWebhook } from "./webhook.ts";

/** Node's own SQLite in the place of an object's. */
export function memory(): Sqlite {
  const database = new DatabaseSync(":memory:");
  return { exec: (query, ...bindings) => database.prepare(query).all(...bindings) };
}

export function emptyStore() {
  const sql = memory();
  prepare(sql);
  return createSpoolStore(sql);
}

/** A webhook whose body is this text; change one thing. */
export function webhook(text: string, change: Partial<SpooledWebhook> = {}): SpooledWebhook {
  return {
    provider: "meta",
    lane: "a customer",
    received_at: 1_750_000_000_000,
    body: new TextEncoder().encode(text),
    ...change,
  };
}
