/** A row change from the outbox, with what helps to tell of it. */
export interface Change {
  table: "messages" | "conversations";
  operation: "INSERT" | "UPDATE" | "DELETE";
  /** The row after the change; of a deleted one its id only. */
  record: Record<string, unknown>;
  /** Name or phone of the customer. */
  contact: string | null;
  /** What it goes over: `whatsapp`, `sms`. */
  platform?: string | null;
  /** The AI's turn behind a message, or the one that answered a conversation last. */
  turn: Turn | null;
}

export interface Turn {
  id: string;
  decision: "send" | "draft" | "none" | "handoff" | null;
  reason: string | null;
  /** 0–100. */
  confidence: number | null;
  threshold: number | null;
  served_model: string | null;
  latency_ms: number | null;
  /** ISO time. */
  ended_at: string | null;
}
