/**
 * The one way to the database. A call is one transaction and one round trip: role and claims first, set for that
 * transaction only, then the statements. There is no way to run a statement without saying as whom (invariants F140).
 */
export interface Exec {
  (session: Session, statements: Statement[]): Promise<Row[][]>;
}

/** A role of a database that is not ours; which ones there are, its own login's memberships decide. */
export type ForeignRole = string & { readonly foreign: unique symbol };

export type Role = "anon" | "authenticated" | "service_role" | "switchboard_worker";

/** As whom a transaction runs. */
export type Session = RoleSession | KeySession;

/** A role with claims that somebody has verified. */
export interface RoleSession {
  role: Role | ForeignRole;
  /** Becomes `request.jwt.claims`. */
  claims?: Record<string, unknown>;
}

/** The holder of an API key: looked up at the head of the transaction, so that a revoked key ends at once (F143). */
export interface KeySession {
  /** SHA-256 of the key, hex. */
  key_hash: string;
  /** What the transaction needs of it. */
  scope: string;
  role: Role;
}

export interface Statement {
  text: string;
  params?: unknown[];
}

export type Row = Record<string, unknown>;

/** A database refused a statement. `code` is the SQLSTATE; `detail` is JSON when our own functions raise (class SB). */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  constructor(
    message: string,
    code: string,
    detail?: string,
    options: ErrorOptions & { hint?: string | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    this.detail = detail;
    this.hint = options.hint;
  }
}

/** The database could not be reached or did not answer in time: nothing is known about what it did. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}
