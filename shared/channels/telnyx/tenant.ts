import { utf8 } from "../../crypto/digest.ts";
import type { ProviderEvent } from "../events.ts";

/*
 * A Telnyx number is known here as `<organization>/<number>`: whoever can sign for one organization names numbers of that
 * organization only, whatever the body says. A webhook is kept with the organization that it was verified for in front.
 */

const UUID_LENGTH = 36;
const NEW_LINE = 10;

/** The verified body with its organization. */
export function withOrganization(org_id: string, body: Uint8Array): Uint8Array {
  const head = utf8(`${org_id}\n`);
  const bytes = new Uint8Array(head.byteLength + body.byteLength);
  bytes.set(head);
  bytes.set(body, head.byteLength);
  return bytes;
}

/** What `withOrganization` put together. */
export function readOrganization(bytes: Uint8Array): { org_id: string; body: Uint8Array } {
  if (bytes[UUID_LENGTH] !== NEW_LINE) throw new Error("A kept Telnyx webhook names no organization");
  const org_id = new TextDecoder().decode(bytes.subarray(0, UUID_LENGTH));
  return { org_id, body: bytes.subarray(UUID_LENGTH + 1) };
}

/** The events with the numbers' names within their organization. */
export function ofOrganization(org_id: string, events: ProviderEvent[]): ProviderEvent[] {
  return events.map((event) => ({ ...event, account: event.account === null ? null : `${org_id}/${event.account}` }));
}

/** The number in a channel's `phone_number_id`; null when it is none of Telnyx's. */
export function numberOf(phone_number_id: string): string | null {
  const number = phone_number_id.slice(UUID_LENGTH + 1);
  return phone_number_id[UUID_LENGTH] === "/" && number.startsWith("+") ? number : null;
}
