import type { Spoken } from "../channels/voice-agent.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** Writes what was said into the call's conversation, once; answers how many lines that were. */
export async function writeTranscript(exec: Exec, call_id: string, lines: Spoken[]): Promise<number> {
  return (await call<{ lines: number }>(exec, "call_transcript_v1", { call_id, lines })).lines;
}
