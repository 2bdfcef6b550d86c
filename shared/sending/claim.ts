import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "./attempt.ts";
import type { Claim } from "./attempt.ts";

/** Takes the conversation's next due attempt, having asked the policy gate once more (F44, F70, F80). */
export function claim(exec: Exec, conversation_id: string): Promise<Claim> {
  return call<Claim>(exec, "claim_next_v1", { conversation_id, lease_seconds: SEND_LEASE_SECONDS });
}
