import { base64ToBytes, bytesToBase64Url } from "../crypto/base64.ts";
import { utf8 } from "../crypto/digest.ts";
import type { Vault } from "./keys.ts";

/** Where a sealed value stands. It is part of what is authenticated: ciphertext moved to another row does not open. */
export interface Place {
  /** `table.column` */
  column: string;
  /** Primary key of the row. */
  row: string;
}

const IV_BYTES = 12;

/**
 * `<the key's header>.<base64url of IV and AES-256-GCM ciphertext>`; the database refuses any other form.
 * @throws when no key of the vault can be opened
 */
export async function seal(vault: Vault, place: Place, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const { header, key } = await vault.current();
  const sealed = await crypto.subtle.encrypt(algorithm(iv, place), key, utf8(secret) as BufferSource);
  const bytes = new Uint8Array(IV_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), IV_BYTES);
  return `${header}.${bytesToBase64Url(bytes)}`;
}

/** How a sealed value begins: which key it was sealed with. */
export const headerOf = (sealed: string): string => sealed.slice(0, sealed.lastIndexOf("."));

/**
 * The secret again, or null when it cannot be opened: another key, another place, or altered. The reason is not told
 * apart on purpose, and the value never appears in an error.
 */
export async function unseal(vault: Vault, place: Place, sealed: string): Promise<string | null> {
  const header = headerOf(sealed);
  const bytes = base64ToBytes(sealed.slice(header.length + 1));
  const key = (await vault.find(header))?.key;
  if (!key || !bytes || bytes.length <= IV_BYTES) return null;
  try {
    const opened = await crypto.subtle.decrypt(
      algorithm(bytes.slice(0, IV_BYTES), place),
      key,
      bytes.slice(IV_BYTES) as BufferSource,
    );
    return new TextDecoder().decode(opened);
  } catch {
    return null;
  }
}

function algorithm(iv: Uint8Array, { column, row }: Place) {
  return { name: "AES-GCM", iv: iv as BufferSource, additionalData: utf8(`${column}:${row}`) as BufferSource };
}
