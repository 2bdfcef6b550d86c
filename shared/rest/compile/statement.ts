import type { Statement } from "../../db/exec.ts";
import type { Plan } from "./plan.ts";

/** The setting in which an answer is kept until the transaction's last statement. */
export const KEPT = "switchboard.answer";

/** A plan as one statement with one row. */
export function statementOf({ queries, columns, parameters }: Plan): Statement {
  return parameters.statement(`WITH ${queries.join(", ")} SELECT ${columns.join(", ")} FROM source AS r`);
}

/** The same, with its row kept in a setting of the transaction. */
export function keepingStatementOf({ queries, columns, parameters }: Plan): Statement {
  const answer = `answer AS (SELECT ${columns.join(", ")} FROM source AS r)`;
  const keep = `SELECT set_config('${KEPT}', to_json(answer)::text, true) FROM answer`;
  return parameters.statement(`WITH ${[...queries, answer].join(", ")} ${keep}`);
}
