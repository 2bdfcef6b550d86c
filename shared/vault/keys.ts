import { sha256, utf8 } from "../crypto/digest.ts";
import { base64ToBytes, bytesToBase64Url } from "../crypto/base64.ts";

/** The keys that values are sealed with: one seals, the others only open what was sealed before. */
export interface Vault {
  current(): Promise<VaultKey>;
  /** @param header how a value begins that this key has sealed */
  find(header: string): Promise<VaultKey | undefined>;
}

export interface VaultKey {
  /** `sealed.v1.<id>` of a master key, `sealed.v2.<version>` of a data key. */
  header: string;
  key: CryptoKey;
}

/** Master keys, newest first. They wrap data keys; what they have sealed themselves is older than data keys. */
export interface MasterKeys extends Vault {
  ids: string[];
}

export const KEY_BYTES = 32;
const MASTER = "sealed.v1";

/**
 * @param master 32 random bytes in base64; several, separated by commas, newest first, while one is being replaced
 * @throws when one is not 32 bytes long
 */
export async function openVault(master: string): Promise<MasterKeys> {
  const keys = await Promise.all(master.split(",").map((text) => importKey(text.trim())));
  const [current] = keys;
  if (!current) throw new Error("VAULT_MASTER_KEY is empty");
  return {
    ids: keys.map(({ header }) => header.slice(MASTER.length + 1)),
    current: async () => current,
    find: async (header) => keys.find((candidate) => candidate.header === header),
  };
}

async function importKey(text: string): Promise<VaultKey> {
  const bytes = base64ToBytes(text);
  if (bytes?.length !== KEY_BYTES)
    throw new Error("VAULT_MASTER_KEY must be 32 bytes in base64: openssl rand -base64 32");
  const material = await crypto.subtle.importKey("raw", bytes as BufferSource, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("switchboard sealed columns") as BufferSource },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return { header: `${MASTER}.${bytesToBase64Url((await sha256(bytes)).slice(0, 6))}`, key };
}
