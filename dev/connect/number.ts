import { sha256Hex } from "../../shared/crypto/digest.ts";
import type { Exec, Statement } from "../../shared/db/exec.ts";
import { openEnvelope } from "../../shared/vault/data-keys.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { dataKeyStore } from "../../shared/vault/store.ts";

export interface NumberToConnect {
  /** Name of the shop; a new organization and workspace of that name unless the number is known. */
  shop: string;
  phone_number_id: string;
  waba_id: string;
  /** E.164, for people to read. */
  phone_number?: string | undefined;
  access_token: string;
}

export interface Connected {
  channel_id: string;
  business_id: string;
  /** Told once: the database keeps its hash only. Null when the number was known and only its token is new. */
  api_key: string | null;
}

const WORKER = { role: "switchboard_worker" } as const;

/**
 * Stores a WhatsApp number with its token, sealed. A number that is known already gets the new
 * token; for a new one a shop is made, whose AI leaves drafts until `ai_auto_send` is switched on.
 */
export async function connectNumber(exec: Exec, vault_master_key: string, number: NumberToConnect): Promise<Connected> {
  const [rows = []] = await exec(WORKER, [
    {
      text: "select id, business_id from public.channels where provider = 'meta' and phone_number_id = $1 and active",
      params: [number.phone_number_id],
    },
  ]);
  const known = rows[0];
  const channel_id = known ? String(known["id"]) : crypto.randomUUID();
  const place = { column: "channels.access_token", row: channel_id };
  const vault = openEnvelope(await openVault(vault_master_key), dataKeyStore(exec), Date.now);
  const sealed = await seal(vault, place, number.access_token);
  if (known) {
    const text = "update public.channels set access_token = $2, waba_id = $3 where id = $1";
    await exec(WORKER, [{ text, params: [channel_id, sealed, number.waba_id] }]);
    return { channel_id, business_id: String(known["business_id"]), api_key: null };
  }
  const business_id = crypto.randomUUID();
  const api_key = newApiKey();
  await exec(WORKER, await newShop({ ...number, channel_id, business_id, sealed, api_key }));
  return { channel_id, business_id, api_key };
}

type NewShop = NumberToConnect & { channel_id: string; business_id: string; sealed: string; api_key: string };

async function newShop(shop: NewShop): Promise<Statement[]> {
  const org_id = crypto.randomUUID();
  const slug = `${shop.shop.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${org_id.slice(0, 8)}`;
  return [
    {
      text: "insert into public.organizations (id, name, slug) values ($1, $2, $3)",
      params: [org_id, shop.shop, slug],
    },
    {
      text: "insert into public.businesses (id, org_id, name, slug) values ($1, $2, $3, $4)",
      params: [shop.business_id, org_id, shop.shop, slug],
    },
    {
      text: `insert into public.channels (id, org_id, business_id, phone_number, phone_number_id, waba_id, access_token)
        values ($1, $2, $3, $4, $5, $6, $7)`,
      params: [
        shop.channel_id,
        org_id,
        shop.business_id,
        shop.phone_number ?? null,
        shop.phone_number_id,
        shop.waba_id,
        shop.sealed,
      ],
    },
    {
      text: "insert into public.api_keys (org_id, key_hash, key_prefix) values ($1, $2, $3)",
      params: [org_id, await sha256Hex(shop.api_key), shop.api_key.slice(0, 8)],
    },
  ];
}

/** Eight characters to know it by, a dot, and a secret of 160 bits. */
const newApiKey = () => `${randomHex(4)}.${randomHex(20)}`;

const randomHex = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
