import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface Said {
  /** Place in the call; what makes a repetition known. */
  n: number;
  role: "user" | "agent";
  text: string;
  after_seconds?: number;
}

/** Writes what was said into the call's conversation, once; answers how many lines that were. */
export async function writeTranscript(exec: Exec, call_id: string, lines: Said[]): Promise<number> {
  return (await call<{ lines: number }>(exec, "call_transcript_v1", { call_id, lines })).lines;
}
