import type { GateVerdict } from "../sending/gate.ts";

/** What the database knows of one message; moments are ISO 8601 text. */
export interface MessageFacts {
  message: {
    message_id: string;
    conversation_id: string;
    direction: "inbound" | "outbound";
    origin: "live" | "api" | "ai" | "phone" | "history";
    type: string;
    sender_type: "contact" | "ai" | "agent";
    sender_name: string | null;
    is_draft: boolean;
    delivery_status: string | null;
    wa_message_id: string | null;
    error: { code?: string; title?: string } | null;
    created_at: string;
    approved_at: string | null;
    approved_by_name: string | null;
    sent_at: string | null;
    delivered_at: string | null;
    read_at: string | null;
    failed_at: string | null;
    ai_blocked_reason: string | null;
    conversation_status: string;
  };
  /** Oldest first. */
  attempts: AttemptFacts[];
  /** The AI's turn that wrote it, or that has read it. */
  turn: TurnFacts | null;
  /** The gate's verdict at this moment; null where there is nothing left to send. */
  now: GateVerdict | null;
}

export type AttemptFacts = {
  attempt_id: string;
  number: number;
  state: "queued" | "sending" | "accepted" | "failed" | "refused" | "unknown" | "cancelled";
  queued_at: string;
  due_at: string;
  started_at: string | null;
  ended_at: string | null;
  provider_message_id: string | null;
  error_class: string | null;
  error_code: string | null;
  error_title: string | null;
  error_detail: string | null;
  /** As the gate judged when this attempt's turn had come; null before that. */
  gate: GateVerdict | null;
};

export type TurnFacts = {
  turn_id: string;
  state: string;
  decision: "send" | "draft" | "none" | "handoff" | null;
  reason: string | null;
  /** 0–100, like `threshold`. */
  confidence: number | null;
  threshold: number | null;
  requested_model: string | null;
  served_model: string | null;
  prompt_version: string | null;
  latency_ms: number | null;
  /** How often the AI began anew because the customer went on writing. */
  restarts: number;
  started_at: string;
  ended_at: string | null;
};
