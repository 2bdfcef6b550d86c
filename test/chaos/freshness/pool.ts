import { Pool, DatabaseError as PgError } from "pg";
import { DatabaseError, DatabaseUnavailable } from "../../../shared/db/exec.ts";
import type { Exec, Row } from "../../../shared/db/exec.ts";
import { asExec } from "../../../shared/db/transaction.ts";

/** `Exec` over connections that are kept: tens of thousands of calls a minute, of which none need survive a crash. */
export function createPoolExec(connectionString: string, max: number): { exec: Exec; close: () => Promise<void> } {
  const pool = new Pool({ connectionString, max, pipeline: true, options: "-c synchronous_commit=off" });
  pool.on("error", () => {});
  const exec = asExec(async (statements) => {
    const client = await pool.connect();
    try {
      const sent = [
        client.query("begin"),
        ...statements.map(({ text, params }) => client.query<Row>(text, params ?? [])),
        client.query("commit"),
      ];
      const failed = (await Promise.allSettled(sent)).find((one) => one.status === "rejected");
      if (failed) throw translate(failed.reason);
      return (await Promise.all(sent)).slice(1, -1).map(({ rows }) => rows);
    } finally {
      client.release();
    }
  });
  return { exec, close: () => pool.end() };
}

function translate(error: unknown): Error {
  if (error instanceof PgError && error.code) return new DatabaseError(error.message, error.code, error.detail);
  return new DatabaseUnavailable("The database did not answer", { cause: error });
}
