import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface DatabaseHealth {
  overdue_turns: number;
  unknown_sends: number;
  quarantined: number;
  parked: number;
  outbox_horizon_age_seconds: number;
}

/** What stands still or waits for somebody, as the database sees it. */
export function health(exec: Exec): Promise<DatabaseHealth> {
  return call<DatabaseHealth>(exec, "health_v1", {});
}
