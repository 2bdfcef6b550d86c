import { allowedUrl } from "../../media/allowed-url.ts";
import { failed, fileIn, lost } from "../../media/open.ts";
import type { OpenedMedia } from "../../media/open.ts";
import type { TelnyxOptions } from "./api.ts";

/** Telnyx names no hosts; these are its own, and the store that its samples show. */
const MEDIA_HOSTS: readonly string[] = [".telnyx.com", ".telnyxstorage.com", "s3.amazonaws.com"];
const DEFAULT_URL = "https://api.telnyx.com/v2";
const DEFAULT_TIMEOUT_MS = 120_000;

/** The file at a media address of a verified webhook: open to whoever knows it, so no key is sent (F23). Never throws. */
export async function openMedia(
  address: string,
  { fetch: call = fetch, api_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS }: TelnyxOptions = {},
): Promise<OpenedMedia> {
  const url = allowedUrl(address, api_url, MEDIA_HOSTS);
  if (url === null) return failed("address is not at one of the provider's hosts", false);
  try {
    const answer = await call(url.href, { redirect: "manual", signal: AbortSignal.timeout(timeout_ms) });
    return await fileIn(answer, { declared_type: answer.headers.get("content-type"), sha256: null });
  } catch (error) {
    return lost(error);
  }
}
