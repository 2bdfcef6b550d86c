import { sql } from "drizzle-orm";
import { boolean, check, jsonb, pgTable, real, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const businesses = pgTable(
  "businesses",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    name: text().notNull(),
    slug: text().notNull(),
    ai_enabled: boolean().default(true).notNull(),
    ai_system_prompt: text(),
    ai_model: text().default("gemini-2.5-flash").notNull(),
    ai_temperature: real().default(0.7).notNull(),
    settings: jsonb().default({}),
    is_active: boolean().default(true).notNull(),
    webhook_secret: uuid().defaultRandom().notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [
    check("businesses_name_check", sql`length(trim(name)) between 1 and 255`),
    check("businesses_slug_check", sql`slug ~ '^[a-z0-9-]+$'`),
    check("businesses_ai_temperature_check", sql`ai_temperature between 0 and 1`),
  ],
);
export type Business = typeof businesses.$inferSelect;
