import * as z from "zod";
import { command } from "../command.ts";
import { consentView } from "../consent-view.ts";
import type { ConsentView } from "../consent-view.ts";

export const getConsent = command({
  name: "get-consent",
  description:
    "Shows what a contact has said about being written to and called: what holds now, and the ledger behind it.",
  scope: "read",
  input: z.strictObject({ contact_id: z.uuid() }),
  output: consentView,
  example: { contact_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<ConsentView>("get_consent_v1", input),
});
