import type { ProviderEvent } from "../channels/events.ts";
import { sha256 } from "../crypto/digest.ts";

/** How many Spool objects share the accounts. A divisor of 256, so that a byte of a digest chooses evenly. */
export const SPOOLS = 16;

/**
 * The provider's account that a webhook is filed under: the first number that its events name, or else the first whole
 * account. A body for several accounts is filed whole: storing it is one call, and any order ends in the same state.
 */
export function accountOf(events: ProviderEvent[]): string {
  const number = events.find(({ account }) => account !== null)?.account;
  return number ?? events.find((event) => event.kind === "account")?.entry ?? "";
}

/** The number of the Spool that keeps an account's webhooks, from 0. */
export async function spoolNumber(provider: string, account: string): Promise<number> {
  const [first = 0] = await sha256(`${provider}/${account}`);
  return first % SPOOLS;
}

/**
 * Whom a webhook concerns, if it is one customer, or one message of ours whose status it tells: the only ones for whom its
 * order matters.
 */
export function laneOf(events: ProviderEvent[]): string | null {
  const lanes = new Set(events.map(laneOfEvent));
  const [only = null] = lanes;
  return lanes.size === 1 ? only : null;
}

function laneOfEvent(event: ProviderEvent): string | null {
  switch (event.kind) {
    case "message":
    case "edit":
    case "revoke":
    case "identity":
      return `${event.account}/${event.contact.wa_id ?? event.contact.bsuid ?? event.contact.phone ?? ""}`;
    case "status":
      return `${event.account}/${event.provider_id}`;
    case "account":
      return `${event.entry}/${event.field}`;
    case "malformed":
      return null;
  }
}
