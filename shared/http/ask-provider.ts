import { readCapped } from "../media/read-capped.ts";

export interface ProviderRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  headers: Record<string, string>;
  /** A form is sent as one, anything else becomes the JSON body. */
  body?: unknown;
  /** What must not stand in a reason, whoever wrote it. */
  secret: string;
}

export interface AskOptions {
  fetch?: typeof fetch;
  /** Milliseconds for the whole call, answer included. */
  timeout_ms?: number;
}

export type ProviderAnswer =
  /** `body` is the answer's JSON, or null when it had none that we could read. */
  | { answered: true; status: number; body: unknown }
  /** No answer, or half of one: whether the request arrived is not known. */
  | { answered: false; reason: string };

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One request to a provider's management interface. Never throws, never follows a redirect with the credentials. */
export async function askProvider(request: ProviderRequest, options: AskOptions = {}): Promise<ProviderAnswer> {
  const { method, url, headers, body, secret } = request;
  // outside these characters `fetch` would throw an error that quotes the header
  if (!/^[\x21-\x7e]+$/.test(secret)) return { answered: false, reason: "the key has characters that no key has" };
  try {
    const response = await (options.fetch ?? fetch)(url, {
      method,
      headers: { accept: "application/json", ...headers, ...(body !== undefined && !isForm(body) && JSON_BODY) },
      ...(body !== undefined && { body: isForm(body) ? body : JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(options.timeout_ms ?? DEFAULT_TIMEOUT_MS),
    });
    const bytes = await readCapped(response.body, MAX_ANSWER_BYTES);
    return { answered: true, status: response.status, body: parse(bytes, secret) };
  } catch (error) {
    return { answered: false, reason: describe(error).replaceAll(secret, "[key]") };
  }
}

const isForm = (body: unknown): body is URLSearchParams => body instanceof URLSearchParams;
const JSON_BODY = { "content-type": "application/json" };

/** The answer's JSON, in which a provider may have quoted the key. */
function parse(bytes: Uint8Array | null, secret: string): unknown {
  try {
    return bytes && JSON.parse(new TextDecoder().decode(bytes).replaceAll(secret, "[key]"));
  } catch {
    return null;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "network error";
  return error.name === "TimeoutError" || error.name === "AbortError" ? "no answer in time" : error.message;
}
