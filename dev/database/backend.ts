import { escapeIdentifier } from "pg";

/** One statement with its parameters, as the Neon driver sends it. */
export interface Query {
  query: string;
  params: unknown[];
}

export type Isolation = "ReadUncommitted" | "ReadCommitted" | "RepeatableRead" | "Serializable";

/** What one `/sql` request asks for. Without `transaction` it holds exactly one query, which commits by itself. */
export interface Batch {
  /** The login role of the caller's connection string, already checked. */
  user: string;
  queries: Query[];
  transaction: boolean;
  isolation?: Isolation | undefined;
  readOnly?: boolean | undefined;
  deferrable?: boolean | undefined;
}

/** Every value is Postgres' own text form: the Neon driver parses types on the client. */
export interface QueryResult {
  command: string;
  rowCount: number | null;
  fields: { name: string; dataTypeID: number }[];
  rows: (string | null)[][];
}

/** A database that answers whole batches, whichever engine is behind it. */
export interface Backend {
  /**
   * Runs a batch; all of it or nothing when it is a transaction.
   * @throws pg.DatabaseError when Postgres refused; any other error means that the database could not be reached.
   */
  run(batch: Batch): Promise<QueryResult[]>;
  /** Plain Postgres TCP, as the administrator. */
  adminUrl: string;
  close(): Promise<void>;
}

const ISOLATION_SQL: Record<Isolation, string> = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};

export const isIsolation = (value: string): value is Isolation => Object.hasOwn(ISOLATION_SQL, value);

/** The statement that opens a batch's transaction. `localRole` is assumed until its end (see `postgres.ts`). */
export function beginStatement(batch: Batch, localRole?: string): string {
  const modes = [
    batch.isolation && `isolation level ${ISOLATION_SQL[batch.isolation]}`,
    batch.readOnly && "read only",
    batch.deferrable && "deferrable",
  ].filter(Boolean);
  const begin = ["begin", ...modes].join(" ");
  return localRole === undefined ? begin : `${begin}; set local role ${escapeIdentifier(localRole)}`;
}
