import * as z from "zod";
import { base64ToBytes } from "../../crypto/base64.ts";
import { contactAt, e164 } from "../../phone/e164.ts";
import { cleanJson } from "../../text/clean.ts";
import type { CallEvent, CallNews } from "../calls.ts";
import type { ContactRef } from "../events.ts";

const text = z.string().min(1).max(512).optional().catch(undefined);

/** Telnyx, "Receiving webhooks for programmable voice". What a leg's events have in common; many lack some of it. */
const webhook = z.object({
  data: z.object({
    id: z.string().min(1).max(512),
    event_type: z.string().min(1),
    occurred_at: z.string(),
    payload: z.object({
      call_control_id: z.string().min(1).max(512),
      call_session_id: text,
      client_state: text,
      direction: z.enum(["incoming", "outgoing"]).optional().catch(undefined),
      from: text,
      to: text,
      hangup_cause: text,
    }),
  }),
});

const KINDS: Record<string, CallNews["kind"]> = {
  "call.initiated": "ringing",
  "call.answered": "answered",
  "call.bridged": "bridged",
  "call.hangup": "hangup",
  "streaming.failed": "media_failed",
  "call.recording.saved": "recorded",
};
const OURS = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\/person)?$/;

/** What we give along with a command, so that a leg's events name the call. `person`: of the leg to whom it is handed. */
export function clientState(call_id: string, person = false): string {
  return btoa(person ? `${call_id}/person` : call_id);
}

/**
 * The one event of a call control webhook. Legs that we dialled come to the same address as customers' calls and are told
 * apart by `direction` and by what we gave along (contracts §3.5). Never throws.
 *
 * @param body the parsed JSON of a verified request
 */
export function normaliseCall(body: unknown): CallEvent[] {
  const raw = cleanJson(body);
  const parsed = webhook.safeParse(raw);
  if (!parsed.success) return [{ kind: "malformed", reason: "not an event of a call", raw }];
  const { id, event_type, occurred_at, payload } = parsed.data.data;
  const at = Date.parse(occurred_at) / 1000;
  if (Number.isNaN(at)) return [{ kind: "malformed", reason: "without a time", raw }];
  const [, call_id, person] = OURS.exec(stateOf(payload.client_state)) ?? [];
  const news: CallNews = {
    kind: (Object.hasOwn(KINDS, event_type) && KINDS[event_type]) || "other",
    dedupe: id,
    leg: payload.call_control_id,
    role: person === undefined ? "customer" : "person",
    at,
    raw,
  };
  if (payload.call_session_id !== undefined) news.session = payload.call_session_id;
  if (payload.direction !== undefined) news.direction = payload.direction;
  const [from, to] = [contactOf(payload.from), contactOf(payload.to)];
  if (from || to) news.parties = { ...(from && { from }), ...(to && { to }) };
  if (call_id !== undefined) news.call_id = call_id;
  if (news.kind === "hangup" && payload.hangup_cause !== undefined) news.cause = payload.hangup_cause;
  return [news];
}

function stateOf(client_state: string | undefined): string {
  const bytes = client_state === undefined ? null : base64ToBytes(client_state);
  return bytes === null ? "" : new TextDecoder().decode(bytes);
}

/** A number, whether written plainly, formatted or as the user of a SIP address; null for a withheld one. */
function contactOf(party: string | undefined): ContactRef | null {
  const number = party && e164(party.replace(/^sips?:/, "").replace(/@.*$/, ""));
  return number ? contactAt(number) : null;
}
