import { utf8 } from "../../crypto/digest.ts";
import type { SignedRequest } from "../channel.ts";

export const OWN = "+17735550002";
export const CUSTOMER = "+13125550001";
export const ATTEMPT = "0b0e1c8e-58c7-4c58-9f0b-6d3c3f4b2a11";

/** An account's key pair, its public half as Telnyx shows it. */
export async function newAccountKey() {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  return { public_key: base64(raw), private_key: pair.privateKey };
}

/** A request as Telnyx makes it. */
export async function signedRequest(private_key: CryptoKey, text: string, timestamp: string): Promise<SignedRequest> {
  const signed = utf8(`${timestamp}|${text}`) as Uint8Array<ArrayBuffer>;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", private_key, signed));
  const headers = new Headers({ "telnyx-timestamp": timestamp, "telnyx-signature-ed25519": base64(signature) });
  return { url: "https://example.com/webhooks/telnyx/secret/messaging", headers, body: utf8(text) };
}

/** A webhook body; `change` replaces fields of the payload. */
export function webhookBody(event_type: string, change: Record<string, unknown> = {}): unknown {
  const inbound = event_type === "message.received";
  return {
    data: {
      event_type,
      id: "b301ed3f-1490-491f-995f-6e64e69674d4",
      occurred_at: "2024-01-15T20:16:07.588+00:00",
      record_type: "event",
      payload: {
        id: "84cca175-9755-4859-b67f-4730d7f58aa3",
        record_type: "message",
        direction: inbound ? "inbound" : "outbound",
        type: "SMS",
        from: { phone_number: inbound ? CUSTOMER : OWN },
        to: [{ phone_number: inbound ? OWN : CUSTOMER, status: inbound ? "webhook_delivered" : "sent" }],
        cc: [],
        text: "Hello",
        media: [],
        errors: [],
        ...change,
      },
    },
    meta: { attempt: 1, delivered_to: "https://example.com/webhooks/telnyx/secret/messaging" },
  };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
