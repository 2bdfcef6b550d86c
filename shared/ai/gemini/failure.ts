import { GoogleGenerativeAIAbortError, GoogleGenerativeAIFetchError } from "@google/generative-ai";
import * as z from "zod";

export interface Failure {
  /** Whether the same question may succeed later. */
  retry: boolean;
  /** What the vendor asked us to wait, in milliseconds. */
  retry_after_ms: number | null;
  /** Worth one more try within this call: the vendor stumbled, or named its wait. */
  transient: boolean;
  /** HTTP status; null when no answer came. */
  status: number | null;
  /** The vendor's reason where it gave one, else its canonical name of the status. */
  code: string;
  /** For operators, never for customers (F51). Without the key. */
  message: string;
}

const CANONICAL: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};
const MESSAGE_LIMIT = 500;

const details = z
  .array(
    z
      .object({
        reason: z.string().optional().catch(undefined),
        retryDelay: z.string().optional().catch(undefined),
        violations: z.array(z.object({ quotaId: z.string() }).catch({ quotaId: "" })).catch([]),
      })
      .catch({ violations: [] }),
  )
  .catch([]);

/**
 * Sorts what the SDK throws. Its errors all bear the name "Error", so classes and `status` decide; a dropped connection
 * or a body that is not JSON comes as a plain error. `google.rpc.RetryInfo` names the wait; a spent daily quota will not
 * recover in it.
 *
 * @param apiKey masked wherever the message repeats it
 */
export function classifyFailure(error: unknown, apiKey: string): Failure {
  const message = mask(error instanceof Error ? error.message : String(error), apiKey);
  if (isAbort(error)) return TIMED_OUT;
  if (error instanceof SyntaxError) return UNREADABLE;
  if (!(error instanceof GoogleGenerativeAIFetchError) || error.status === undefined) {
    return failure({ code: "NETWORK", message, retry: true });
  }
  const { status } = error;
  const found = details.parse(error.errorDetails ?? []);
  const wait = found.map(({ retryDelay }) => milliseconds(retryDelay)).find((ms) => ms !== null) ?? null;
  const code = found.find(({ reason }) => reason)?.reason ?? CANONICAL[status] ?? `HTTP_${status}`;
  const spent = found.some(({ violations }) => violations.some(({ quotaId }) => /per_?day/i.test(quotaId)));
  if (spent) return failure({ code: "DAILY_QUOTA", message, status, retry_after_ms: wait });
  const retry = status === 408 || status === 429 || status >= 500;
  const transient = status >= 500 || (status === 429 && wait !== null);
  return failure({ code, message, status, retry, retry_after_ms: retry ? wait : null, transient });
}

/** Given up by us: the vendor may still answer, and bill, later. */
export const TIMED_OUT = failure({ code: "TIMEOUT", message: "The model did not answer in time.", retry: true });
const UNREADABLE = failure({ code: "BAD_RESPONSE", message: "The model's answer was not JSON.", retry: true });

function failure(given: Partial<Failure> & Pick<Failure, "code" | "message">): Failure {
  return { retry: false, retry_after_ms: null, transient: false, status: null, ...given };
}

function isAbort(error: unknown): boolean {
  return error instanceof GoogleGenerativeAIAbortError || (error instanceof Error && error.name === "AbortError");
}

/** A protobuf duration such as "7s" or "1.5s". */
function milliseconds(duration: string | undefined): number | null {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(duration ?? "")?.[1];
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1000);
}

function mask(message: string, apiKey: string): string {
  const key = apiKey.trim();
  const known = key === "" ? message : message.replaceAll(key, "[key]");
  return known
    .replace(/\bAIza[\w-]{10,}/g, "[key]")
    .replace(/([?&]key=)[^&\s]+/g, "$1[key]")
    .slice(0, MESSAGE_LIMIT);
}
