import * as z from "zod";
import { command } from "../command.ts";

const output = z.object({ org_id: z.uuid(), former_valid_until: z.string() });

export const rotateWebhookSecret = command({
  name: "rotate-webhook-secret",
  description:
    "Gives an organization's webhook addresses a new secret; the one before counts on for a while. Run provision-telephony again meanwhile, which tells Telnyx the new addresses.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    overlap_hours: z.int().min(0).max(720).default(72).describe("0 when the one before has become known."),
  }),
  output,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10" },
  run: (input, { call }) => call<z.input<typeof output>>("rotate_webhook_secret_v1", input),
});
