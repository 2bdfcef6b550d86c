import * as z from "zod";
import { ServiceError } from "../../shared/errors.ts";
import type { KeyCheck } from "../../shared/channels/key-check.ts";

const key = { connected: z.boolean(), key_added_at: z.string().nullable(), key_validated_at: z.string().nullable() };

/** The providers' accounts of an organization as commands answer them: never a key. */
export const integrationView = z.object({
  org_id: z.uuid(),
  ultravox: z.object(key),
  telnyx: z.object({
    ...key,
    application_id: z.string().nullable(),
    outbound_profile_id: z.string().nullable(),
    steps: z.array(
      z.object({
        step: z.string(),
        state: z.enum(["done", "under_way", "failed"]),
        resource_id: z.string().nullable(),
        error: z.string().nullable(),
        at: z.string(),
      }),
    ),
  }),
  twilio: z.array(
    z.object({ business_id: z.uuid(), account_sid: z.string(), connected: z.boolean(), webhook_type: z.string() }),
  ),
  telephony_configured: z.boolean(),
});
export type IntegrationView = z.input<typeof integrationView>;

/** A provider's credential as people paste it. */
export const credential = (what: string) =>
  z
    .string()
    .trim()
    .min(8)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, `has characters that no ${what} has`);
export const providerKey = credential("API key");

/** The account behind a key. @throws ServiceError with the provider's reason when it does not take the key */
export function acceptedAccount<Account>(provider: string, check: KeyCheck<Account>): Account {
  if (check.ok) return check.account;
  const details = { provider, nothing_stored: true };
  if (check.verdict === "refused") throw new ServiceError("invalid_input", check.reason, details);
  throw new ServiceError("unavailable", `${check.reason} Nothing was stored. Try again in a moment.`, details);
}
