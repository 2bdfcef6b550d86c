import * as z from "zod";
import { checkTelnyxKey } from "../../../shared/channels/telnyx/check-key.ts";
import { seal } from "../../../shared/vault/seal.ts";
import { command } from "../command.ts";
import { acceptedAccount, integrationView, providerKey } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";

export const storeTelnyxCredentials = command({
  name: "store-telnyx-credentials",
  description:
    "Stores an organization's Telnyx API key, sealed, once Telnyx has taken it, with the public key that the account's webhooks are verified with.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    api_key: providerKey,
    public_key: z.string().max(200).optional().describe("From the Telnyx portal. Asked of Telnyx when left out."),
  }),
  output: integrationView,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", api_key: "KEY0189A2B3C4D5E6F7_abcdefghijklmnop" },
  run: async ({ org_id, api_key, public_key }, { tools, ask, call }) => {
    await ask("get_integration_status_v1", { org_id });
    const check = await checkTelnyxKey({ telnyx_url: tools.config.TELNYX_API_URL, api_key }, public_key);
    const account = acceptedAccount("telnyx", check);
    const vault = await tools.vault;
    const sealed = (name: string, secret: string) =>
      seal(vault, { column: `organizations.telnyx_${name}_encrypted`, row: org_id }, secret);
    return call<IntegrationView>("store_telnyx_credentials_v1", {
      org_id,
      api_key: await sealed("api_key", api_key),
      public_key: await sealed("public_key", account.public_key),
      account_sid: await sealed("account_sid", account.account_sid),
    });
  },
});
