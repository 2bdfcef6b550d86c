import type { ModelCall } from "../ai/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { figures } from "./figures.ts";

export interface Failure {
  /** The vendor's code and message: for operators, never for the customer (F51). */
  code: string;
  message: string;
  /** Milliseconds until the turn is tried again; null hands the conversation to a person (F52). */
  retry_in_ms: number | null;
  /** Why a person is needed, when one is. */
  reason: string;
}

export type Failed =
  | { outcome: "retrying"; wait_ms: number }
  | { outcome: "handed_off" }
  /** The turn had ended already, or a person had taken over. */
  | { outcome: "lost" };

/** Ends a turn whose model failed: its reservation returns, its cost stays, and somebody will see it. */
export function fail(exec: Exec, turn_id: string, failure: Failure, model: ModelCall): Promise<Failed> {
  return call<Failed>(exec, "turn_fail_v1", { turn_id, ...failure, ...figures(model) });
}
