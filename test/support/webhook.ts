import { env } from "cloudflare:workers";
import { hmacSha256 } from "../../shared/crypto/digest.ts";
import { toHex } from "../../shared/crypto/hex.ts";
import { randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { ask } from "./worker.ts";

type Json = Record<string, unknown>;

export const newWamid = () => `wamid.${randomDigits(20)}`;

export const unixSeconds = () => Math.floor(Date.now() / 1000);

/** A text message as Meta delivers it; change one thing. */
export function textFrom(wa_id: string, text: string, change: Json = {}): Json {
  return {
    from: wa_id,
    id: newWamid(),
    timestamp: String(unixSeconds()),
    type: "text",
    text: { body: text },
    ...change,
  };
}

/** What Meta reports of a message that we have sent; change one thing. */
export function statusOf(id: string, status: string, change: Json = {}): Json {
  return { id, status, timestamp: String(unixSeconds()), ...change };
}

/** One entry of a webhook body: one change of one number. */
export function entryOf({ phone_number_id, waba_id }: Pick<Tenant, "phone_number_id" | "waba_id">, value: Json) {
  const metadata = { display_phone_number: "15550783881", phone_number_id };
  return {
    id: waba_id,
    changes: [{ field: "messages", value: { messaging_product: "whatsapp", metadata, ...value } }],
  };
}

export function bodyOf(...entry: object[]) {
  return { object: "whatsapp_business_account", entry };
}

/** The header that Meta would send with these bytes. */
export async function signatureOf(bytes: string | Uint8Array, secret = env.META_APP_SECRET): Promise<string> {
  return `sha256=${toHex(await hmacSha256(secret, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes))}`;
}

/** Posts a signed webhook. A string goes out byte for byte. */
export async function post(body: string | object, headers: Record<string, string> = {}): Promise<Response> {
  const bytes = typeof body === "string" ? body : JSON.stringify(body);
  return ask("/webhooks/meta", {
    method: "POST",
    body: bytes,
    headers: { "x-hub-signature-256": await signatureOf(bytes), ...headers },
  });
}
