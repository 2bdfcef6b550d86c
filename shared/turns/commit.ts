import type { ModelCall } from "../ai/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { SEND_LEASE_SECONDS } from "../sending/attempt.ts";
import type { Claim } from "../sending/attempt.ts";
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
  prompt_version: string;
}

export type Committed =
  | { outcome: "committed"; decision: Verdict["decision"]; reason: string; message_id: string | null; next: Claim }
  /** The customer wrote again or a person acted: what was decided is out of date and nothing came of it. */
  | { outcome: "superseded" }
  /** The AI was switched off meanwhile. */
  | { outcome: "cancelled"; reason: string }
  /** The turn had ended already, in another way. */
  | { outcome: "lost"; state: string | null };

/** The compare-and-swap: takes effect only if nothing has happened since `begin` (F41, F43, F59). Safe to repeat. */
export function commit(exec: Exec, turn_id: string, verdict: Verdict, model: ModelCall | null): Promise<Committed> {
  return call<Committed>(exec, "turn_commit_v1", {
    turn_id,
    ...verdict,
    ...figures(model),
    lease_seconds: SEND_LEASE_SECONDS,
  });
}
