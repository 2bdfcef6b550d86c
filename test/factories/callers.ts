import type { Exec } from "../../shared/db/exec.ts";
import type { Tenant } from "./tenant.ts";
import { createMember, insert, randomDigits } from "./tenant.ts";

/** Somebody who asks, and what the policies let them reach of one tenant. Absent: nothing. */
export interface Caller {
  claims: Record<string, unknown>;
  /** The organization's own rows. */
  organization?: boolean;
  /** Rows that only its owners and admins see. */
  admin?: boolean;
  businesses?: string[];
  /** Those of them in which it may act, and those whose settings it may change. */
  acts_in?: string[];
  manages?: string[];
}

export const CALLERS = [
  "the owner",
  "an admin",
  "an agent with an assignment",
  "an agent without",
  "a client's own user",
  "a client's admin",
  "a client's viewer",
  "a key to the organization",
  "a key to one business",
  "a key that only reads",
  "a key that administers",
  "a stranger",
  "a deactivated member",
  "a deleted member",
  "a revoked key",
  "nobody",
] as const;
export type CallerName = (typeof CALLERS)[number];

const ALL = { organization: true, admin: true };
const LONG_AGO = "2026-01-01T00:00:00Z";

/** Every sort of caller, for a tenant with the business it came with and a second one. */
export async function createCallers(exec: Exec, ours: Tenant, second: string): Promise<Record<CallerName, Caller>> {
  const first = [ours.business_id];
  const both = [ours.business_id, second];
  const member = async (role: string | null, assigned = false, left: Record<string, unknown> = {}) => {
    const { user_id, team_member_id } = await createMember(exec, ours, { role, assigned });
    const changes = Object.entries(left).map(([column, value]) => ({
      text: `update public.team_members set ${column} = $2 where id = $1`,
      params: [team_member_id, value],
    }));
    await exec({ role: "switchboard_worker" }, changes);
    return { claims: { sub: user_id } };
  };
  const clientOf = async (role: string) => {
    const made = await createMember(exec, ours, { role: null });
    const text = "update public.team_assignments set role = $2 where team_member_id = $1";
    await exec({ role: "switchboard_worker" }, [{ text, params: [made.team_member_id, role] }]);
    return { claims: { sub: made.user_id }, businesses: first };
  };
  const key = async (columns: Record<string, unknown> = {}) => {
    const id = crypto.randomUUID();
    const secret = { key_hash: randomDigits(64), key_prefix: "12345678" };
    const row = insert("public.api_keys", { id, org_id: ours.org_id, ...secret, ...columns });
    await exec({ role: "switchboard_worker" }, [row]);
    return { claims: { api_key_id: id } };
  };
  return {
    "the owner": { claims: { sub: ours.owner.user_id }, ...ALL, businesses: both, acts_in: both, manages: both },
    "an admin": { ...(await member("admin")), ...ALL, businesses: both, acts_in: both, manages: both },
    "an agent with an assignment": {
      ...(await member("agent", true)),
      organization: true,
      businesses: first,
      acts_in: first,
    },
    "an agent without": { ...(await member("agent")), organization: true },
    "a client's own user": { ...(await clientOf("agent")), acts_in: first },
    "a client's admin": { ...(await clientOf("client_admin")), acts_in: first, manages: first },
    "a client's viewer": await clientOf("client_viewer"),
    "a key to the organization": { ...(await key()), organization: true, businesses: both, acts_in: both },
    "a key to one business": { ...(await key({ business_id: ours.business_id })), businesses: first, acts_in: first },
    "a key that only reads": { ...(await key({ scopes: ["read"] })), organization: true, businesses: both },
    "a key that administers": {
      ...(await key({ scopes: ["admin"] })),
      ...ALL,
      businesses: both,
      acts_in: both,
      manages: both,
    },
    "a stranger": { claims: { sub: crypto.randomUUID() } },
    "a deactivated member": await member("owner", true, { active: false }),
    "a deleted member": await member("owner", true, { deleted_at: LONG_AGO }),
    "a revoked key": await key({ revoked_at: LONG_AGO }),
    nobody: { claims: {} },
  };
}
