import { DatabaseError, DatabaseUnavailable } from "../../db/exec.ts";
import { STATUS, asServiceError } from "../../errors.ts";
import { GUARD } from "../compile/answer.ts";
import { RestError } from "../error.ts";

/** What is said to the client. */
export interface Refusal {
  status: number;
  body: { code: string; details: unknown; hint: string | null; message: string };
}

/** The form in which PostgREST words an error, whoever made it. `role` decides what a missing right means. */
export function refusalOf(error: unknown, role: string): Refusal {
  if (error instanceof RestError) return refusal(error.status, error.code, error.message, error.details, error.hint);
  if (error instanceof DatabaseError) return ofDatabase(error, role);
  if (error instanceof DatabaseUnavailable) {
    return refusal(503, "PGRST000", "Database connection error. Retrying the connection.");
  }
  const known = asServiceError(error);
  if (known.code === "unauthorized") return refusal(401, "PGRST301", known.message);
  return refusal(STATUS[known.code], known.code, known.message, known.details ?? null);
}

function refusal(status: number, code: string, message: string, details: unknown = null, hint: string | null = null) {
  return { status, body: { code, details, hint, message } };
}

function ofDatabase({ code, message, detail, hint }: DatabaseError, role: string): Refusal {
  const guard = GUARD.exec(message);
  if (guard) return ofGuard(guard[1] ?? "", guard[2] ?? "");
  return refusal(statusOf(code, message, role), code, message, detail ?? null, hint ?? null);
}

function ofGuard(code: string, rows: string): Refusal {
  if (code === "PGRST116") {
    return refusal(406, code, "Cannot coerce the result to a single JSON object", `The result contains ${rows} rows`);
  }
  return refusal(
    400,
    code,
    "Query result exceeds max-affected preference constraint",
    `The query affects ${rows} rows`,
  );
}

const EXACT: Record<string, number> = {
  "23503": 409,
  "23505": 409,
  "25006": 405,
  "42883": 404,
  "42P01": 404,
  "42P17": 500,
  "53400": 500,
  P0001: 400,
};
const CLASSES: Record<string, number> = {
  "08": 503,
  "09": 500,
  "0L": 403,
  "0P": 403,
  "25": 500,
  "28": 403,
  "2D": 500,
  "38": 500,
  "39": 500,
  "3B": 500,
  "40": 500,
  "53": 503,
  "54": 413,
  "55": 500,
  "57": 503,
  "58": 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
};

/** SQLSTATE to HTTP status (docs.postgrest.org, "HTTP Status Codes"). Codes `PTnnn` and our own `SBnnn` name theirs. */
function statusOf(code: string, message: string, role: string): number {
  const named = /^(?:PT|SB)([2-5]\d\d)$/.exec(code);
  if (named) return Number(named[1]);
  if (code === "42501") return role === "anon" ? 401 : 403;
  if (code === "21000") return message.includes("requires a WHERE clause") ? 400 : 500;
  // the time that one statement may take is a limit of ours, not a fault of the database
  if (code === "57014") return 500;
  return EXACT[code] ?? CLASSES[code.slice(0, 2)] ?? 400;
}
