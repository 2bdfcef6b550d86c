export interface MetaCredentials {
  /** Our number at Meta. */
  phone_number_id: string;
  access_token: string;
}

export interface GraphOptions {
  fetch?: typeof fetch;
  /** Base URL with version, such as `https://graph.facebook.com/v25.0`. */
  graph_url?: string;
  /** Milliseconds for the whole call, answer included. */
  timeout_ms?: number;
}

export type GraphAnswer =
  /** An answer came; `body` is its JSON, or null when it had none that we could read. */
  | { answered: true; status: number; body: unknown; retry_after_ms: number | null }
  /** The request was never made: the credentials cannot be written into one. */
  | { answered: false; sent: false; reason: string }
  /** No answer, or half of one: whether the request arrived is not known. */
  | { answered: false; sent: true; reason: string };

const DEFAULT_URL = "https://graph.facebook.com/v25.0";
const DEFAULT_TIMEOUT_MS = 10_000;
/** Meta's answers take a few hundred bytes; what is longer does not come from it. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** One POST to `/{phone_number_id}/messages`. Never throws, never follows a redirect with the token. */
export async function postMessages(
  credentials: MetaCredentials,
  body: unknown,
  options: GraphOptions,
): Promise<GraphAnswer> {
  const { graph_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS } = options;
  const call = options.fetch ?? fetch;
  const { phone_number_id, access_token } = credentials;
  // a token outside these characters would make `fetch` throw an error that quotes it
  if (!/^[\x21-\x7e]+$/.test(access_token)) return { answered: false, sent: false, reason: "access token is unusable" };
  try {
    const response = await call(`${graph_url}/${encodeURIComponent(phone_number_id)}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    });
    const retry_after_ms = retryAfter(response.headers.get("retry-after"));
    return { answered: true, status: response.status, body: await readJson(response), retry_after_ms };
  } catch (error) {
    return { answered: false, sent: true, reason: mask(describe(error), access_token) };
  }
}

/** A text without the token: Meta quotes malformed ones in its error messages. */
export function mask(text: string, access_token: string): string {
  return access_token === "" ? text : text.replaceAll(access_token, "[token]");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "network error";
  return error.name === "TimeoutError" || error.name === "AbortError" ? "no answer in time" : error.message;
}

function retryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,5}$/.test(header) ? Number(header) * 1_000 : null;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await readCapped(response);
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

async function readCapped(response: Response): Promise<string | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return null;
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
