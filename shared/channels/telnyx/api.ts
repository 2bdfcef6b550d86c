import { jsonIn } from "../../http/json-in.ts";

export interface TelnyxOptions {
  fetch?: typeof fetch;
  /** Base URL with version. */
  api_url?: string;
  /** Milliseconds for the whole call, answer included. */
  timeout_ms?: number;
}

export type TelnyxAnswer =
  /** An answer came; `body` is its JSON, or null when it had none that we could read. */
  | { answered: true; status: number; body: unknown; retry_after_ms: number | null }
  /** `sent`: whether the request may have left. */
  | { answered: false; sent: boolean; reason: string };

const DEFAULT_URL = "https://api.telnyx.com/v2";
const DEFAULT_TIMEOUT_MS = 10_000;
/** Telnyx's answers take a few kilobytes; what is longer does not come from it. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** One POST to Telnyx's API. Never throws, never follows a redirect with the key. */
export async function post(
  path: string,
  body: unknown,
  api_key: string,
  options: TelnyxOptions,
): Promise<TelnyxAnswer> {
  const { api_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS } = options;
  const call = options.fetch ?? fetch;
  // a key outside these characters would make `fetch` throw an error that quotes it
  if (!/^[\x21-\x7e]+$/.test(api_key)) return { answered: false, sent: false, reason: "API key is unusable" };
  try {
    const response = await call(`${api_url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${api_key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    });
    const retry_after_ms = retryAfter(response.headers.get("retry-after"));
    return { answered: true, status: response.status, body: await jsonIn(response, MAX_ANSWER_BYTES), retry_after_ms };
  } catch (error) {
    return { answered: false, sent: true, reason: mask(describe(error), api_key) };
  }
}

/** A text without the key. */
export function mask(text: string, api_key: string): string {
  return api_key === "" ? text : text.replaceAll(api_key, "[key]");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "network error";
  return error.name === "TimeoutError" || error.name === "AbortError" ? "no answer in time" : error.message;
}

function retryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,5}$/.test(header) ? Number(header) * 1_000 : null;
}
