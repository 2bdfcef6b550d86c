import type { Session, Statement } from "./exec.ts";

/** Takes role and claims for the length of the transaction; what comes after runs as nobody else (F140). */
export function sessionStatements(session: Session): Statement[] {
  if (!("key_hash" in session)) return [take(session.role, { role: session.role, ...session.claims })];
  const { key_hash, scope, role } = session;
  // the keys themselves are for the Worker's own role to read
  const lookUp = [
    take("switchboard_worker", { role: "switchboard_worker" }),
    { text: "select switchboard.authenticate_key_v1($1, $2)", params: [key_hash, scope] },
  ];
  return role === "switchboard_worker"
    ? lookUp
    : [...lookUp, { text: "select set_config('role', $1, true)", params: [role] }];
}

function take(role: string, claims: Record<string, unknown>): Statement {
  return {
    text: "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
    params: [role, JSON.stringify(claims)],
  };
}
