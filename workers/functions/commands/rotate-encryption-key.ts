import * as z from "zod";
import { newDataKey } from "../../../shared/vault/data-keys.ts";
import { command } from "../command.ts";
import { encryptionView } from "../encryption-view.ts";
import type { EncryptionKeysInUse } from "../encryption-view.ts";

export const rotateEncryptionKey = command({
  name: "rotate-encryption-key",
  description:
    "Makes the next data key, which seals from now on. What older ones have sealed stays readable, and is sealed anew within minutes.",
  scope: "service",
  input: z.strictObject({}),
  output: encryptionView,
  example: {},
  run: async (_input, { tools, ask, call }) => {
    const { masters } = await tools.vault;
    const { data_keys } = await ask<EncryptionKeysInUse>("list_encryption_keys_v1", {});
    const next = await newDataKey(masters, (data_keys[0]?.version ?? 0) + 1);
    return {
      master_key_ids: masters.ids,
      ...(await call<EncryptionKeysInUse>("rotate_encryption_key_v1", { ...next })),
    };
  },
});
