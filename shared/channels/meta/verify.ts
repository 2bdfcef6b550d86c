import { hmacSha256 } from "../../crypto/digest.ts";
import { fromHex } from "../../crypto/hex.ts";
import { timingSafeEqual } from "../../crypto/timing-safe-equal.ts";
import type { SignedRequest } from "../channel.ts";

export interface MetaSecrets {
  /** App secrets that are valid now; two while one is being replaced. */
  app_secrets: string[];
}

const PREFIX = "sha256=";

/**
 * Whether Meta signed the body: header `X-Hub-Signature-256: sha256=<lower-case hex HMAC-SHA256(app secret, raw body)>`
 * (Meta, "Webhooks: validating payloads"). Over the bytes as they came, because Meta escapes non-ASCII and `/` in a way
 * that no serialiser repeats. The scheme has no timestamp: a replay is told by its message ids only.
 */
export async function verify(request: SignedRequest, secrets: MetaSecrets): Promise<boolean> {
  const given = signature(request.headers);
  if (given === null) return false;
  let genuine = false;
  for (const secret of secrets.app_secrets) {
    if (secret === "") continue;
    // no early exit: the time must not tell which of the secrets matched
    if (timingSafeEqual(await hmacSha256(secret, request.body), given)) genuine = true;
  }
  return genuine;
}

function signature(headers: Headers): Uint8Array | null {
  const header = headers.get("x-hub-signature-256");
  if (!header?.startsWith(PREFIX)) return null;
  return fromHex(header.slice(PREFIX.length));
}
