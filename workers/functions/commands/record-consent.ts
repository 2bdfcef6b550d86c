import * as z from "zod";
import { command } from "../command.ts";
import { PLATFORMS, consentView } from "../consent-view.ts";
import type { ConsentView } from "../consent-view.ts";

export const recordConsent = command({
  name: "record-consent",
  description: "Adds what a contact has said to the ledger of consent. The last word on a platform and a topic holds.",
  scope: "write",
  input: z.strictObject({
    contact_id: z.uuid(),
    platform: z.enum([...PLATFORMS, "all"]).default("all"),
    topic: z.enum(["marketing", "utility", "all"]),
    state: z.enum(["granted", "withdrawn"]),
    source: z
      .enum(["person", "api", "form", "import"])
      .optional()
      .describe("Where it comes from; by default the caller."),
    evidence: z
      .string()
      .trim()
      .min(1)
      .max(1000)
      .optional()
      .describe("What was said, or where the consent can be found."),
    at: z.iso.datetime({ offset: true }).optional().describe("When the contact said so; by default now."),
  }),
  output: consentView,
  example: {
    contact_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    platform: "sms",
    topic: "marketing",
    state: "granted",
    source: "form",
    evidence: "Newsletter form, 3 November",
  },
  run: (input, { call }) => call<ConsentView>("record_consent_v1", input),
});
