import type { SealedSecret } from "../sending/attempt.ts";

/** Something that a call asks of us now. Only who was given it does it, until its lease ends. */
export interface Act {
  /** `collect`: fetch what was said, now that the agent has left; `reconcile`: ask what no webhook has told. */
  do: "answer" | "reject" | "join" | "dial" | "collect" | "reconcile";
  call_id: string;
  org_id: string;
  carrier: "telnyx" | "twilio";
  leg: string | null;
  agent_call_id: string | null;
  direction: "inbound" | "outbound";
  from: string | null;
  to: string | null;
  /** Outbound: what the agent is to do. */
  purpose: string | null;
  max_seconds: number;
  /** Why it is rejected, for a person to read. */
  reason: string | null;
  secrets: CallSecrets;
  /** What the agent has to know; with `answer` and `join` only. */
  context: CallContext | null;
}

export interface CallSecrets {
  webhook_secret: string;
  application_id: string | null;
  telnyx: SealedSecret | null;
  ultravox: SealedSecret | null;
}

export interface CallContext {
  business: { name: string; ai_system_prompt: string | null };
  contact: { name: string | null; notes: string | null };
  wants_no_marketing: boolean;
  greeting: string | null;
  voice: string | null;
  record: boolean;
  /** Whether there is somebody whom the call can be handed to. */
  forward: boolean;
  /** What was said lately on any channel, oldest first. */
  recent: { platform: string; direction: "inbound" | "outbound"; content: string; at: number }[];
  /** What waits for an answer or a person. */
  open: string[];
}
