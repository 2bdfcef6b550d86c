import { DatabaseError } from "./exec.ts";
import type { Exec, Row, Statement } from "./exec.ts";
import { sessionStatements } from "./session.ts";

/** The transaction lost a race that Postgres settled by giving it up (deadlock, serialization): nothing of it happened. */
const RETRY_ONCE = new Set(["40P01", "40001"]);

/**
 * An `Exec` over whatever runs a list of statements as one transaction: puts role and claims first, and runs a
 * transaction that lost a race a second time.
 */
export function asExec(run: (statements: Statement[]) => Promise<Row[][]>): Exec {
  return async (session, statements) => {
    const opening = sessionStatements(session);
    const batch = [...opening, ...statements];
    const results = await run(batch).catch((error: unknown) => {
      if (error instanceof DatabaseError && RETRY_ONCE.has(error.code)) return run(batch);
      throw error;
    });
    return results.slice(opening.length);
  };
}
