import { sql } from "drizzle-orm";
import { boolean, check, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const teamMembers = pgTable(
  "team_members",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    user_id: uuid().notNull(),
    name: text().notNull(),
    email: text().notNull(),
    /** Null: no role in the organization, only in the businesses that `team_assignments` names. */
    org_role: text({ enum: ["owner", "admin", "agent"] }).default("agent"),
    active: boolean().default(true).notNull(),
    deleted_at: timestamptz(),
    avatar_url: text(),
    settings: jsonb().default({}),
    permissions: jsonb().default({}).notNull(),
    onboarding_completed: boolean().default(false).notNull(),
    last_login_at: timestamptz(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [check("team_members_email_check", sql`length(trim(email)) > 0`)],
);
export type TeamMember = typeof teamMembers.$inferSelect;

export const teamAssignments = pgTable("team_assignments", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  team_member_id: uuid().notNull(),
  business_id: uuid().notNull(),
  role: text({ enum: ["admin", "agent", "client_admin", "client_viewer"] })
    .default("agent")
    .notNull(),
  created_at: timestamptz().defaultNow().notNull(),
});
export type TeamAssignment = typeof teamAssignments.$inferSelect;

export const apiKeys = pgTable(
  "api_keys",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid(),
    key_hash: text().notNull(),
    key_prefix: text().notNull(),
    label: text().default("Default").notNull(),
    scopes: text().array().default(["read", "write"]).notNull(),
    last_used_at: timestamptz(),
    revoked_at: timestamptz(),
    created_at: timestamptz().defaultNow().notNull(),
  },
  () => [
    check("api_keys_key_hash_check", sql`key_hash ~ '^[0-9a-f]{64}$'`),
    check("api_keys_key_prefix_check", sql`length(key_prefix) = 8`),
    check("api_keys_scopes_check", sql`scopes <@ array['read', 'write', 'admin']`),
  ],
);
export type ApiKey = typeof apiKeys.$inferSelect;
