import * as z from "zod";
import { unprovision } from "../../../shared/channels/telnyx/provision.ts";
import { command } from "../command.ts";
import type { Caller } from "../command.ts";
import { integrationView } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";
import { beginProvisioning } from "../provisioning.ts";

export const removeIntegration = command({
  name: "remove-integration",
  description:
    "Forgets a provider's credentials and switches off the numbers reached with them; at Telnyx it first removes what provision-telephony made. Conversations stay. For Twilio, of one workspace or of all.",
  scope: "admin",
  input: z
    .strictObject({
      org_id: z.uuid(),
      provider: z.enum(["ultravox", "telnyx", "twilio"]),
      business_id: z.uuid().optional(),
    })
    .refine(({ provider, business_id }) => provider === "twilio" || business_id === undefined, {
      path: ["business_id"],
      error: "Only Twilio's accounts belong to a workspace.",
    }),
  output: integrationView,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", provider: "ultravox" },
  run: async (input, caller) => {
    if (input.provider === "telnyx") await undoTelephony(input, caller);
    return caller.call<IntegrationView>("remove_integration_v1", input);
  },
});

/** While Telnyx does not let something go, its key is kept: run again, it goes on. */
async function undoTelephony({ org_id }: { org_id: string }, { tools, ask }: Pick<Caller, "tools" | "ask">) {
  const { access, ledger, end } = await beginProvisioning({ org_id }, { tools, ask });
  try {
    if (access && ledger.steps.length > 0) await unprovision(access, org_id, ledger);
  } finally {
    await end().catch(() => {});
  }
}
