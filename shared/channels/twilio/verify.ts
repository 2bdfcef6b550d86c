import { base64ToBytes } from "../../crypto/base64.ts";
import { utf8 } from "../../crypto/digest.ts";
import { timingSafeEqual } from "../../crypto/timing-safe-equal.ts";
import type { SignedRequest } from "../channel.ts";

export interface TwilioSecrets {
  /** Primary auth tokens of the account; an API key's secret signs nothing. */
  auth_tokens: string[];
  /** The origin at which Twilio reaches us, where a proxy stands before us; that of the request when left out. */
  public_origin?: string | undefined;
}

/**
 * Whether Twilio signed the request: header `X-Twilio-Signature`, base64 of HMAC-SHA1 with the auth token over the address
 * as it was called, followed by every parameter of the form, name and value, by names in code-unit order (Twilio,
 * "Webhooks security"). The address may have been signed with or without the scheme's own port. The scheme has no
 * timestamp: a replay is told by its message ids only.
 */
export async function verify(request: SignedRequest, secrets: TwilioSecrets): Promise<boolean> {
  const given = base64ToBytes(request.headers.get("x-twilio-signature") ?? "");
  if (!given || given.byteLength === 0) return false;
  const parameters = signedParameters(request.body);
  let genuine = false;
  for (const token of secrets.auth_tokens) {
    if (token === "") continue;
    for (const address of addresses(request.url, secrets.public_origin)) {
      // no early exit: the time must not tell which of them matched
      if (timingSafeEqual(await hmacSha1(token, address + parameters), given)) genuine = true;
    }
  }
  return genuine;
}

/** All parameters take part, known or not, empty or not; of one that is repeated each different value, sorted. */
function signedParameters(body: Uint8Array): string {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  return [...new Set(form.keys())]
    .toSorted(byCodeUnits)
    .flatMap((name) => [...new Set(form.getAll(name))].toSorted(byCodeUnits).map((value) => name + value))
    .join("");
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function addresses(called: string, public_origin: string | undefined): string[] {
  const { protocol, host, port, pathname, search } = new URL(called);
  const origin = new URL(public_origin ?? `${protocol}//${host}`);
  const path = pathname + search;
  if (port !== "" && public_origin === undefined)
    return [`${origin.origin}${path}`, `${protocol}//${origin.hostname}${path}`];
  const own = origin.protocol === "https:" ? ":443" : ":80";
  return [origin.origin + path, ...(origin.port === "" ? [origin.origin + own + path] : [])];
}

async function hmacSha1(token: string, text: string): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", utf8(token) as BufferSource, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(text) as BufferSource));
}
