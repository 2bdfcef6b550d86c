import { boolean, jsonb, pgEnum, pgView, text, uuid, varchar } from "drizzle-orm/pg-core";
import { bytea, timestamptz } from "./columns.ts";

// Names that other dashboards know. Every column may be null here: Postgres does not know of a view's columns that they
// may not. Sealed columns always are.

export const userRole = pgEnum("user_role", ["agency_owner", "agency_member", "client_admin", "client_viewer"]);

export const agencies = pgView("agencies", {
  id: uuid(),
  name: text(),
  slug: text(),
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
  telephony_configured: boolean(),
  webhook_secret: varchar({ length: 64 }),
  branding: jsonb(),
  settings: jsonb(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type Agency = typeof agencies.$inferSelect;

export const clients = pgView("clients", {
  id: uuid(),
  agency_id: uuid(),
  name: text(),
  settings: jsonb(),
  is_active: boolean(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type Client = typeof clients.$inferSelect;

export const users = pgView("users", {
  id: uuid(),
  agency_id: uuid(),
  client_id: uuid(),
  role: userRole(),
  email: text(),
  full_name: text(),
  name: text(),
  avatar_url: text(),
  settings: jsonb(),
  is_active: boolean(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
  last_login_at: timestamptz(),
}).existing();
export type User = typeof users.$inferSelect;

export const workspaces = pgView("workspaces", {
  id: uuid(),
  slug: text(),
  name: text(),
  api_key: uuid(),
  webhook_secret: uuid(),
  settings: jsonb(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type Workspace = typeof workspaces.$inferSelect;

export const workspaceMembers = pgView("workspace_members", {
  workspace_id: uuid(),
  user_id: uuid(),
  team_member_id: uuid(),
  role: text(),
  created_at: timestamptz(),
}).existing();
export type WorkspaceMember = typeof workspaceMembers.$inferSelect;

export const phoneNumbers = pgView("phone_numbers", {
  id: uuid(),
  workspace_id: uuid(),
  phone_number_id: text(),
  waba_id: text(),
  phone_number: text(),
  display_name: text(),
  access_token: text(),
  active: boolean(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type PhoneNumber = typeof phoneNumbers.$inferSelect;

export const twilioNumbers = pgView("twilio_numbers", {
  id: uuid(),
  workspace_id: uuid(),
  phone_number: text(),
  twilio_sid: text(),
  friendly_name: text(),
  capabilities: jsonb(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type TwilioNumber = typeof twilioNumbers.$inferSelect;

export const workspaceTwilioConfig = pgView("workspace_twilio_config", {
  id: uuid(),
  workspace_id: uuid(),
  account_sid: text(),
  auth_token: text(),
  webhook_url: text(),
  webhook_type: text(),
  is_configured: boolean(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type WorkspaceTwilioConfig = typeof workspaceTwilioConfig.$inferSelect;

export const campaignMessages = pgView("campaign_messages", {
  id: uuid(),
  campaign_id: uuid(),
  contact_id: uuid(),
  message_id: uuid(),
  status: text(),
  created_at: timestamptz(),
  updated_at: timestamptz(),
}).existing();
export type CampaignMessage = typeof campaignMessages.$inferSelect;

export const supportWindows = pgView("support_windows", {
  id: uuid(),
  workspace_id: uuid(),
  phone_number_id: uuid(),
  contact_id: uuid(),
  status: text(),
  window_expires_at: timestamptz(),
  last_message_at: timestamptz(),
}).existing();
export type SupportWindow = typeof supportWindows.$inferSelect;
