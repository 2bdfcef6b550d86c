import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** Recipients that whoever shows the token may claim, until the lease ends. */
export interface Batch {
  lease_token: string;
  recipient_ids: string[];
}

export interface Leased {
  status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED";
  channel_id: string;
  /** The least of the campaign's own pace and the number's. */
  messages_per_second: number;
  /** Recipients that are handed out or whose provider call is under way. */
  under_way: number;
  batches: Batch[];
  /** Milliseconds until the campaign is to be looked at again; null when nothing falls due by itself. */
  next_due_in_ms: number | null;
}

/** The most recipients of one batch: they are claimed and recorded in one call each. */
export const BATCH_SIZE = 50;

export interface LeaseOptions {
  /** The most batches of this call. */
  batches: number;
  batch_size?: number;
  /** Hand out no more than so many seconds of the pace at a time, each batch a tenth of a second of it. */
  ahead_seconds?: number;
  lease_seconds?: number;
}

/**
 * Looks after one campaign: launches it when its time has come, takes back what was leased and not claimed, and hands out
 * due recipients in batches (F93, F94).
 */
export function lease(exec: Exec, campaign_id: string, options: LeaseOptions): Promise<Leased> {
  return call<Leased>(exec, "campaign_lease_v1", { campaign_id, batch_size: BATCH_SIZE, ...options });
}

/** Takes batches back that could not be handed on (F106). Answers how many recipients are due again. */
export async function release(exec: Exec, campaign_id: string, lease_tokens: string[]): Promise<number> {
  const { released } = await call<{ released: number }>(exec, "campaign_release_v1", { campaign_id, lease_tokens });
  return released;
}
