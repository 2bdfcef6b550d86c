import { sql } from "drizzle-orm";
import { boolean, check, doublePrecision, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const templates = pgTable(
  "templates",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    waba_id: text().notNull(),
    provider_template_id: text(),
    name: text().notNull(),
    language: text().notNull(),
    category: text({ enum: ["MARKETING", "UTILITY", "AUTHENTICATION"] }).notNull(),
    status: text().default("PENDING").notNull(),
    components: jsonb().default([]).notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
    parameter_format: text({ enum: ["POSITIONAL", "NAMED"] })
      .default("POSITIONAL")
      .notNull(),
    quality: text({ enum: ["GREEN", "YELLOW", "RED", "UNKNOWN"] }),
    /** Why it is refused or paused, in Meta's words. */
    status_reason: text(),
    /** The category that Meta has announced for a later moment. */
    announced_category: text({ enum: ["MARKETING", "UTILITY", "AUTHENTICATION"] }),
    category_changes_at: timestamptz(),
    /** Until when what we know of each is true. */
    status_at: timestamptz(),
    category_at: timestamptz(),
    quality_at: timestamptz(),
    /** When the list last held it. */
    seen_at: timestamptz(),
  },
  () => [check("templates_name_check", sql`name ~ '^[a-z0-9_]+$' and length(name) <= 512`)],
);
export type Template = typeof templates.$inferSelect;

export const campaigns = pgTable(
  "campaigns",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    channel_id: uuid(),
    template_id: uuid(),
    name: text().notNull(),
    status: text({ enum: ["DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "COMPLETED", "CANCELLED"] })
      .default("DRAFT")
      .notNull(),
    scheduled_at: timestamptz(),
    total_contacts: integer().default(0).notNull(),
    sent_count: integer().default(0).notNull(),
    failed_count: integer().default(0).notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
    /** The message, as a provider's adapter takes it; `{{contact.name}}` and the like are filled in a recipient. */
    content: jsonb().default({}).notNull(),
    /** Versions to be compared: name, weight, content. */
    arms: jsonb().default([]).notNull(),
    audience: jsonb().default({}).notNull(),
    category: text({ enum: ["MARKETING", "UTILITY", "AUTHENTICATION"] })
      .default("MARKETING")
      .notNull(),
    max_per_second: integer(),
    /** Recipients that have not been written to by then are not written to any more. */
    expires_at: timestamptz(),
    launched_at: timestamptz(),
    ended_at: timestamptz(),
    paused_reason: text(),
    paused_by_system: boolean().default(false).notNull(),
    /** Refusals without an acceptance in between. */
    failure_streak: integer().default(0).notNull(),
    /** When a recipient last changed its state. */
    moved_at: timestamptz(),
    /** Recipients settled in a second, over the last ten or so, as of `moved_at`. */
    rate_per_second: doublePrecision().default(0).notNull(),
    /** When the rest will be settled at that rate. */
    expected_end_at: timestamptz(),
    retry_of: uuid(),
    created_by: uuid(),
    pending_count: integer().default(0).notNull(),
    sending_count: integer().default(0).notNull(),
    held_count: integer().default(0).notNull(),
    delivered_count: integer().default(0).notNull(),
    read_count: integer().default(0).notNull(),
    unknown_count: integer().default(0).notNull(),
    skipped_count: integer().default(0).notNull(),
    cancelled_count: integer().default(0).notNull(),
    expired_count: integer().default(0).notNull(),
  },
  () => [
    check("campaigns_max_per_second_check", sql`max_per_second between 1 and 1000`),
    check("campaigns_total_contacts_check", sql`total_contacts >= 0`),
    check("campaigns_sent_count_check", sql`sent_count >= 0`),
    check("campaigns_failed_count_check", sql`failed_count >= 0`),
  ],
);
export type Campaign = typeof campaigns.$inferSelect;

export const campaignRecipients = pgTable("campaign_recipients", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  campaign_id: uuid().notNull(),
  contact_id: uuid().notNull(),
  message_id: uuid(),
  state: text({
    enum: [
      "pending",
      "leased",
      "sending",
      "accepted",
      "held",
      "sent",
      "delivered",
      "read",
      "unknown",
      "failed",
      "skipped",
      "cancelled",
      "expired",
    ],
  })
    .default("pending")
    .notNull(),
  reason: text(),
  created_at: timestamptz().defaultNow().notNull(),
  updated_at: timestamptz().defaultNow().notNull(),
  /** Pending: not before this moment. */
  due_at: timestamptz().defaultNow().notNull(),
  /** Leased: only who shows this token, before the lease ends, may claim. */
  lease_token: uuid(),
  lease_until: timestamptz(),
  tries: integer().default(0).notNull(),
  arm: text(),
});
export type CampaignRecipient = typeof campaignRecipients.$inferSelect;
