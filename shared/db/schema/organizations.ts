import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  real,
  text,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { bytea, sealed, timestamptz } from "./columns.ts";

export const organizations = pgTable(
  "organizations",
  {
    id: uuid().defaultRandom().primaryKey(),
    name: text().notNull(),
    slug: text().notNull(),
    plan: text({ enum: ["free", "growth", "pro", "enterprise"] })
      .default("free")
      .notNull(),
    monthly_message_limit: integer().default(50).notNull(),
    messages_used_this_month: integer().default(0).notNull(),
    stripe_customer_id: text(),
    ai_confidence_threshold: real(),
    monthly_ai_budget_usd: numeric({ precision: 12, scale: 2 }),
    ultravox_api_key_encrypted: bytea(),
    ultravox_api_key_added_at: timestamptz(),
    ultravox_api_key_validated_at: timestamptz(),
    telnyx_api_key_encrypted: bytea(),
    telnyx_public_key_encrypted: bytea(),
    telnyx_account_sid_encrypted: bytea(),
    telnyx_api_key_added_at: timestamptz(),
    telnyx_api_key_validated_at: timestamptz(),
    telnyx_application_id: varchar({ length: 255 }),
    telnyx_outbound_profile_id: varchar({ length: 255 }),
    telephony_configured: boolean().default(false).notNull(),
    webhook_secret: varchar({ length: 64 }).notNull(),
    branding: jsonb().default({}),
    settings: jsonb().default({}),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
    agents_see_assigned_only: boolean().default(false).notNull(),
    /** Calls that may be under way at once. */
    calls_at_once: integer().default(5).notNull(),
    /** Null: no limit. */
    monthly_call_seconds: integer(),
  },
  () => [
    check("organizations_calls_at_once_check", sql`calls_at_once >= 0`),
    check("organizations_monthly_call_seconds_check", sql`monthly_call_seconds >= 0`),
    check("organizations_monthly_message_limit_check", sql`monthly_message_limit >= 0`),
    check("organizations_messages_used_this_month_check", sql`messages_used_this_month >= 0`),
    check("organizations_ai_confidence_threshold_check", sql`ai_confidence_threshold between 0 and 1`),
    check("organizations_monthly_ai_budget_usd_check", sql`monthly_ai_budget_usd >= 0`),
    sealed("organizations", "ultravox_api_key_encrypted"),
    sealed("organizations", "telnyx_api_key_encrypted"),
    sealed("organizations", "telnyx_public_key_encrypted"),
    sealed("organizations", "telnyx_account_sid_encrypted"),
    check("organizations_name_not_empty", sql`length(trim(name)) between 1 and 255`),
    check("organizations_slug_format", sql`slug ~ '^[a-z0-9-]+$' and length(slug) <= 100`),
  ],
);
export type Organization = typeof organizations.$inferSelect;

export const usagePeriods = pgTable(
  "usage_periods",
  {
    org_id: uuid().notNull(),
    period: date().notNull(),
    used: integer().default(0).notNull(),
    reserved: integer().default(0).notNull(),
    cost_micro_usd: bigint({ mode: "number" }).default(0).notNull(),
    reserved_cost_micro_usd: bigint({ mode: "number" }).default(0).notNull(),
  },
  (table) => [
    check("usage_periods_period_check", sql`extract(day from period) = 1`),
    check("usage_periods_used_check", sql`used >= 0`),
    check("usage_periods_reserved_check", sql`reserved >= 0`),
    check("usage_periods_cost_micro_usd_check", sql`cost_micro_usd >= 0`),
    check("usage_periods_reserved_cost_micro_usd_check", sql`reserved_cost_micro_usd >= 0`),
    primaryKey({ columns: [table.org_id, table.period] }),
  ],
);
export type UsagePeriod = typeof usagePeriods.$inferSelect;

export const appConfig = pgTable("app_config", {
  key: text().primaryKey(),
  value: text().notNull(),
  description: text(),
  created_at: timestamptz().defaultNow(),
  updated_at: timestamptz().defaultNow(),
  /** Whether members may read it. */
  readable: boolean().default(false).notNull(),
});
export type AppSetting = typeof appConfig.$inferSelect;
