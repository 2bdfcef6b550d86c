import * as z from "zod";
import { command } from "../command.ts";
import { integrationView } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";

export const getIntegrationStatus = command({
  name: "get-integration-status",
  description: "Which providers' accounts an organization has connected, since when, and how far telephony is set up.",
  scope: "admin",
  input: z.strictObject({ org_id: z.uuid() }),
  output: integrationView,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10" },
  run: (input, { call }) => call<IntegrationView>("get_integration_status_v1", input),
});
