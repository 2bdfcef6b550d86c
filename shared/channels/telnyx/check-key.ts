import * as z from "zod";
import { base64ToBytes } from "../../crypto/base64.ts";
import { refused, unknown } from "../key-check.ts";
import type { KeyCheck } from "../key-check.ts";
import { askTelnyx, telnyxReason } from "./account-api.ts";
import type { TelnyxAccess } from "./account-api.ts";

export interface TelnyxAccount {
  /** Telnyx calls it the organization id, and account SID where it speaks TeXML. */
  account_sid: string;
  /** Raw Ed25519 key of 32 bytes in base64: what the account's webhooks are verified with. */
  public_key: string;
}

const whoami = z.object({ data: z.object({ organization_id: z.string().min(1) }) });
const publicKey = z.object({ data: z.object({ public: z.string() }) });

const AGAIN = "Copy it anew from the Telnyx portal, API keys.";

/**
 * Whose key it is, by asking Telnyx. A given public key must be that account's own: with another one no webhook would
 * ever verify. Without one Telnyx is asked for it.
 */
export async function checkTelnyxKey(
  access: TelnyxAccess,
  given_public_key?: string,
): Promise<KeyCheck<TelnyxAccount>> {
  const given = given_public_key === undefined ? undefined : rawPublicKey(given_public_key);
  if (given === null) return refused(`The public key is not an Ed25519 key in base64. ${AGAIN}`);

  const owner = await askTelnyx(access, "GET", "/whoami");
  if (!owner.answered) return unknown(`Telnyx did not answer: ${owner.reason}.`);
  const why = telnyxReason(owner.status, owner.body);
  if (owner.status === 401) return refused(`Telnyx does not know this API key (${why}). ${AGAIN}`);
  if (owner.status === 403) return refused(`This API key may not read its own account (${why}). Give it that right.`);
  const account = whoami.safeParse(owner.body).data?.data;
  if (owner.status !== 200 || !account) return unknown(`Telnyx gave an answer that we do not understand (${why}).`);

  const key = await askTelnyx(access, "GET", "/public_key");
  const own = key.answered ? rawPublicKey(publicKey.safeParse(key.body).data?.data.public ?? "") : null;
  if (given && own && given !== own) return refused(`The public key belongs to another Telnyx account. ${AGAIN}`);
  const public_key = own ?? given;
  if (!public_key) return unknown("Telnyx did not give the account's public key. Send it along as `public_key`.");
  return { ok: true, account: { account_sid: account.organization_id, public_key } };
}

const RAW_BYTES = 32;
/** What stands before the key in its SubjectPublicKeyInfo form (RFC 8410). */
const SPKI_BYTES = 12;

/** The raw key in padded base64, from that or from the SubjectPublicKeyInfo form; null when it is neither. */
export function rawPublicKey(text: string): string | null {
  const bytes = base64ToBytes(text.trim());
  if (bytes?.length !== RAW_BYTES && bytes?.length !== SPKI_BYTES + RAW_BYTES) return null;
  return btoa(String.fromCharCode(...bytes.slice(-RAW_BYTES)));
}
