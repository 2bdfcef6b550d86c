import type { Session, Statement } from "./exec.ts";

/** Takes role and claims for the length of the transaction; what comes after runs as nobody else (F140). */
export function sessionStatement({ role, claims }: Session): Statement {
  return {
    text: "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
    params: [role, JSON.stringify({ role, ...claims })],
  };
}
