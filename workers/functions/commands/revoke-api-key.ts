import * as z from "zod";
import { command } from "../command.ts";
import { apiKeyView } from "../people-view.ts";
import type { ApiKeyView } from "../people-view.ts";

export const revokeApiKey = command({
  name: "revoke-api-key",
  description: "Ends a key at once, and what is open with it within seconds.",
  scope: "admin",
  input: z.strictObject({ api_key_id: z.uuid() }),
  output: apiKeyView,
  example: { api_key_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<ApiKeyView>("revoke_api_key_v1", input),
});
