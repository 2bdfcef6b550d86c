import { Client, DatabaseError as PgError } from "pg";
import { DatabaseError, DatabaseUnavailable } from "./exec.ts";
import type { Exec, Row, Statement } from "./exec.ts";
import { asExec } from "./transaction.ts";

export interface PostgresOptions {
  /** `postgres://login:password@host:port/database`; on Workers the one that a Hyperdrive binding gives. */
  connection_string: string;
  /** Milliseconds for one call, connecting included. */
  timeout_ms?: number;
  /** Refuse to work with a login that passes by row-level security. */
  check_login?: boolean;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * `Exec` over Postgres' own protocol, for every host that is not Neon: one connection a call, which Hyperdrive makes
 * cheap, and all statements of the transaction sent without waiting for one another.
 */
export function createPostgresExec({
  connection_string,
  timeout_ms = DEFAULT_TIMEOUT_MS,
  check_login,
}: PostgresOptions): Exec {
  return asExec(async (statements) => {
    const client = new Client({
      connectionString: connection_string,
      connectionTimeoutMillis: timeout_ms,
      query_timeout: timeout_ms,
      pipeline: true,
    });
    // a connection that breaks is told to the call that was under way; unheard, the event would end the process
    client.on("error", () => {});
    try {
      await client.connect();
      return await transaction(client, statements);
    } catch (error) {
      throw translate(error);
    } finally {
      await client.end().catch(() => {});
    }
  }, check_login);
}

/** Everything is sent at once. After an error Postgres skips the rest, and `commit` of a failed transaction rolls back. */
async function transaction(client: Client, statements: Statement[]): Promise<Row[][]> {
  const begin = client.query("begin");
  const results = statements.map(({ text, params }) => client.query<Row>(text, params ?? []));
  const commit = client.query("commit");
  const settled = await Promise.allSettled([begin, ...results, commit]);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return (await Promise.all(results)).map(({ rows }) => rows);
}

function translate(error: unknown): Error {
  if (error instanceof PgError && error.code) {
    return new DatabaseError(error.message, error.code, error.detail, { cause: error, hint: error.hint });
  }
  return new DatabaseUnavailable("The database did not answer", { cause: error });
}
