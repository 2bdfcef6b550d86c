import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface DueMedia {
  /** Files that are to be fetched now. */
  due: string[];
  /** Milliseconds until the next one; null when none is left. */
  next_due_in_ms: number | null;
}

/** A queue that has not brought a file within this time has lost it. */
const CARRIED_SECONDS = 300;

/** Takes note of what is due, so that it is put into the queue once. */
export const dueMedia = (exec: Exec, limit: number): Promise<DueMedia> =>
  call(exec, "media_due_v1", { limit, carried_seconds: CARRIED_SECONDS });
