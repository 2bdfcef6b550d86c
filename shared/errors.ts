import { DatabaseError, DatabaseUnavailable } from "./db/exec.ts";

/** Every way in which a request can be refused. A code never changes its meaning; clients may rely on it. */
export type ErrorCode =
  | "invalid_input"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "too_large"
  | "gate_refused"
  | "idempotency_mismatch"
  | "too_many_requests"
  | "unavailable"
  | "internal";

export const STATUS: Record<ErrorCode, 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 503> = {
  invalid_input: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  gate_refused: 422,
  idempotency_mismatch: 422,
  too_many_requests: 429,
  unavailable: 503,
  internal: 500,
};

/** A refusal with a reason that a person can read. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** What the database's own refusals (SQLSTATE class SB) and its absence mean to a caller; anything else is a fault of ours. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof DatabaseUnavailable) {
    return new ServiceError("unavailable", "The database cannot be reached. Try again in a moment.", undefined, {
      cause: error,
    });
  }
  if (error instanceof DatabaseError) {
    if (/^(08|53|57)/.test(error.code)) {
      return new ServiceError("unavailable", "The database is busy or restarting. Try again in a moment.", undefined, {
        cause: error,
      });
    }
    const code = SQLSTATES[error.code];
    if (code) return new ServiceError(code, error.message, parseDetail(error.detail), { cause: error });
  }
  return new ServiceError("internal", "Something went wrong on our side.", undefined, { cause: error });
}

const SQLSTATES: Record<string, ErrorCode> = {
  SB400: "invalid_input",
  SB401: "unauthorized",
  SB403: "forbidden",
  SB404: "not_found",
  SB409: "conflict",
  SB422: "idempotency_mismatch",
  SB429: "too_many_requests",
  SB503: "unavailable",
};

function parseDetail(json: string | undefined): Record<string, unknown> | undefined {
  try {
    return json ? (JSON.parse(json) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
