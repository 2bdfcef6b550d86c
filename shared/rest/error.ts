/** A refusal as PostgREST words it; clients of the data door know these codes (docs.postgrest.org, "Errors"). */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | null;
  /** Sent with the refusal. */
  headers: [string, string][] = [];
  constructor(status: number, code: string, message: string, details: unknown = null, hint: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}
