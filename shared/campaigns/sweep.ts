import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface SweptCampaigns {
  /** Campaigns whose object must look again. */
  due: string[];
  next_due_in_ms: number | null;
}

/** Finds campaigns whose start, recipients or leases are overdue (F95, F106, F110). */
export function sweepCampaigns(exec: Exec, limit: number): Promise<SweptCampaigns> {
  return call<SweptCampaigns>(exec, "campaign_sweep_v1", { limit });
}
