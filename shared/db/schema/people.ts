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

export const userInvitations = pgTable(
  "user_invitations",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    email: text().notNull(),
    /** SHA-256 of the token, which is shown once. */
    invitation_token: text().notNull(),
    role: text({ enum: ["admin", "agent"] }),
    assignments: jsonb().default([]).notNull(),
    invited_by: uuid(),
    expires_at: timestamptz()
      .default(sql`now() + interval '7 days'`)
      .notNull(),
    accepted_at: timestamptz(),
    accepted_by: uuid(),
    revoked_at: timestamptz(),
    created_at: timestamptz().defaultNow().notNull(),
  },
  () => [
    check("user_invitations_email_check", sql`email = lower(email) and length(email) between 3 and 255`),
    check("user_invitations_invitation_token_check", sql`invitation_token ~ '^[0-9a-f]{64}$'`),
  ],
);
export type UserInvitation = typeof userInvitations.$inferSelect;

export const dataAccessAudit = pgTable("data_access_audit", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid(),
  business_id: uuid(),
  user_id: uuid(),
  api_key_id: uuid(),
  operation: text({ enum: ["SELECT", "INSERT", "UPDATE", "DELETE"] }).notNull(),
  command: text().notNull(),
  table_name: text(),
  record_id: uuid(),
  contains_pii: boolean().default(false).notNull(),
  created_at: timestamptz()
    .default(sql`clock_timestamp()`)
    .notNull(),
});
export type AuditRow = typeof dataAccessAudit.$inferSelect;
