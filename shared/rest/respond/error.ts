import { DatabaseError, DatabaseUnavailable } from "../../db/exec.ts";
import { STATUS, asServiceError } from "../../errors.ts";
import { GUARD } from "../compile/answer.ts";
import { RestError } from "../error.ts";

/** What is said to the client. */
export interface Refusal {
  status: number;
  headers: [string, string][];
  body: { code: string; details: unknown; hint: string | null; message: string };
}

/** The form in which PostgREST words an error, whoever made it. `role` decides what a missing right means. */
export function refusalOf(error: unknown, role: string): Refusal {
  if (error instanceof RestError) {
    const { status, code, message, details, hint, headers } = error;
    return { ...refusal(status, code, message, details, hint), headers };
  }
  if (error instanceof DatabaseError) return ofDatabase(error, role);
  if (error instanceof DatabaseUnavailable) {
    return refusal(503, "PGRST000", "Database connection error. Retrying the connection.");
  }
  const known = asServiceError(error);
  if (known.code === "unauthorized") {
    return refusal(401, known.message === "JWT expired" ? "PGRST303" : "PGRST301", known.message);
  }
  return refusal(STATUS[known.code], known.code, known.message, known.details ?? null);
}

function refusal(
  status: number,
  code: string,
  message: string,
  details: unknown = null,
  hint: string | null = null,
): Refusal {
  return { status, headers: [], body: { code, details, hint, message } };
}

function ofDatabase({ code, message, detail, hint }: DatabaseError, role: string): Refusal {
  const guard = GUARD.exec(message);
  if (guard) return ofGuard(guard[1] ?? "", guard[2] ?? "");
  if (code === RAISED) return ofRaised(message, detail);
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

/** The SQLSTATE with which a function words the whole refusal itself (docs.postgrest.org, "Raise errors with HTTP Status Codes"). */
const RAISED = "PGRST";

function ofRaised(message: string, detail: string | undefined): Refusal {
  const said = objectIn(message);
  if (typeof said?.["code"] !== "string" || typeof said["message"] !== "string") {
    return notRaised(
      `Invalid JSON value for MESSAGE: '${message}'`,
      "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    );
  }
  const how = detail === undefined ? undefined : objectIn(detail);
  const { status, headers } = how ?? {};
  if (typeof status !== "number" || !(status >= 200 && status < 600) || typeof headers !== "object" || !headers) {
    return notRaised(
      detail === undefined ? "DETAIL is missing in the RAISE statement" : `Invalid JSON value for DETAIL: '${detail}'`,
      "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.",
    );
  }
  return {
    ...refusal(status, said["code"], said["message"], words(said["details"]), words(said["hint"])),
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
  };
}

const words = (value: unknown) => (typeof value === "string" ? value : null);

const notRaised = (details: string, hint: string) =>
  refusal(500, "PGRST121", `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`, details, hint);

function objectIn(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const EXACT: Record<string, number> = {
  "23503": 409,
  "23505": 409,
  "25006": 405,
  "42883": 404,
  "42P01": 404,
  "42P17": 500,
  "53400": 500,
  "57P01": 503,
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
  "54": 500,
  "55": 500,
  "57": 500,
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
  if (code.startsWith("PT")) return 500;
  // a view that cannot be written to is no fault of the database's, whatever class Postgres puts it in
  if (code === "55000" && /^cannot (insert into|update|delete from) view/.test(message)) return 405;
  // the role of a token
  if (code === "22023" && /^role .* does not exist$/.test(message)) return 401;
  if (code === "42501") return role === "anon" ? 401 : 403;
  if (code === "21000") return message.includes("requires a WHERE clause") ? 400 : 500;
  return EXACT[code] ?? CLASSES[code.slice(0, 2)] ?? 400;
}
