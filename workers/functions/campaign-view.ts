import * as z from "zod";
import { CATEGORIES } from "../../shared/templates/template.ts";

const count = z.number().int();

/** A campaign as commands answer it. Each recipient is counted in one place, `delivered` and `read` also as sent. */
export const campaignView = z.object({
  campaign_id: z.uuid(),
  business_id: z.uuid(),
  channel_id: z.uuid(),
  template_id: z.uuid().nullable(),
  name: z.string(),
  status: z.enum(["DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "COMPLETED", "CANCELLED"]),
  category: z.enum(CATEGORIES),
  scheduled_at: z.string().nullable(),
  launched_at: z.string().nullable(),
  expires_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  paused_reason: z.string().nullable(),
  retry_of: z.uuid().nullable(),
  progress: z.object({
    done: count.describe("Recipients that are neither waiting nor under way."),
    rate_per_second: z.number().describe("How many were settled in a second, over the last ten or so."),
    expected_end_at: z.string().nullable().describe("When the rest will be settled at that rate; null when unknown."),
  }),
  recipients: z.object({
    total: count,
    pending: count,
    sending: count,
    held: count.describe("Accepted, and kept back by the provider for a quality check."),
    sent: count.describe("Accepted by the provider, delivered and read ones included."),
    delivered: count,
    read: count,
    unknown: count.describe("The provider's answer was lost; a status or a person settles it."),
    failed: count,
    skipped: count.describe("Left out; each row says why."),
    cancelled: count,
    expired: count,
  }),
});
export type CampaignView = z.input<typeof campaignView>;

export const campaignId = z.strictObject({ campaign_id: z.uuid() });
export const EXAMPLE_ID = "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11";

const tags = z.array(z.string().min(1).max(100)).max(100);

/** Whom a campaign is for. */
export const audience = z
  .strictObject({
    everybody: z.literal(true).optional(),
    tags: tags.min(1).optional(),
    match: z.enum(["any", "all"]).default("any").describe("Contacts with any of the tags, or with all of them."),
    contact_ids: z.array(z.uuid()).min(1).max(5000).optional(),
    exclude_tags: tags.optional(),
  })
  .refine(
    (given) => given.everybody ?? given.tags ?? given.contact_ids,
    "name somebody: everybody, tags or contact_ids",
  );
