import * as z from "zod";
import { command } from "../command.ts";
import { encryptionView } from "../encryption-view.ts";
import type { EncryptionKeysInUse } from "../encryption-view.ts";

export const listEncryptionKeys = command({
  name: "list-encryption-keys",
  description:
    "Which keys providers' credentials are sealed with. A master key that is named for nothing any more may be taken out of VAULT_MASTER_KEY.",
  scope: "service",
  input: z.strictObject({}),
  output: encryptionView,
  example: {},
  run: async (input, { tools, call }) => ({
    master_key_ids: (await tools.vault).masters.ids,
    ...(await call<EncryptionKeysInUse>("list_encryption_keys_v1", input)),
  }),
});
