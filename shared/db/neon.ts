import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { DatabaseError, DatabaseUnavailable } from "./exec.ts";
import type { Exec, Row, Statement } from "./exec.ts";
import { sessionStatement } from "./session.ts";

export interface NeonOptions {
  /** `postgres://authenticator:password@host/database` */
  connection_string: string;
  /** Where the driver's HTTP requests go; empty for Neon's own hosts. */
  endpoint?: string;
  /** Milliseconds for one call. */
  timeout_ms?: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;
/** The transaction lost a race that Postgres settled by giving it up: nothing of it happened. */
const RETRY_ONCE = new Set(["40P01", "40001"]);

/** `Exec` over Neon's HTTP protocol: one request, one transaction, no connection kept. */
export function createNeonExec({ connection_string, endpoint, timeout_ms = DEFAULT_TIMEOUT_MS }: NeonOptions): Exec {
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  const sql = neon(connection_string, { fullResults: true });

  const once = async (statements: Statement[]): Promise<Row[][]> => {
    try {
      const results = await sql.transaction(
        statements.map(({ text, params }) => sql.query(text, params ?? [])),
        { fetchOptions: { signal: AbortSignal.timeout(timeout_ms) } },
      );
      return results.slice(1).map(({ rows }) => rows as Row[]);
    } catch (error) {
      throw translate(error);
    }
  };

  return async (session, statements) => {
    const batch = [sessionStatement(session), ...statements];
    try {
      return await once(batch);
    } catch (error) {
      if (error instanceof DatabaseError && RETRY_ONCE.has(error.code)) return once(batch);
      throw error;
    }
  };
}

function translate(error: unknown): Error {
  if (error instanceof NeonDbError && error.code) {
    return new DatabaseError(error.message, error.code, error.detail, { cause: error });
  }
  return new DatabaseUnavailable("The database did not answer", { cause: error });
}
