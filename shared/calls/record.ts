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

/** The same for a carrier's account that is a business's own: whatever it tells, it touches its own organization only. */
export function recordAccountCallEvents(
  exec: Exec,
  { received_at, ...told }: Omit<ToldOfCalls, "org_id"> & { account_id: string },
): Promise<Told> {
  return call<Told>(exec, "call_event_of_account_v1", { ...told, received_at: received_at / 1000 });
}

/** What came of an act; `done` lets the next one be given out at once. */
export interface CallNote {
  call_id: string;
  kind?: "failed" | "handed_over" | "recorded" | "dialing";
  /** For a person to read. */
  reason?: string;
  agent_call_id?: string;
  leg?: string;
  done?: boolean;
}

export async function noteCall(exec: Exec, note: CallNote): Promise<void> {
  await call(exec, "call_note_v1", note);
}

/** What a call asks for though nothing is told of it just now; null when that is nothing, or somebody else's. */
export function takeCall(exec: Exec, call_id: string, tool_token_hash: string): Promise<Act | null> {
  return call<Act | null>(exec, "call_take_v1", { call_id, tool_token_hash, lease_seconds: 60 });
}
