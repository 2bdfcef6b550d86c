import type { ContactRef } from "./events.ts";

/**
 * What a carrier or a voice agent's provider tells about a call, in one shape. A call's state is a fold over these: any
 * order and any repeats of the same events must come to the same state (F118). Times are unix seconds of the provider.
 */
export type CallEvent = CallNews | MalformedCallEvent;

export interface CallNews {
  kind:
    | "ringing"
    | "answered"
    | "bridged"
    | "hangup"
    | "media_failed"
    | "recorded"
    | "agent_started"
    | "agent_joined"
    | "agent_ended"
    | "billed"
    | "other";
  /** What makes a repetition known: an id where the provider gives one. */
  dedupe: string;
  /** The provider's name of the call, or of the leg. */
  leg: string;
  /** Whose connection it is about: the customer's, the person's that a call was handed to, or the voice agent's. */
  role: "customer" | "person" | "agent";
  /** What the carrier calls all legs of one call. */
  session?: string;
  direction?: "incoming" | "outgoing";
  /** Our number as channels name it, where the event says so itself. */
  account?: string;
  /** Absent: not told. */
  parties?: { from?: ContactRef; to?: ContactRef };
  /** Our own id of the call (uuid), when the provider gives it back. */
  call_id?: string;
  at: number;
  /** Why it ended, in the provider's word. */
  cause?: string;
  /** What was talked about, in the agent's words. */
  summary?: string;
  /** Absent when the provider has not told: that is not nothing (F123). */
  billed_seconds?: number;
  /** The item as received, cleaned of text that Postgres cannot hold and of what opens the call to whoever reads it. */
  raw: unknown;
}

/** An item whose shape we cannot read. */
export interface MalformedCallEvent {
  kind: "malformed";
  reason: string;
  raw: unknown;
}
