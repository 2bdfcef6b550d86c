import { sql } from "drizzle-orm";
import { check, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
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
  },
  () => [
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
  state: text().default("pending").notNull(),
  reason: text(),
  created_at: timestamptz().defaultNow().notNull(),
  updated_at: timestamptz().defaultNow().notNull(),
});
export type CampaignRecipient = typeof campaignRecipients.$inferSelect;
