import * as z from "zod";
import { checkUltravoxKey } from "../../../shared/channels/ultravox/check-key.ts";
import { seal } from "../../../shared/vault/seal.ts";
import { command } from "../command.ts";
import { acceptedAccount, integrationView, providerKey } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";

export const saveUltravoxIntegration = command({
  name: "save-ultravox-integration",
  description:
    "Stores an organization's Ultravox API key, sealed, once Ultravox has taken it. It replaces the one before.",
  scope: "admin",
  input: z.strictObject({ org_id: z.uuid(), api_key: providerKey }),
  output: integrationView,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", api_key: "Zk3mQ9aX.0123456789abcdef0123456789abcdef" },
  run: async ({ org_id, api_key }, { tools, ask, call }) => {
    await ask("get_integration_status_v1", { org_id });
    acceptedAccount("ultravox", await checkUltravoxKey({ ultravox_url: tools.config.ULTRAVOX_API_URL, api_key }));
    const place = { column: "organizations.ultravox_api_key_encrypted", row: org_id };
    return call<IntegrationView>("save_ultravox_integration_v1", {
      org_id,
      api_key: await seal(await tools.vault, place, api_key),
    });
  },
});
