import * as z from "zod";
import { command } from "../command.ts";
import { integrationView } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";

export const removeIntegration = command({
  name: "remove-integration",
  description:
    "Forgets a provider's credentials and switches off the numbers reached with them. Conversations stay. For Twilio, of one workspace or of all.",
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
  run: (input, { call }) => call<IntegrationView>("remove_integration_v1", input),
});
