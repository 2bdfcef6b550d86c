import * as z from "zod";

/** Which keys there are and how much each has sealed; never a key. */
export const encryptionView = z.object({
  master_key_ids: z.array(z.string()).describe("Those of VAULT_MASTER_KEY, newest first."),
  data_keys: z
    .array(z.object({ version: z.int(), created_at: z.string(), master_key_id: z.string(), sealed_values: z.int() }))
    .describe("Newest first; the newest seals."),
  sealed_by_master_keys: z
    .array(z.object({ master_key_id: z.string(), sealed_values: z.int() }))
    .describe("From before there were data keys, until a sweep has sealed them anew."),
});
export type EncryptionView = z.input<typeof encryptionView>;
export type EncryptionKeysInUse = Omit<EncryptionView, "master_key_ids">;
