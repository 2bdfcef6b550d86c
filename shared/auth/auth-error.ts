/** A refusal in the words of the sign-in API, which its client library reads (`code`, `error_code`, `msg`). */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly status: number;
  readonly error_code: string;
  constructor(status: number, error_code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.error_code = error_code;
  }
}

/** What our SQL answers when it refuses: it must not raise, or the traces of the attempt would go with it. */
export interface Refused {
  error?: { code: number; error_code: string; msg: string };
}

/** @throws AuthError for a refusal */
export function accepted<Result extends object>(result: Result & Refused): Result {
  if (result.error) throw new AuthError(result.error.code, result.error.error_code, result.error.msg);
  return result;
}
