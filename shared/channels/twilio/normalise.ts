import { contactAt, E164, e164 } from "../../phone/e164.ts";
import { cleanJson } from "../../text/clean.ts";
import { limitText } from "../../text/limit.ts";
import type { ContactRef, Media, MessageEvent, ProviderEvent } from "../events.ts";
import { accountOf } from "./account.ts";
import { statusEvent } from "./statuses.ts";

export type Parameters = Record<string, string>;

const SID = /^[A-Z]{2}[0-9a-f]{32}$/;
const MAX_FILES = 10;
/** What Twilio answers itself when it is the whole message (Twilio, "Default opt-out keywords"). */
const ANSWERED = /^(stop|stopall|unsubscribe|end|quit|cancel|revoke|optout|start|yes|unstop|help|info)$/i;

/**
 * A webhook of Twilio's Messaging: a message that came in, or a status of one that went out. Neither carries a time, so
 * they happened when they reached us. Never throws.
 *
 * @param body the form of a verified request
 * @param received_at unix milliseconds at our edge
 */
export function normalise(body: Uint8Array, received_at: number): ProviderEvent[] {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const given = cleanJson(Object.fromEntries(form)) as Parameters;
  const { AccountSid, MessageSid = given["SmsSid"] } = given;
  if (AccountSid === undefined || MessageSid === undefined || !SID.test(AccountSid) || !SID.test(MessageSid)) {
    return [{ kind: "malformed", account: null, raw: given, reason: "AccountSid or MessageSid is missing" }];
  }
  const at = received_at / 1000;
  const status = given["MessageStatus"] ?? given["SmsStatus"];
  if (status !== undefined && status !== "received" && status !== "receiving") {
    return [statusEvent(given, accountOf(AccountSid, given["From"] ?? ""), MessageSid, status, at)];
  }
  return inbound(given, accountOf(AccountSid, given["To"] ?? ""), MessageSid, at);
}

/** One event for each file, the text with the first of them. */
function inbound(given: Parameters, account: string, sid: string, at: number): ProviderEvent[] {
  const contact = contactOf(given["From"] ?? "");
  if (contact === null) return [{ kind: "malformed", account, raw: given, reason: "From is not a number" }];
  const text = given["Body"] === "" ? undefined : given["Body"];
  const [first, ...others] = filesOf(given);
  const answered = given["OptOutType"] !== undefined || (first === undefined && ANSWERED.test(text?.trim() ?? ""));
  const common = {
    kind: "message" as const,
    account,
    raw: given,
    origin: "live" as const,
    direction: "inbound" as const,
    contact,
    at,
    // a second answer to STOP would break the law that the first one keeps (F114)
    wakes: contact.phone !== undefined && !answered && (text !== undefined || first !== undefined),
  };
  const events: MessageEvent[] = [{ ...common, provider_id: sid, ...contentOf(text, first) }];
  for (const [i, media] of others.entries()) {
    events.push({ ...common, provider_id: `${sid}/${i + 2}`, ...contentOf(undefined, media) });
  }
  return events;
}

/** The names of the person at a number; null when it is no number. A short code has no E.164 form. */
export function contactOf(from: string): ContactRef | null {
  if (E164.test(from)) return contactAt(e164(from) ?? from);
  return /^\d{3,8}$/.test(from) ? { wa_id: from } : null;
}

function filesOf(given: Parameters): Media[] {
  const count = Math.min(Number(given["NumMedia"] ?? 0) || 0, MAX_FILES);
  return Array.from({ length: count }, (_, n) => {
    const url = given[`MediaUrl${n}`];
    const mime_type = given[`MediaContentType${n}`];
    const id = url?.split("/").at(-1);
    return { ...(id && { id }), ...(url && { url }), ...(mime_type && { mime_type }) };
  }).filter(({ url }) => url !== undefined);
}

function contentOf(text: string | undefined, media: Media | undefined) {
  if (media === undefined) {
    if (text === undefined) return { type: "unsupported", content: "[message without text]" };
    return { type: "text", content: limitText(text) };
  }
  const kind = media.mime_type?.split("/")[0];
  const type = kind === "image" || kind === "video" || kind === "audio" ? kind : "document";
  return { type, content: limitText(text ?? `[${type}]`), media };
}
