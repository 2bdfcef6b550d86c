import { hmacSha256, utf8 } from "../../crypto/digest.ts";
import { fromHex } from "../../crypto/hex.ts";
import { timingSafeEqual } from "../../crypto/timing-safe-equal.ts";

export interface UltravoxSecrets {
  /** Secrets of the webhook that are valid now; two while one is being replaced. */
  secrets: string[];
  /** Unix milliseconds. */
  now: number;
}

/** Ultravox, "Securing webhooks": what is older than about a minute is a replay. */
export const TOLERANCE_MS = 60_000;

/**
 * Whether Ultravox signed the body: `X-Ultravox-Webhook-Signature` holds one or several hexadecimal HMAC-SHA256 of the raw
 * body followed by the text of `X-Ultravox-Webhook-Timestamp`, an ISO 8601 time; any of them may match. A time more than a
 * minute away from ours, in either direction, is refused.
 */
export async function verify(
  { headers, body }: { headers: Headers; body: Uint8Array },
  { secrets, now }: UltravoxSecrets,
): Promise<boolean> {
  const timestamp = headers.get("x-ultravox-webhook-timestamp") ?? "";
  // a time that cannot be read is NaN, which is within nothing
  if (!(Math.abs(now - Date.parse(timestamp)) <= TOLERANCE_MS)) return false;
  const given = signatures(headers.get("x-ultravox-webhook-signature") ?? "");
  const signed = concat(body, utf8(timestamp));
  let genuine = false;
  for (const secret of secrets) {
    if (secret === "") continue;
    const expected = await hmacSha256(secret, signed);
    // no early exit: the time must not tell which of them matched
    for (const one of given) if (timingSafeEqual(expected, one)) genuine = true;
  }
  return genuine;
}

function signatures(header: string): Uint8Array[] {
  return header.split(",").flatMap((text) => fromHex(text.trim()) ?? []);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
