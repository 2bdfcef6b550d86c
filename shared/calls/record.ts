import type { CallEvent } from "../channels/calls.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import type { Act } from "./act.ts";

export interface ToldOfCalls {
  /** Whom the webhook was verified for: what it says can touch this organization's calls only. */
  org_id: string;
  provider: "telnyx" | "twilio" | "ultravox";
  /** Unix milliseconds at our edge. */
  received_at: number;
  events: CallEvent[];
  /** SHA-256 of the token that opens the agent's tools, should the call have to be answered now. */
  tool_token_hash?: string;
}

export interface Told {
  /** One an event, in the order given. */
  outcomes: ("stored" | "duplicate" | "quarantined")[];
  acts: Act[];
}

/** Stores what a verified webhook tells about calls, in one SQL call; answers what there is to do now (F118, F119). */
export function recordCallEvents(exec: Exec, { received_at, ...told }: ToldOfCalls): Promise<Told> {
  return call<Told>(exec, "call_event_v1", { ...told, received_at: received_at / 1000 });
}
