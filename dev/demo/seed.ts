import { Client } from "pg";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import type { Exec, Row, Statement } from "../../shared/db/exec.ts";
import { openEnvelope } from "../../shared/vault/data-keys.ts";
import type { Envelope } from "../../shared/vault/data-keys.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal, unseal } from "../../shared/vault/seal.ts";
import { dataKeyStore } from "../../shared/vault/store.ts";
import { createTelnyxAccounts } from "../simulators/telnyx/accounts.ts";
import type { DemoNumber } from "../stack/providers.ts";
import type { Secrets } from "../stack/secrets.ts";
import { PROMPT, SHOP } from "./shop.ts";

export interface SeedOptions {
  /** As the Worker. */
  exec: Exec;
  adminUrl: string;
  number: DemoNumber;
  secrets: Pick<Secrets, "demo_api_key" | "demo_password" | "vault_master_key" | CarrierSecret>;
}

type CarrierSecret = "twilio_account_sid" | "twilio_auth_token" | "telnyx_api_key" | "ultravox_api_key";

const WORKER = { role: "switchboard_worker" } as const;

/**
 * Makes the demo shop with its owner, an agent, its number and API key; what is there already stays as people have changed it, except
 * for the number, the password and the key, which follow `secrets` and the environment.
 * @returns the organization's webhook secret
 */
export async function seedDemo({ exec, adminUrl, number, secrets }: SeedOptions): Promise<string> {
  const { organization_id: org_id, business_id, channel_id, user_id, team_member_id, name, slug, owner, agent } = SHOP;
  const vault = openEnvelope(await openVault(secrets.vault_master_key), dataKeyStore(exec), Date.now);
  const found = await exec(WORKER, [
    { text: "select encrypted_password from auth.users where id = $1", params: [user_id] },
    { text: "select access_token from public.channels where id = $1", params: [channel_id] },
  ]);
  const [password, access_token] = await Promise.all([
    passwordHash(adminUrl, secrets.demo_password, text(found[0]?.[0], "encrypted_password")),
    sealedToken(vault, number.access_token, text(found[1]?.[0], "access_token")),
  ]);
  await exec(WORKER, [
    add("public.organizations", { id: org_id, name, slug, plan: "growth", monthly_message_limit: 1000 }),
    add("public.businesses", { id: business_id, org_id, name, slug, ai_system_prompt: PROMPT }),
    add("auth.users", { id: user_id, email: owner.email, encrypted_password: password }, ["encrypted_password"]),
    add("public.team_members", { id: team_member_id, org_id, user_id, ...owner, org_role: "owner" }),
    // Without a password: a second person to give conversations to, not a second way in.
    add("auth.users", { id: agent.user_id, email: agent.email }),
    add("public.team_members", {
      id: agent.team_member_id,
      org_id,
      user_id: agent.user_id,
      name: agent.name,
      email: agent.email,
      org_role: "agent",
    }),
    add("public.team_assignments", {
      id: agent.assignment_id,
      org_id,
      team_member_id: agent.team_member_id,
      business_id,
      role: "agent",
    }),
    add(
      "public.channels",
      {
        id: channel_id,
        org_id,
        business_id,
        phone_number: number.phone_number,
        phone_number_id: number.phone_number_id,
        waba_id: number.waba_id,
        access_token,
        ai_delay_seconds: 3,
        ai_confidence_threshold: 80,
        ai_auto_send: true,
      },
      ["phone_number", "phone_number_id", "waba_id", "access_token"],
    ),
    {
      text: `insert into public.api_keys (org_id, key_hash, key_prefix, label, scopes)
        values ($1, $2, $3, 'Demo', '{read,write,admin}') on conflict (key_hash) do nothing`,
      params: [org_id, await sha256Hex(secrets.demo_api_key), secrets.demo_api_key.slice(0, 8)],
    },
  ]);
  return seedCarriers(exec, vault, secrets);
}

/** The shop's accounts with carriers and a number of each. Accounts that people have connected since stay theirs. */
async function seedCarriers(exec: Exec, vault: Envelope, secrets: Pick<Secrets, CarrierSecret>): Promise<string> {
  const { organization_id: org_id, business_id, twilio, telnyx } = SHOP;
  const { public_key, organization_id } = createTelnyxAccounts().add(secrets.telnyx_api_key);
  const sealed = (column: string, row: string, secret: string) => seal(vault, { column, row }, secret);
  const ofOrganization = (name: string, secret: string) => sealed(`organizations.${name}`, org_id, secret);
  const auth_token = await sealed("twilio_accounts.auth_token", twilio.account_id, secrets.twilio_auth_token);
  const sms = (channel_id: string, provider: "twilio" | "telnyx", number: string, account: string): Statement => ({
    text: `insert into public.channels (id, org_id, business_id, provider, platform, phone_number, phone_number_id,
        ai_delay_seconds, ai_confidence_threshold, ai_auto_send)
      select $1, $2, $3, $4, 'sms', $5, $6, 3, 80, true
      where $4 <> 'twilio' or exists (select from public.twilio_accounts t where t.business_id = $3 and t.account_sid = $7)
      on conflict do nothing`,
    params: [channel_id, org_id, business_id, provider, number, `${account}/${number}`, account],
  });
  const results = await exec(WORKER, [
    {
      text: `insert into public.twilio_accounts (id, org_id, business_id, account_sid, auth_token, is_configured)
        values ($1, $2, $3, $4, $5, true) on conflict do nothing`,
      params: [twilio.account_id, org_id, business_id, secrets.twilio_account_sid, auth_token],
    },
    {
      text: `update public.organizations set telnyx_api_key_encrypted = convert_to($2, 'UTF8'),
          telnyx_public_key_encrypted = convert_to($3, 'UTF8'), telnyx_account_sid_encrypted = convert_to($4, 'UTF8'),
          telnyx_api_key_added_at = now(), telnyx_api_key_validated_at = now()
        where id = $1 and telnyx_api_key_encrypted is null`,
      params: [
        org_id,
        await ofOrganization("telnyx_api_key_encrypted", secrets.telnyx_api_key),
        await ofOrganization("telnyx_public_key_encrypted", public_key),
        await ofOrganization("telnyx_account_sid_encrypted", organization_id),
      ],
    },
    {
      // an application of its own is what a number calls with; the simulated Telnyx asks for no more than its name
      text: `update public.organizations set ultravox_api_key_encrypted = convert_to($2, 'UTF8'),
          ultravox_api_key_added_at = now(), ultravox_api_key_validated_at = now(),
          telnyx_application_id = coalesce(telnyx_application_id, 'demo')
        where id = $1 and ultravox_api_key_encrypted is null`,
      params: [org_id, await ofOrganization("ultravox_api_key_encrypted", secrets.ultravox_api_key)],
    },
    sms(twilio.channel_id, "twilio", twilio.number, secrets.twilio_account_sid),
    sms(telnyx.channel_id, "telnyx", telnyx.number, org_id),
    { text: "select webhook_secret from public.organizations where id = $1", params: [org_id] },
  ]);
  return text(results.at(-1)?.[0], "webhook_secret") ?? "";
}

/** One row by id; of a row that is there, only `follow` is brought up to date, and only when it differs. */
function add(table: string, row: Record<string, unknown>, follow: string[] = []): Statement {
  const columns = Object.keys(row);
  const values = columns.map((_, place) => `$${place + 1}`);
  const update = follow.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = `(${follow.map((column) => `t.${column}`).join(", ")}) is distinct from (${follow
    .map((column) => `excluded.${column}`)
    .join(", ")})`;
  const otherwise = follow.length === 0 ? "do nothing" : `do update set ${update} where ${differs}`;
  return {
    text: `insert into ${table} as t (${columns.join(", ")}) values (${values.join(", ")}) on conflict (id) ${otherwise}`,
    params: Object.values(row),
  };
}

/** bcrypt by pgcrypto, which only the administrator may call. A hash that fits already is kept. */
async function passwordHash(adminUrl: string, password: string, kept: string | undefined): Promise<string> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ hash: string }>(
      "select case when crypt($1, $2) = $2 then $2 else crypt($1, gen_salt('bf')) end as hash",
      [password, kept ?? null],
    );
    return rows[0]?.hash ?? "";
  } finally {
    await client.end();
  }
}

/** The number's token, sealed for its row. One that opens to the same token is kept: sealing anew would change the row. */
async function sealedToken(vault: Envelope, token: string, kept: string | undefined): Promise<string> {
  const place = { column: "channels.access_token", row: SHOP.channel_id };
  if (kept !== undefined && (await unseal(vault, place, kept)) === token) return kept;
  return seal(vault, place, token);
}

function text(row: Row | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === "string" ? value : undefined;
}
