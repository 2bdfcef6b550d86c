import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** Finds what a crash or a lost wake-up left behind; answers the conversations whose object must look again (F45, F183). */
export async function sweep(exec: Exec, limit: number): Promise<string[]> {
  return (await call<{ due: string[] }>(exec, "sweep_v1", { limit })).due;
}
