import * as z from "zod";
import { provision } from "../../../shared/channels/telnyx/provision.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { E164 } from "../../../shared/phone/e164.ts";
import { command } from "../command.ts";
import { integrationView } from "../integration-view.ts";
import type { IntegrationView } from "../integration-view.ts";
import { beginProvisioning } from "../provisioning.ts";

const country = z.string().regex(/^[A-Z]{2}$/);

export const provisionTelephony = command({
  name: "provision-telephony",
  description:
    "Sets telephony up at Telnyx: profiles, application, webhooks, numbers that the account has or that are bought. Run it again to go on where it broke off; remove-integration undoes it.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    business_id: z.uuid().describe("The workspace that the numbers belong to."),
    numbers: z
      .array(z.string().regex(E164))
      .max(20)
      .default([])
      .describe("Numbers that the Telnyx account has already."),
    order: z
      .strictObject({
        country,
        area_code: z
          .string()
          .regex(/^\d{1,6}$/)
          .optional(),
        count: z.int().min(1).max(5),
      })
      .optional()
      .describe("Numbers to be bought, so many in all: each costs money every month."),
    countries: z.array(country).min(1).default(["US"]).describe("Countries that may be written to."),
  }),
  output: integrationView,
  example: {
    org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10",
    business_id: "4be1a4f6-98a5-4b0c-9a55-0d8b3c1f5e11",
    order: { country: "US", area_code: "312", count: 1 },
  },
  run: async ({ org_id, business_id, numbers, order, countries }, { tools, origin, ask, call }) => {
    const { lease, access, webhook_secret, ledger, end } = await beginProvisioning(
      { org_id, business_id },
      { tools, ask },
    );
    try {
      if (!access)
        throw new ServiceError("conflict", "Telnyx is not connected: store-telnyx-credentials stores its key.");
      const webhook = (kind: string) => new URL(`/webhooks/telnyx/${webhook_secret}/${kind}`, origin).href;
      const plan = {
        org_id,
        countries,
        numbers,
        order,
        voice_url: webhook("voice"),
        messaging_url: webhook("messaging"),
      };
      const connected = await provision(access, plan, ledger);
      return await call<IntegrationView>("provision_telephony_v1", { org_id, business_id, lease, numbers: connected });
    } catch (error) {
      // the reason goes to the caller; when even this fails, the lease runs out
      await end().catch(() => {});
      throw error;
    }
  },
});
