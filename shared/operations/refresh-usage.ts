import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** Makes `organizations.messages_used_this_month` equal the month's ledger (F164). Harmless at any time, any number of times. */
export function refreshUsage(exec: Exec): Promise<{ period: string; corrected: number }> {
  return call(exec, "refresh_usage_v1", {});
}
