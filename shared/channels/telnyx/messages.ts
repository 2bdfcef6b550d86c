import { limitText } from "../../text/limit.ts";
import type { Media, MessageEvent, ProviderEvent } from "../events.ts";
import { mediaItem } from "./payload.ts";
import type { Party, Payload } from "./payload.ts";
import { contactOf, phoneOf } from "./phone.ts";

export interface Item {
  type: string;
  /** Unix seconds. */
  at: number;
  payload: Payload;
  /** The whole webhook body. */
  raw: unknown;
}

/** What a customer sent: one event for each attachment, the text with the first of them. */
export function inboundMessages({ at, payload, raw }: Item): ProviderEvent[] {
  const own = ownNumber(payload);
  const contact = contactOf(payload.from);
  if (contact === null) return [{ kind: "malformed", account: own, raw, reason: "payload.from is not a number" }];
  const text = payload.text ?? payload.body?.text ?? payload.subject;
  const attached = (payload.media ?? []).flatMap(mediaOf);
  const common = {
    kind: "message" as const,
    account: own,
    raw,
    origin: "live" as const,
    direction: "inbound" as const,
    contact,
    at: payload.received_at ?? at,
    wakes: asksForAnswer(payload, contact.phone !== undefined),
  };
  const [first, ...others] = attached;
  const events: MessageEvent[] = [{ ...common, provider_id: payload.id, ...contentOf(text, first) }];
  for (const [i, media] of others.entries()) {
    events.push({ ...common, provider_id: `${payload.id}/${i + 2}`, ...contentOf(undefined, media) });
  }
  return events;
}

/** The one of the numbers written to that is ours: Telnyx marks it as delivered to the webhook. */
function ownNumber({ to, cc }: Payload): string | null {
  const ours = [...to, ...cc].find((party) => party.status === "webhook_delivered");
  return phoneOf(ours) ?? phoneOf(to[0]);
}

/**
 * STOP and START have been answered by Telnyx itself, HELP only where the account says so. An answer to a group would go
 * to its writer alone, and one to a short code to a machine.
 */
function asksForAnswer({ autoresponse_type, to, cc, media, text, body }: Payload, person: boolean): boolean {
  const settled = autoresponse_type === "STOP" || autoresponse_type === "START";
  const group = to.filter(named).length + cc.filter(named).length > 1;
  const empty = text === undefined && body?.text === undefined && (media ?? []).length === 0;
  return person && !settled && !group && !empty;
}

function named(party: Party): boolean {
  return party.phone_number !== undefined;
}

function contentOf(
  text: string | undefined,
  media: Media | undefined,
): Pick<MessageEvent, "type" | "content" | "media"> {
  if (media === undefined) {
    if (text === undefined) return { type: "unsupported", content: "[message without text]" };
    return { type: "text", content: limitText(text) };
  }
  const type = mediaType(media.mime_type);
  return { type, content: limitText(text ?? `[${type}]`), media };
}

function mediaOf(item: unknown): Media[] {
  const parsed = mediaItem.safeParse(item);
  if (!parsed.success) return [];
  const { url, content_type, sha256 = parsed.data.hash_sha256 } = parsed.data;
  return [
    { url, ...(content_type !== undefined && { mime_type: content_type }), ...(sha256 !== undefined && { sha256 }) },
  ];
}

function mediaType(mime: string | undefined): string {
  const kind = mime?.split("/")[0];
  return kind === "image" || kind === "video" || kind === "audio" ? kind : "document";
}
