import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "../sending/attempt.ts";
import type { ClaimedAttempt } from "../sending/attempt.ts";
import type { Batch } from "./lease.ts";

export interface CampaignAttempt {
  recipient_id: string;
  attempt: ClaimedAttempt;
}

export interface Claimed {
  /** `late`: the slot has passed, nothing was claimed; `stopped`: the campaign does not run, the recipients went back. */
  outcome: "claimed" | "late" | "stopped";
  attempts: CampaignAttempt[];
}

/**
 * Puts leased recipients through the gate and into the journal, for provider calls at `starts_at` (unix ms). Refused ones
 * are skipped with their reason, busy conversations come later (F98).
 */
export function claimBatch(exec: Exec, campaign_id: string, batch: Batch, starts_at?: number): Promise<Claimed> {
  return call<Claimed>(exec, "campaign_claim_v1", {
    campaign_id,
    ...batch,
    starts_at,
    lease_seconds: SEND_LEASE_SECONDS,
  });
}
