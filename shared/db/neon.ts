import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { DatabaseError, DatabaseUnavailable } from "./exec.ts";
import type { Exec, Row } from "./exec.ts";
import { asExec } from "./transaction.ts";

export interface NeonOptions {
  /** `postgres://authenticator:password@host/database` */
  connection_string: string;
  /** Where the driver's HTTP requests go; empty for Neon's own hosts. */
  endpoint?: string;
  /** Milliseconds for one call. */
  timeout_ms?: number;
  /** Refuse to work with a login that passes by row-level security. */
  check_login?: boolean;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** `Exec` over Neon's HTTP protocol: one request, one transaction, no connection kept. */
export function createNeonExec({
  connection_string,
  endpoint,
  timeout_ms = DEFAULT_TIMEOUT_MS,
  check_login,
}: NeonOptions): Exec {
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  const sql = neon(connection_string, { fullResults: true });
  return asExec(async (statements) => {
    try {
      const results = await sql.transaction(
        statements.map(({ text, params }) => sql.query(text, params ?? [])),
        { fetchOptions: { signal: AbortSignal.timeout(timeout_ms) } },
      );
      return results.map(({ rows }) => rows as Row[]);
    } catch (error) {
      throw translate(error);
    }
  }, check_login);
}

function translate(error: unknown): Error {
  if (error instanceof NeonDbError && error.code) {
    return new DatabaseError(error.message, error.code, error.detail, { cause: error, hint: error.hint });
  }
  return new DatabaseUnavailable("The database did not answer", { cause: error });
}
