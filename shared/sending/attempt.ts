import type { OutgoingContent, SendOutcome } from "../channels/channel.ts";
import type { TemplateShape } from "../templates/template.ts";

/** A send attempt that the caller holds: it, and nobody else, may make this provider call and write down what came of it. */
export interface ClaimedAttempt {
  id: string;
  lease_token: string;
  /** Which attempt at this message it is, from 1. */
  number: number;
  conversation_id: string;
  message_id: string;
  to: { phone: string | null; bsuid: string | null };
  content: OutgoingContent;
  reply_to: string | null;
  /** What a template message is checked against; null for other messages, and for templates that we do not know. */
  template?: TemplateShape | null;
  channel: SealedChannel;
}

export interface SealedChannel {
  id: string;
  provider: string;
  phone_number_id: string;
  /** Sealed; see `shared/vault`. */
  access_token: string | null;
  /** Of the account that the number belongs to, where sends are authorised by that. */
  secret?: (SealedSecret & { webhook_secret?: string }) | null;
}

/** A sealed value, and where it stands. */
export interface SealedSecret {
  column: string;
  row: string;
  value: string;
}

/** What the journal of a conversation offers next. */
export type Claim =
  | { outcome: "claimed"; attempt: ClaimedAttempt }
  /** The head of the line is not due yet, or its call is in flight elsewhere. */
  | { outcome: "wait" | "busy"; wait_ms: number }
  | { outcome: "idle" };

export type { SendOutcome };

/** How long a provider call may take, its answer's record included. After that it counts as `unknown` (F69). */
export const SEND_LEASE_SECONDS = 30;
