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
}

export const CALLERS = [
  "the owner",
  "an admin",
  "an agent with an assignment",
  "an agent without",
  "a client's own user",
  "a key to the organization",
  "a key to one business",
  "a stranger",
  "a deactivated member",
  "a deleted member",
  "a revoked key",
  "nobody",
] as const;
export type CallerName = (typeof CALLERS)[number];

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
  const key = async (columns: Record<string, unknown> = {}) => {
    const id = crypto.randomUUID();
    const secret = { key_hash: randomDigits(64), key_prefix: "12345678" };
    const row = insert("public.api_keys", { id, org_id: ours.org_id, ...secret, ...columns });
    await exec({ role: "switchboard_worker" }, [row]);
    return { claims: { api_key_id: id } };
  };
  return {
    "the owner": { claims: { sub: ours.owner.user_id }, organization: true, admin: true, businesses: both },
    "an admin": { ...(await member("admin")), organization: true, admin: true, businesses: both },
    "an agent with an assignment": { ...(await member("agent", true)), organization: true, businesses: first },
    "an agent without": { ...(await member("agent")), organization: true },
    "a client's own user": { ...(await member(null, true)), businesses: first },
    "a key to the organization": { ...(await key()), organization: true, businesses: both },
    "a key to one business": { ...(await key({ business_id: ours.business_id })), businesses: first },
    "a stranger": { claims: { sub: crypto.randomUUID() } },
    "a deactivated member": await member("owner", true, { active: false }),
    "a deleted member": await member("owner", true, { deleted_at: LONG_AGO }),
    "a revoked key": await key({ revoked_at: LONG_AGO }),
    nobody: { claims: {} },
  };
}
