import type { ForeignRole, Session } from "../db/exec.ts";
import { ServiceError } from "../errors.ts";

export type Claims = Record<string, unknown>;

/** Who is asking, as far as verified credentials say; what they may see, the database decides. */
export type Principal =
  | { kind: "anon"; claims?: Claims }
  /** @property expires_at unix seconds */
  | { kind: "user"; user_id: string; claims: Claims; expires_at: number }
  | { kind: "service"; claims?: Claims }
  /** @property key_hash SHA-256 of the key, hex; whether there is such a key, the transaction finds out */
  | { kind: "api_key"; key_hash: string };

/**
 * What a request is for: `read` looks, `write` acts, `admin` changes who may. A key must have it; a user's role decides.
 * `service` is what no key and no user has, but the service role alone.
 */
export type Scope = "read" | "write" | "admin" | "service";

/** The transaction in which a principal meets tables: row-level security decides everything. */
export function sessionOf(principal: Principal, scope: Scope): Session {
  switch (principal.kind) {
    case "api_key":
      return { key_hash: principal.key_hash, scope, role: "authenticated" };
    case "user":
      return { role: "authenticated", claims: principal.claims };
    case "service":
      return { role: "service_role", claims: principal.claims ?? {} };
    case "anon":
      return { role: "anon", claims: principal.claims ?? {} };
  }
}

/**
 * The transaction of a verified token in a database that is not ours: as the role that it names, `anon` for none. Our own
 * functions' roles may be there too, since roles belong to a whole server, and stay closed.
 */
export function foreignSession(claims: Claims): Session {
  const role = typeof claims["role"] === "string" ? claims["role"] : "anon";
  if (role.startsWith("switchboard_"))
    throw new ServiceError("unauthorized", "This token is for no role of the doors.");
  return { role: role as ForeignRole, claims };
}

/** The transaction in which one of our own functions acts for a principal: our rights, the caller's claims. */
export function actingAs(principal: Principal, scope: Scope): Session {
  const session = sessionOf(principal, scope);
  if ("key_hash" in session) return { ...session, role: "switchboard_worker" };
  return { role: "switchboard_worker", claims: { ...session.claims, role: session.role } };
}
