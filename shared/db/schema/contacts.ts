import { sql } from "drizzle-orm";
import { boolean, check, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const contacts = pgTable(
  "contacts",
  {
    id: uuid().defaultRandom().primaryKey(),
    business_id: uuid().notNull(),
    org_id: uuid().notNull(),
    platform: text().default("whatsapp").notNull(),
    /** The name the provider knows the person by: the WhatsApp number, or the business-scoped user id. */
    platform_id: text().notNull(),
    name: text(),
    phone: text(),
    avatar_url: text(),
    tags: text().array().default([]).notNull(),
    notes: text(),
    email: text(),
    wa_id: text(),
    /** Null: never asked. */
    opted_in: boolean(),
    /** As PostgreSQL names it; null: judged by the number. */
    timezone: text(),
    /** Follows from the contact's conversations; a dashboard that writes it changes them (switchboard.door_contact_changed). */
    conversation_status: text({ enum: ["Open", "Pending", "Done"] })
      .default("Open")
      .notNull(),
    unread_count: integer().default(0).notNull(),
    phone_number: text().generatedAlwaysAs(sql`phone`),
    workspace_id: uuid().generatedAlwaysAs(sql`business_id`),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [
    check("contacts_platform_id_check", sql`platform_id <> ''`),
    check("contacts_phone_check", sql`phone ~ '^\\+[1-9][0-9]{4,17}$'`),
    check("contacts_wa_id_check", sql`wa_id <> ''`),
    check("contacts_unread_count_check", sql`unread_count >= 0`),
  ],
);
export type Contact = typeof contacts.$inferSelect;

export const contactIdentities = pgTable(
  "contact_identities",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    contact_id: uuid().notNull(),
    kind: text({ enum: ["wa_id", "bsuid", "parent_bsuid"] }).notNull(),
    value: text().notNull(),
    /** Portfolio of a business-scoped user id; empty for a phone. */
    scope: text().default("").notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    ended_at: timestamptz(),
    ended_reason: text(),
  },
  () => [check("contact_identities_value_check", sql`value <> ''`)],
);
export type ContactIdentity = typeof contactIdentities.$inferSelect;

/** What people have said about being written to: entries are added and never changed. */
export const consentRecords = pgTable(
  "consent_records",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    contact_id: uuid().notNull(),
    platform: text({ enum: ["whatsapp", "sms", "voice", "all"] }).notNull(),
    topic: text({ enum: ["marketing", "utility", "all"] }).notNull(),
    /** `restored`: what a keyword or the provider withdrew holds no longer; `unknown`: as if never asked. */
    state: text({ enum: ["granted", "withdrawn", "restored", "unknown"] }).notNull(),
    source: text({ enum: ["keyword", "provider", "person", "api", "form", "import", "merge"] }).notNull(),
    evidence: text(),
    message_id: uuid(),
    recorded_by: uuid(),
    /** When the person said it, by the provider's clock. */
    at: timestamptz().notNull(),
    created_at: timestamptz().defaultNow().notNull(),
  },
  () => [check("consent_records_evidence_check", sql`length(evidence) <= 1000`)],
);
export type ConsentRecord = typeof consentRecords.$inferSelect;

/** Contacts that were joined to another. */
export const contactMerges = pgTable("contact_merges", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  /** The one that is left. */
  contact_id: uuid().notNull(),
  merged_contact_id: uuid().notNull(),
  /** The row that is no more, as it was. */
  merged_contact: jsonb().notNull(),
  reason: text(),
  /** Null: the provider announced it. */
  merged_by: uuid(),
  created_at: timestamptz().defaultNow().notNull(),
});
export type ContactMerge = typeof contactMerges.$inferSelect;
