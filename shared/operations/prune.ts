import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** Deletes change-feed rows older than seven days. */
export function prune(exec: Exec): Promise<{ outbox_rows: number }> {
  return call(exec, "prune_v1", {});
}
