import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "../sending/attempt.ts";
import type { ClaimedAttempt } from "../sending/attempt.ts";
import type { Batch } from "./lease.ts";

export interface CampaignAttempt {
  recipient_id: string;
  /** The moment (unix ms) of its provider call; null: now. */
  starts_at: number | null;
  attempt: ClaimedAttempt;
}

export interface Claimed {
  /** `late`: the slot has passed, nothing was claimed; `stopped`: the campaign does not run, the recipients went back. */
  outcome: "claimed" | "late" | "stopped";
  attempts: CampaignAttempt[];
}

/**
 * Puts leased recipients through the gate and into the journal, for provider calls from `starts_at` (unix ms) on, `spread_ms`
 * apart. Refused ones
 * are skipped with their reason, busy conversations come later (F98).
 */
export function claimBatch(
  exec: Exec,
  campaign_id: string,
  batch: Batch,
  starts_at?: number,
  spread_ms?: number,
): Promise<Claimed> {
  return call<Claimed>(exec, "campaign_claim_v1", {
    campaign_id,
    ...batch,
    starts_at,
    spread_ms,
    lease_seconds: SEND_LEASE_SECONDS,
  });
}
