import * as z from "zod";
import { sha256Hex } from "../../../shared/crypto/digest.ts";
import { newApiKey } from "../../../shared/crypto/secret.ts";
import { command } from "../command.ts";
import { apiKeyView } from "../people-view.ts";
import type { ApiKeyView } from "../people-view.ts";

export const createApiKey = command({
  name: "create-api-key",
  description: "Makes a key for a program: to the whole organization, or to one workspace. The key is shown this once.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    business_id: z.uuid().optional(),
    label: z.string().trim().min(1).max(100).default("Default"),
    scopes: z
      .array(z.enum(["read", "write", "admin"]))
      .min(1)
      .default(["read", "write"]),
  }),
  output: apiKeyView.extend({ api_key: z.string() }),
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", label: "Web shop", scopes: ["read", "write"] },
  run: async (input, { call }) => {
    const api_key = newApiKey();
    const secret = { key_hash: await sha256Hex(api_key), key_prefix: api_key.slice(0, 8) };
    return { ...(await call<ApiKeyView>("create_api_key_v1", { ...input, ...secret })), api_key };
  },
});
