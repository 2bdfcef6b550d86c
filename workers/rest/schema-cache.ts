import { createSchemaCache } from "../../shared/rest/schema/cache.ts";
import type { SchemaCache } from "../../shared/rest/schema/cache.ts";
import { loadSchema } from "../../shared/rest/schema/load.ts";
import type { RestSettings } from "../../shared/rest/handle.ts";
import type { Tools } from "../tools.ts";

const caches = new WeakMap<object, SchemaCache>();

/** One an isolate and database. */
export function schemaCacheOf({ exec, now }: Pick<Tools, "exec" | "now">, { schemas }: RestSettings): SchemaCache {
  const cache = caches.get(exec) ?? createSchemaCache(() => loadSchema(exec, schemas), now);
  caches.set(exec, cache);
  return cache;
}
