import { base64ToBytes, bytesToBase64Url } from "../crypto/base64.ts";
import { KEY_BYTES } from "./keys.ts";
import type { MasterKeys, Vault, VaultKey } from "./keys.ts";
import { headerOf, seal, unseal } from "./seal.ts";

/** A data key as it is stored: 32 random bytes in base64url, sealed by a master key for the place of its version. */
export interface WrappedKey {
  version: number;
  wrapped_key: string;
}

/** The table `encryption_keys`. */
export interface DataKeyStore {
  /** Newest first. */
  list(): Promise<WrappedKey[]>;
  /** All keys; of the same version that was there before, that one. */
  add(key: WrappedKey): Promise<WrappedKey[]>;
}

/** Data keys, wrapped by master keys: what a Worker seals and opens with. */
export interface Envelope extends Vault {
  masters: MasterKeys;
}

/** So long a Worker may go on sealing with a key that has a successor. */
const FRESH_MS = 60_000;
const DATA = "sealed.v2";

const placeOf = (version: number) => ({ column: "encryption_keys.wrapped_key", row: String(version) });

export const dataHeader = (version: number): string => `${DATA}.${version}`;

/**
 * Keys are read when they are needed first, and again when an unknown one turns up. The first of all is made by who needs
 * it first.
 * @param now unix milliseconds
 */
export function openEnvelope(masters: MasterKeys, store: DataKeyStore, now: () => number): Envelope {
  const opened = new Map<string, VaultKey>();
  let newest: { version: number; read_at: number } | undefined;

  const take = async (keys: WrappedKey[]) => {
    await Promise.all(
      keys.map(async (wrapped) => {
        const header = dataHeader(wrapped.version);
        const key = opened.has(header) ? undefined : await unwrap(masters, wrapped);
        if (key) opened.set(header, { header, key });
      }),
    );
    newest = { version: keys[0]?.version ?? 0, read_at: now() };
    return newest;
  };

  const latest = async () => {
    if (newest && newest.version > 0 && now() - newest.read_at < FRESH_MS) return newest;
    const read = await take(await store.list());
    return read.version > 0 ? read : take(await store.add(await newDataKey(masters, 1)));
  };

  return {
    masters,
    current: async () => {
      const { version } = await latest();
      const key = opened.get(dataHeader(version));
      if (!key) throw new Error(`Data key ${version} is wrapped by a master key that VAULT_MASTER_KEY does not hold`);
      return key;
    },
    find: async (header) => {
      if (!header.startsWith(`${DATA}.`)) return masters.find(header);
      if (!opened.has(header)) await take(await store.list());
      return opened.get(header);
    },
  };
}

export async function newDataKey(masters: MasterKeys, version: number): Promise<WrappedKey> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return { version, wrapped_key: await seal(masters, placeOf(version), bytesToBase64Url(bytes)) };
}

/** The same key under the newest master key; null when it is that already, or cannot be opened. */
export async function rewrap(masters: MasterKeys, { version, wrapped_key }: WrappedKey): Promise<WrappedKey | null> {
  if (headerOf(wrapped_key) === (await masters.current()).header) return null;
  const bytes = await unseal(masters, placeOf(version), wrapped_key);
  return bytes === null ? null : { version, wrapped_key: await seal(masters, placeOf(version), bytes) };
}

async function unwrap(masters: MasterKeys, { version, wrapped_key }: WrappedKey): Promise<CryptoKey | null> {
  const bytes = base64ToBytes((await unseal(masters, placeOf(version), wrapped_key)) ?? "");
  if (bytes?.length !== KEY_BYTES) return null;
  return crypto.subtle.importKey("raw", bytes as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
}
