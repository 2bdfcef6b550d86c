import { DatabaseError } from "./exec.ts";
import type { Exec, Row, Statement } from "./exec.ts";
import { CHECK_LOGIN } from "./login.ts";
import { sessionStatements } from "./session.ts";

/** The transaction lost a race that Postgres settled by giving it up (deadlock, serialization): nothing of it happened. */
const LOST_A_RACE = new Set(["40P01", "40001"]);

/** Each lost race lets another caller through, so a crowd comes to an end; this bounds what one caller waits for it. */
const ATTEMPTS = 6;

/**
 * An `Exec` over whatever runs a list of statements as one transaction: puts role and claims first, and runs a
 * transaction that lost a race again, six times in all.
 * @param checked until it was so once, each transaction checks first that row-level security holds its login
 */
export function asExec(run: (statements: Statement[]) => Promise<Row[][]>, checked = false): Exec {
  let held = !checked;
  return async (session, statements) => {
    const opening = [...(held ? [] : [CHECK_LOGIN]), ...sessionStatements(session)];
    const batch = [...opening, ...statements];
    for (let attempt = 1; ; attempt++) {
      try {
        const results = await run(batch);
        held = true;
        return results.slice(opening.length);
      } catch (error) {
        if (!(error instanceof DatabaseError && LOST_A_RACE.has(error.code)) || attempt === ATTEMPTS) throw error;
      }
    }
  };
}
