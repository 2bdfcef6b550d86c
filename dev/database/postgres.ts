import {
  DatabaseError,
  Pool,
  type CustomTypesConfig,
  type PoolClient,
  type QueryArrayConfig,
  type QueryArrayResult,
} from "pg";
import { beginStatement, type Backend, type Batch, type QueryResult } from "./backend.ts";

export interface PostgresOptions {
  /** Administrator's connection string; other logins use the same host and database. */
  adminUrl: string;
  /** Login roles that may run batches, with their passwords. The administrator is always one of them. */
  logins?: Record<string, string>;
  /** Open connections per login. */
  max?: number;
  /**
   * Connect as the administrator and take the caller's role inside each transaction instead of logging in as it: for
   * an engine that has a single session. A caller could leave such a role again, so this is no security boundary.
   */
  assumeRoles?: boolean;
}

const RAW_TEXT: CustomTypesConfig = { getTypeParser: () => (value: string | Buffer) => value };

/**
 * A backend in front of any Postgres: one pool per login, and each batch one round trip, because BEGIN, the statements
 * and COMMIT are written without waiting for answers.
 */
export function connectPostgres(options: PostgresOptions): Backend {
  const { adminUrl, logins = {}, max = 20, assumeRoles = false } = options;
  const admin = decodeURIComponent(new URL(adminUrl).username);
  const pools = new Map<string, Pool>();

  const poolOf = (login: string): Pool => {
    const known = pools.get(login);
    if (known) return known;
    // A pipelined client writes queued queries at once; Postgres answers them in order.
    const pool = new Pool({
      connectionString: loginUrl(adminUrl, login, login === admin ? undefined : logins[login]),
      max,
      pipeline: true,
      connectionTimeoutMillis: 10_000,
    });
    // The pool replaces a connection that the server closed. Without these listeners the event would end the process.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
    pools.set(login, pool);
    return pool;
  };

  return {
    adminUrl,
    async run(batch) {
      const isAdmin = batch.user === admin;
      const client = await poolOf(assumeRoles ? admin : batch.user).connect();
      let broken = true;
      try {
        const results = await pipeline(client, batch, assumeRoles && !isAdmin ? batch.user : undefined);
        // A statement that left a transaction open must not hand it to the next caller.
        broken = client.getTransactionStatus() !== "I";
        return results;
      } catch (error) {
        // After a fatal error the server closes the connection.
        broken = !(error instanceof DatabaseError) || error.severity === "FATAL";
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

/** The same database for another login. */
export function loginUrl(adminUrl: string, login: string, password: string | undefined): string {
  if (password === undefined) return adminUrl;
  const url = new URL(adminUrl);
  url.username = encodeURIComponent(login);
  url.password = encodeURIComponent(password);
  return url.href;
}

async function pipeline(client: PoolClient, batch: Batch, localRole?: string): Promise<QueryResult[]> {
  const inTransaction = batch.transaction || localRole !== undefined;
  const sent: Promise<unknown>[] = [];
  if (inTransaction) sent.push(client.query(beginStatement(batch, localRole)));
  const answers = batch.queries.map(async ({ query, params }) => toResult(await client.query(extended(query, params))));
  sent.push(...answers);
  // In a failed transaction every later statement is refused and COMMIT becomes a rollback.
  if (inTransaction) sent.push(client.query("commit"));
  const failed = (await Promise.allSettled(sent)).find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return Promise.all(answers);
}

// The extended protocol even without parameters: it refuses several statements in one string, as Neon does.
const extended = (text: string, values: unknown[]): QueryArrayConfig & { queryMode: "extended" } => ({
  text,
  values,
  rowMode: "array",
  types: RAW_TEXT,
  queryMode: "extended",
});

const toResult = (result: QueryArrayResult<(string | null)[]>): QueryResult => ({
  command: result.command,
  rowCount: result.rowCount,
  fields: result.fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
  rows: result.rows,
});
