import type { ModelCall } from "../ai/index.ts";
import { call } from "../db/call.ts";
import { DatabaseUnavailable } from "../db/exec.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "../sending/attempt.ts";
import type { Claim } from "../sending/attempt.ts";
import type { Turn } from "./begin.ts";
import { figures } from "./figures.ts";

export interface Verdict {
  decision: "send" | "draft" | "none" | "handoff";
  reason: string;
  reply: string | null;
  confidence: number | null;
  threshold: number;
  intent: string | null;
  sentiment: number | null;
  needs_human_reason: string | null;
  /** The burst has used up its restarts: commit on what was read even if the customer went on, but send nothing (F42). */
  last_restart: boolean;
  prompt_version: string;
}

export type Committed =
  | {
      outcome: "committed";
      decision: Verdict["decision"];
      reason: string;
      message_id: string | null;
      /** Milliseconds until the next turn, when newer lines were left for it; null when none were. */
      due_in_ms: number | null;
      next: Claim;
    }
  /** The customer wrote again or a person acted: what was decided is out of date and nothing came of it. */
  | { outcome: "superseded"; reason: string }
  /** The AI was switched off meanwhile. */
  | { outcome: "cancelled"; reason: string }
  /** The turn had ended already in another way, or was begun again elsewhere. */
  | { outcome: "lost"; state: string | null };

/**
 * The compare-and-swap: takes effect only if nothing has happened since `begin` (F41, F43, F59). Safe to repeat, and
 * repeated once when no answer came: the same token gets the same claimed send again, if it still may leave (F43).
 */
export async function commit(exec: Exec, turn: Turn, verdict: Verdict, model: ModelCall | null): Promise<Committed> {
  const argument = {
    turn_id: turn.id,
    cursor: turn.cursor,
    epoch: turn.epoch,
    ...verdict,
    ...figures(model),
    lease_seconds: SEND_LEASE_SECONDS,
    lease_token: crypto.randomUUID(),
  };
  return call<Committed>(exec, "turn_commit_v1", argument).catch((error: unknown) => {
    if (!(error instanceof DatabaseUnavailable)) throw error;
    return call<Committed>(exec, "turn_commit_v1", { ...argument, repeated: true });
  });
}
