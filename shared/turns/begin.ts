import type { ElsewhereMessage, PromptMessage } from "../ai/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import type { SealedChannel } from "../sending/attempt.ts";

/** How long a turn may take before another may start in its place: the model's time and some. */
export const TURN_LEASE_SECONDS = 90;

export interface Turn {
  id: string;
  conversation_id: string;
  org_id: string;
  /** The conversation's inbound_version and epoch that the turn has read; commit compares both (F41, F43). */
  cursor: number;
  epoch: number;
}

export interface TurnContext {
  business: { name: string; ai_system_prompt: string | null; ai_model: string; ai_temperature: number };
  channel: SealedChannel & {
    ai_prompt_override: string | null;
    ai_auto_send: boolean;
    ai_confidence_threshold: number;
  };
  /** 0–1, or null. */
  organization_threshold: number | null;
  contact_name: string | null;
  summary: string | null;
  /** Oldest first. */
  messages: PromptMessage[];
  /** The newest lines with the same person on other channels, oldest first. */
  elsewhere: ElsewhereMessage[];
  last_inbound: { provider_id: string; at: number } | null;
  /** The customer has waited so long that a person should read the answer first (F17). */
  late: boolean;
  /** Turns of this burst that were overtaken by another line (F42). */
  restarts: number;
  max_restarts: number;
  /** Turns of this burst that failed at the model (F52). */
  failures: number;
  turns_last_hour: number;
  max_turns_per_hour: number;
}

export type Begun =
  | { outcome: "begun"; turn: Turn; context: TurnContext }
  /** Not due yet, or another turn holds the conversation. */
  | { outcome: "wait" | "busy"; wait_ms: number; send_in_ms: number | null }
  | { outcome: "blocked"; reason: string; send_in_ms: number | null }
  /** This turn id has ended before; take a new one. */
  | { outcome: "ended"; send_in_ms: number | null }
  | { outcome: "idle"; send_in_ms: number | null };

/** Opens the conversation's turn, if one is due and allowed, and reads everything it needs, in one SQL call. */
export function begin(exec: Exec, conversation_id: string, turn_id: string): Promise<Begun> {
  return call<Begun>(exec, "turn_begin_v1", { conversation_id, turn_id, lease_seconds: TURN_LEASE_SECONDS });
}
