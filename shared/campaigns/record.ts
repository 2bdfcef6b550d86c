import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "../sending/attempt.ts";
import type { Claim, SendOutcome } from "../sending/attempt.ts";
import type { CampaignAttempt } from "./claim.ts";
import type { Leased } from "./lease.ts";

export type CampaignResult = CampaignAttempt & { outcome: SendOutcome };

export interface RecordedBatch {
  recorded: number;
  status: Leased["status"];
  /** Why the campaign has just stopped itself, if it has. */
  paused_reason: string | null;
  /** What people have queued up in these conversations in the meantime, claimed. */
  claims: Claim[];
}

/** Writes down what came of a batch's provider calls; safe to repeat. */
export function recordBatch(exec: Exec, campaign_id: string, results: CampaignResult[]): Promise<RecordedBatch> {
  return call<RecordedBatch>(exec, "campaign_record_v1", {
    campaign_id,
    results: results.map(({ recipient_id, attempt, outcome }) => ({
      recipient_id,
      attempt_id: attempt.id,
      lease_token: attempt.lease_token,
      ...outcome,
    })),
    lease_seconds: SEND_LEASE_SECONDS,
  });
}
