import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "./attempt.ts";
import type { Claim, ClaimedAttempt, SendOutcome } from "./attempt.ts";

export interface Recorded {
  recorded: boolean;
  /** The message's state now; absent when not recorded. */
  delivery_status?: string;
  next: Claim;
}

/**
 * Writes down what came of a provider call. `recorded` is false when the attempt is no longer the caller's. `next` is the
 * conversation's next attempt, claimed in the same transaction.
 */
export function record(exec: Exec, { id, lease_token }: ClaimedAttempt, outcome: SendOutcome): Promise<Recorded> {
  return call(exec, "record_v1", { attempt_id: id, lease_token, ...outcome, lease_seconds: SEND_LEASE_SECONDS });
}
