import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface Swept {
  /** Conversations whose object must look again. */
  due: string[];
  /** Milliseconds until the next turn or send falls due; null when none is planned. */
  next_due_in_ms: number | null;
}

/** Finds what a crash or a lost wake-up left behind (F45, F183). */
export function sweep(exec: Exec, limit: number): Promise<Swept> {
  return call<Swept>(exec, "sweep_v1", { limit });
}
