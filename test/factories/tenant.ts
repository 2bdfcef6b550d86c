import { sha256Hex } from "../../shared/crypto/digest.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";

/** The key that tests seal with, and that the Worker under test is given. */
export const TEST_MASTER_KEY = btoa("switchboard-test-master-key-0001");

export interface Tenant {
  org_id: string;
  business_id: string;
  channel_id: string;
  phone_number_id: string;
  waba_id: string;
  access_token: string;
  api_key: string;
  owner: { user_id: string; team_member_id: string };
}

/** Columns to differ from the defaults, by table. */
export interface TenantOptions {
  organization?: Record<string, unknown>;
  business?: Record<string, unknown>;
  channel?: Record<string, unknown>;
  key_scopes?: string[];
}

/** A fresh organization with a workspace, a WhatsApp number, an owner and an API key, unlike any other test's. */
export async function createTenant(exec: Exec, options: TenantOptions = {}): Promise<Tenant> {
  const digits = randomDigits(12);
  const tenant: Tenant = {
    org_id: crypto.randomUUID(),
    business_id: crypto.randomUUID(),
    channel_id: crypto.randomUUID(),
    phone_number_id: `1${digits}`,
    waba_id: `2${digits}`,
    access_token: `EAAtest${digits}`,
    api_key: `${randomDigits(8)}.${crypto.randomUUID()}`,
    owner: { user_id: crypto.randomUUID(), team_member_id: crypto.randomUUID() },
  };
  const { org_id, business_id, channel_id } = tenant;
  const sealed = await seal(
    await openVault(TEST_MASTER_KEY),
    { column: "channels.access_token", row: channel_id },
    tenant.access_token,
  );
  const slug = `test-${digits}`;
  await exec({ role: "switchboard_worker" }, [
    insert("public.organizations", { id: org_id, name: "Test", slug, ...options.organization }),
    insert("public.businesses", { id: business_id, org_id, name: "Test shop", slug, ...options.business }),
    insert("public.channels", {
      id: channel_id,
      org_id,
      business_id,
      phone_number: `+1555${digits.slice(0, 7)}`,
      phone_number_id: tenant.phone_number_id,
      waba_id: tenant.waba_id,
      access_token: sealed,
      ai_delay_seconds: 0,
      ai_auto_send: true,
      ...options.channel,
    }),
    ...member(tenant.owner, org_id, "owner"),
    insert("public.api_keys", {
      org_id,
      key_hash: await sha256Hex(tenant.api_key),
      key_prefix: tenant.api_key.slice(0, 8),
      scopes: options.key_scopes ?? ["read", "write"],
    }),
  ]);
  return tenant;
}

/** Another person in the team; an agent sees the workspace only when assigned to it. */
export async function createMember(
  exec: Exec,
  { org_id, business_id }: Tenant,
  { role = "agent", assigned = true, name = "Agent" }: { role?: string | null; assigned?: boolean; name?: string } = {},
): Promise<{ user_id: string; team_member_id: string }> {
  const ids = { user_id: crypto.randomUUID(), team_member_id: crypto.randomUUID() };
  await exec({ role: "switchboard_worker" }, [
    ...member(ids, org_id, role, name),
    ...(assigned
      ? [insert("public.team_assignments", { org_id, business_id, team_member_id: ids.team_member_id })]
      : []),
  ]);
  return ids;
}

function member(
  { user_id, team_member_id }: { user_id: string; team_member_id: string },
  org_id: string,
  org_role: string | null,
  name = "Owner",
) {
  const email = `${user_id}@example.test`;
  return [
    insert("auth.users", { id: user_id, email }),
    insert("public.team_members", { id: team_member_id, org_id, user_id, name, email, org_role }),
  ];
}

/** One row; values are parameters, names are ours. */
export function insert(table: string, row: Record<string, unknown>) {
  const columns = Object.keys(row);
  return {
    text: `insert into ${table} (${columns.join(", ")}) values (${columns.map((_, i) => `$${i + 1}`).join(", ")})`,
    params: Object.values(row),
  };
}

export function randomDigits(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => String(byte % 10)).join("");
}
