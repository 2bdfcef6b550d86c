import { toHex } from "./hex.ts";

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. A lone surrogate becomes U+FFFD, as the Encoding Standard asks. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** SHA-256 of bytes or of a text's UTF-8 form, 32 bytes. */
export async function sha256(data: Uint8Array | string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", source(data)));
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  return toHex(await sha256(data));
}

/**
 * HMAC-SHA256 (RFC 2104), 32 bytes. WebCrypto has no empty key, and an empty key authenticates nobody: it is refused
 * with a RangeError, so that a secret left unset cannot pass for one.
 */
export async function hmacSha256(key: Uint8Array | string, data: Uint8Array | string): Promise<Uint8Array> {
  if (key.length === 0) throw new RangeError("HMAC key is empty");
  const imported = await crypto.subtle.importKey("raw", source(key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, source(data)));
}

/** WebCrypto's types want a view on a plain ArrayBuffer; none of ours is on shared memory. */
function source(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return (typeof data === "string" ? utf8(data) : data) as Uint8Array<ArrayBuffer>;
}
