import { json } from "../server/http.ts";
import type { Reply } from "../server/http.ts";

const STATUS_OF: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** An error in Google's common form (google.rpc.Status), by status word. */
export function geminiError(status: string, message: string, details?: Record<string, unknown>[]): Reply {
  const code = STATUS_OF[status] ?? 500;
  return json(code, { error: { code, message, status, ...(details && { details }) } });
}

/** The error that a fault asks for, by HTTP status or status word. 429 comes with the time to wait, as Google gives it. */
export function geminiFault(value: string | number = "UNAVAILABLE"): Reply {
  const wanted = Number(value);
  const word = Number.isNaN(wanted)
    ? String(value)
    : (Object.entries(STATUS_OF).find(([, code]) => code === wanted)?.[0] ?? "INTERNAL");
  if (word !== "RESOURCE_EXHAUSTED") return geminiError(word, `The request failed: ${word}.`);
  return geminiError(word, "You exceeded your current quota.", [
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" },
  ]);
}

/** A key that nobody has: 400, not 401. */
export function invalidKey(): Reply {
  return geminiError("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "API_KEY_INVALID",
      domain: "googleapis.com",
      metadata: { service: "generativelanguage.googleapis.com" },
    },
  ]);
}
