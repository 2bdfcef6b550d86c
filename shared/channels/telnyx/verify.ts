import { base64ToBytes } from "../../crypto/base64.ts";
import { utf8 } from "../../crypto/digest.ts";
import type { SignedRequest } from "../channel.ts";

export interface TelnyxSecrets {
  /** The account's public keys that are valid now, base64 of 32 bytes; two while one is being replaced. */
  public_keys: string[];
  /** Unix milliseconds. */
  now: number;
}

/** Seconds by which a signature's time may differ from ours, in either direction (Telnyx SDK, "webhooks"). */
export const TOLERANCE_S = 300;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Whether Telnyx signed the body for this account: `telnyx-signature-ed25519` is the base64 of an Ed25519 signature over
 * `<telnyx-timestamp>|<raw body>`. Each account has a key of its own, so the account must be known before (trap: a key
 * that is shared by tenants would let one of them speak for another).
 */
export async function verify(request: SignedRequest, secrets: TelnyxSecrets): Promise<boolean> {
  const timestamp = request.headers.get("telnyx-timestamp");
  if (timestamp === null || !isFresh(timestamp, secrets.now)) return false;
  const signature = bytesOf(request.headers.get("telnyx-signature-ed25519"), SIGNATURE_BYTES);
  if (signature === null) return false;
  const signed = signedBytes(timestamp, request.body);
  for (const public_key of secrets.public_keys) {
    if (await signedWith(public_key, signature, signed)) return true;
  }
  return false;
}

function isFresh(timestamp: string, now: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1_000 - Number(timestamp)) <= TOLERANCE_S;
}

function signedBytes(timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = utf8(`${timestamp}|`);
  const bytes = new Uint8Array(prefix.byteLength + body.byteLength);
  bytes.set(prefix);
  bytes.set(body, prefix.byteLength);
  return bytes;
}

async function signedWith(
  public_key: string,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const raw = bytesOf(public_key, KEY_BYTES);
  if (raw === null) return false;
  try {
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, signed);
  } catch {
    // 32 bytes that are no point of the curve
    return false;
  }
}

function bytesOf(base64: string | null, length: number): Uint8Array<ArrayBuffer> | null {
  const bytes = base64 === null ? null : base64ToBytes(base64);
  return bytes?.byteLength === length ? (bytes as Uint8Array<ArrayBuffer>) : null;
}
