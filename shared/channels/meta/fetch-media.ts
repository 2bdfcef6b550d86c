import * as z from "zod";
import { sha256Hex } from "../../crypto/digest.ts";
import { readCapped } from "../../media/read-capped.ts";
import { sniff } from "../../media/sniff.ts";
import { classify } from "./errors.ts";
import type { GraphOptions, MetaCredentials } from "./graph.ts";
import { mediaUrl } from "./media-url.ts";

export interface MediaOptions extends GraphOptions {
  /** Largest file that is read. */
  max_bytes: number;
  /** Hosts that files may come from; Meta's own when left out. */
  hosts?: readonly string[];
}

export type MediaOutcome =
  | {
      state: "fetched";
      bytes: Uint8Array;
      /** By the first bytes. */
      mime_type: string;
      /** By Meta, which has it from the sender; null when it named none. */
      declared_type: string | null;
      /** Whether the bytes contradict the declared type. */
      mismatch: boolean;
      /** Of the bytes read, in lower-case hex. */
      sha256: string;
    }
  /** `retry`: whether asking again, from the media id, may help. */
  | Failed;
type Failed = { state: "failed"; reason: string; retry: boolean };

const DEFAULT_URL = "https://graph.facebook.com/v25.0";
const DEFAULT_TIMEOUT_MS = 30_000;
/** A look-up's answer takes a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

const found = z.object({ url: z.string(), mime_type: z.string().nullable().catch(null) });
const refused = z.object({ error: z.object({ code: z.number() }) });

/**
 * The file behind a media id of a webhook, for whoever is to keep it: Meta forgets it after days. Graph is asked for the
 * file's address, which lives for five minutes (Meta, "Media", Cloud API), and that address is read with the token.
 * Never throws.
 *
 * Only Graph's answer can name an address, nothing that a customer wrote; it must be at one of Meta's hosts, and no
 * redirect is followed (F23). Reading stops at `max_bytes`, whatever length was promised.
 */
export async function fetchMedia(
  media_id: string,
  credentials: MetaCredentials,
  options: MediaOptions,
): Promise<MediaOutcome> {
  const { graph_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS, max_bytes, hosts } = options;
  const { phone_number_id, access_token } = credentials;
  // `..` would climb out of the path, a line break would make `fetch` throw an error that quotes the token
  if (!/^[\w-]+$/.test(media_id)) return failed("media id is unusable", false);
  if (!/^[\x21-\x7e]+$/.test(access_token)) return failed("access token is unusable", false);
  const call = options.fetch ?? fetch;
  const init: RequestInit = {
    headers: { authorization: `Bearer ${access_token}` },
    redirect: "manual",
    signal: AbortSignal.timeout(timeout_ms),
  };
  try {
    const query = new URLSearchParams({ phone_number_id });
    const address = await addressIn(await call(`${graph_url}/${media_id}?${query}`, init));
    if ("state" in address) return address;
    const url = mediaUrl(address.url, graph_url, hosts);
    if (url === null) return failed("address is not at one of the provider's hosts", false);
    return await fileIn(await call(url.href, init), address.mime_type, max_bytes);
  } catch (error) {
    const late = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
    return failed(late ? "no answer in time" : "network error", true);
  }
}

async function addressIn(response: Response): Promise<z.infer<typeof found> | Failed> {
  const { status } = response;
  const body = parse(await readCapped(response.body, MAX_ANSWER_BYTES));
  const error = refused.safeParse(body);
  if (error.success) {
    const { class: errorClass, title } = classify(error.data.error.code, { http_status: status });
    return failed(`look-up: ${title}`, errorClass === "retry" || errorClass === "retry_pair");
  }
  if (status !== 200) return failed(`look-up: HTTP ${status}`, passes(status));
  const address = found.safeParse(body);
  return address.success ? address.data : failed("look-up: no address in the answer", true);
}

async function fileIn(response: Response, declared_type: string | null, max_bytes: number): Promise<MediaOutcome> {
  const { status } = response;
  if (status !== 200) {
    await response.body?.cancel();
    if (status >= 300 && status < 400) return failed("file: redirected, not followed", false);
    // an address that has run out is a 404: the next look-up gives a fresh one
    return failed(`file: HTTP ${status}`, status === 404 || passes(status));
  }
  const bytes = await readCapped(response.body, max_bytes);
  if (bytes === null) return failed(`file: longer than ${max_bytes} bytes`, false);
  return { state: "fetched", bytes, ...sniff(bytes, declared_type), declared_type, sha256: await sha256Hex(bytes) };
}

function parse(bytes: Uint8Array | null): unknown {
  try {
    return bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

const passes = (status: number) => status >= 500 || status === 408 || status === 429;

const failed = (reason: string, retry: boolean): Failed => ({ state: "failed", reason, retry });
