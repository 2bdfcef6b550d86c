import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import type { DataKeyStore, WrappedKey } from "./data-keys.ts";

export interface EncryptionKeys {
  keys: WrappedKey[];
  /** Nothing waits to be sealed anew. */
  settled: boolean;
}

export const encryptionKeys = (exec: Exec): Promise<EncryptionKeys> =>
  call<EncryptionKeys>(exec, "encryption_keys_v1", {});

export function dataKeyStore(exec: Exec): DataKeyStore {
  return {
    list: async () => (await encryptionKeys(exec)).keys,
    add: async (key) => (await call<EncryptionKeys>(exec, "add_encryption_key_v1", key)).keys,
  };
}
