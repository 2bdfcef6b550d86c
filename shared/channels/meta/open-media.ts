import * as z from "zod";
import { jsonIn } from "../../http/json-in.ts";
import { allowedUrl } from "../../media/allowed-url.ts";
import { failed, fileIn, lost, passes } from "../../media/open.ts";
import type { MediaFailure, OpenedMedia } from "../../media/open.ts";
import { classify } from "./errors.ts";
import type { GraphOptions, MetaCredentials } from "./graph.ts";

export interface MediaOptions extends GraphOptions {
  /** Hosts that files may come from; Meta's own when left out. */
  hosts?: readonly string[];
}

const MEDIA_HOSTS: readonly string[] = ["lookaside.fbsbx.com", "graph.facebook.com", ".fbcdn.net"];
const DEFAULT_URL = "https://graph.facebook.com/v25.0";
const DEFAULT_TIMEOUT_MS = 120_000;
/** A look-up's answer takes a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

const found = z.object({
  url: z.string(),
  mime_type: z.string().nullable().catch(null),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .catch(null),
});
const refused = z.object({ error: z.object({ code: z.number() }) });

/**
 * The file behind a media id of a webhook, for whoever is to keep it: Meta forgets it after days. Graph is asked for the
 * file's address, which lives for five minutes (Meta, "Media", Cloud API), and that address is read with the token.
 * Never throws.
 *
 * Only Graph's answer can name an address, nothing that a customer wrote; it must be at one of Meta's hosts, and no
 * redirect is followed (F23).
 */
export async function openMedia(
  media_id: string,
  credentials: MetaCredentials,
  options: MediaOptions = {},
): Promise<OpenedMedia> {
  const { graph_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS, hosts = MEDIA_HOSTS } = options;
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
    const url = allowedUrl(address.url, graph_url, hosts);
    if (url === null) return failed("address is not at one of the provider's hosts", false);
    return await fileIn(await call(url.href, init), { declared_type: address.mime_type, sha256: address.sha256 });
  } catch (error) {
    return lost(error);
  }
}

async function addressIn(response: Response): Promise<z.infer<typeof found> | MediaFailure> {
  const { status } = response;
  const body = await jsonIn(response, MAX_ANSWER_BYTES);
  const error = refused.safeParse(body);
  if (error.success) {
    const { class: errorClass, title } = classify(error.data.error.code, { http_status: status });
    return failed(`look-up: ${title}`, errorClass === "retry" || errorClass === "retry_pair");
  }
  if (status !== 200) return failed(`look-up: HTTP ${status}`, passes(status));
  const address = found.safeParse(body);
  return address.success ? address.data : failed("look-up: no address in the answer", true);
}
