import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface SweptCalls {
  /** Calls that no event would have closed any more. */
  closed: number;
  /** Calls to be looked at. */
  due: string[];
  next_due_in_ms: number | null;
}

/** Closes stuck calls (F119) and finds those with something left to do. */
export function sweepCalls(exec: Exec, limit: number): Promise<SweptCalls> {
  return call<SweptCalls>(exec, "call_sweep_v1", { limit });
}
