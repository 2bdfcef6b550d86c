import type {
  AccountEvent,
  EditEvent,
  IdentityEvent,
  MalformedEvent,
  MessageEvent,
  RevokeEvent,
  StatusEvent,
} from "../../shared/channels/events.ts";
import { randomDigits } from "./tenant.ts";

/** Unix seconds now, as a provider's clock gives it. */
export const seconds = () => Math.floor(Date.now() / 1000);

/** A customer's number that no other test uses. */
export const newCustomer = () => `49151${randomDigits(8)}`;

/** A valid text message from a customer; change one thing. */
export function message(account: string, wa_id: string, change: Partial<MessageEvent> = {}): MessageEvent {
  return {
    kind: "message",
    account,
    provider_id: `wamid.${randomDigits(16)}`,
    origin: "live",
    direction: "inbound",
    contact: { wa_id, phone: `+${wa_id}` },
    at: seconds(),
    type: "text",
    content: "Hello",
    wakes: true,
    raw: {},
    ...change,
  };
}

/** What the business typed on its own phone. */
export function echo(account: string, wa_id: string, change: Partial<MessageEvent> = {}): MessageEvent {
  return message(account, wa_id, { origin: "phone", direction: "outbound", wakes: false, ...change });
}

export function status(
  account: string,
  provider_id: string,
  name: StatusEvent["status"],
  change: Partial<StatusEvent> = {},
): StatusEvent {
  return { kind: "status", account, provider_id, status: name, at: seconds(), raw: {}, ...change };
}

export function edit(original: MessageEvent, content: string, change: Partial<EditEvent> = {}): EditEvent {
  const { account, contact, at } = original;
  const { provider_id = `wamid.${randomDigits(16)}` } = change;
  return {
    kind: "edit",
    account,
    contact,
    provider_id,
    target: original.provider_id,
    at: at + 1,
    type: "text",
    content,
    raw: { id: provider_id },
    ...change,
  };
}

export function revoke(original: MessageEvent, change: Partial<RevokeEvent> = {}): RevokeEvent {
  const { account, contact, at } = original;
  const provider_id = `wamid.${randomDigits(16)}`;
  return {
    kind: "revoke",
    account,
    contact,
    provider_id,
    target: original.provider_id,
    at: at + 2,
    raw: {},
    ...change,
  };
}

export function accountEvent(entry: string, change: Partial<AccountEvent> = {}): AccountEvent {
  const dedupe = randomDigits(32);
  return { kind: "account", account: null, entry, field: "account_update", at: seconds(), dedupe, raw: {}, ...change };
}

export function malformed(account: string | null): MalformedEvent {
  return { kind: "malformed", account, reason: "id is missing", raw: { type: "text" } };
}

/** The provider's word that a customer goes by another number from now on. */
export function numberChange(
  account: string,
  from: string,
  to: string,
  change: Partial<IdentityEvent> = {},
): IdentityEvent {
  return {
    kind: "identity",
    account,
    provider_id: `wamid.${randomDigits(16)}`,
    contact: { wa_id: from, phone: `+${from}` },
    next: { wa_id: to, phone: `+${to}` },
    at: seconds(),
    content: `${from} is now ${to}`,
    raw: {},
    ...change,
  };
}
