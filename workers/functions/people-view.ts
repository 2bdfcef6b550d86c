import * as z from "zod";

export const WORKSPACE_ROLES = ["admin", "agent", "client_admin", "client_viewer"] as const;

export const named = z.string().trim().min(1).max(255);

export const assignments = z
  .array(z.strictObject({ business_id: z.uuid(), role: z.enum(WORKSPACE_ROLES).default("agent") }))
  .max(100);

/** A team member as commands answer it. */
export const memberView = z.object({
  team_member_id: z.uuid(),
  org_id: z.uuid(),
  user_id: z.uuid(),
  name: z.string(),
  email: z.string(),
  org_role: z.enum(["owner", "admin", "agent"]).nullable(),
  active: z.boolean(),
  removed: z.boolean(),
  permissions: z.record(z.string(), z.unknown()),
  onboarding_completed: z.boolean(),
  assignments: z.array(z.object({ business_id: z.uuid(), role: z.enum(WORKSPACE_ROLES) })),
});
export type MemberView = z.input<typeof memberView>;

/** An invitation as commands answer it, without its token. */
export const invitationView = z.object({
  invitation_id: z.uuid(),
  org_id: z.uuid(),
  email: z.string(),
  role: z.enum(["admin", "agent"]).nullable(),
  assignments: z.array(z.object({ business_id: z.uuid(), role: z.enum(WORKSPACE_ROLES) })),
  expires_at: z.string(),
  state: z.enum(["open", "accepted", "revoked", "expired"]),
});
export type InvitationView = z.input<typeof invitationView>;

/** An API key as commands answer it, without the key. */
export const apiKeyView = z.object({
  api_key_id: z.uuid(),
  org_id: z.uuid(),
  business_id: z.uuid().nullable(),
  label: z.string(),
  key_prefix: z.string().describe("The first eight characters, to know it by."),
  scopes: z.array(z.string()),
  last_used_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  created_at: z.string(),
});
export type ApiKeyView = z.input<typeof apiKeyView>;
