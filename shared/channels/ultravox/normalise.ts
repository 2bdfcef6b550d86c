import * as z from "zod";
import { cleanJson } from "../../text/clean.ts";
import type { CallEvent, CallNews } from "../calls.ts";

const text = z
  .string()
  .min(1)
  .optional()
  .catch(() => undefined);

/** Ultravox's Call, as far as it is read here. There is no duration and no transcript in it. */
const webhook = z.object({
  event: z.string(),
  call: z.object({
    callId: z.string().min(1),
    created: text,
    joined: text,
    ended: text,
    endReason: text,
    shortSummary: text,
    billedDuration: text,
    metadata: z.object({ call_id: z.uuid().optional() }).catch({}),
  }),
});
type Call = z.output<typeof webhook>["call"];

const KINDS: Record<string, { kind: CallNews["kind"]; moment: (call: Call) => string | undefined }> = {
  "call.started": { kind: "agent_started", moment: ({ created }) => created },
  "call.joined": { kind: "agent_joined", moment: ({ joined }) => joined },
  "call.ended": { kind: "agent_ended", moment: ({ ended }) => ended },
  "call.billed": { kind: "billed", moment: ({ ended }) => ended },
};

/**
 * The one event of an Ultravox webhook body. Ultravox gives events no id: call and event name together are one. Never throws.
 *
 * @param body the parsed JSON of a verified request
 */
export function normalise(body: unknown): CallEvent[] {
  const raw = cleanJson(body);
  const parsed = webhook.safeParse(raw);
  if (!parsed.success) return [{ kind: "malformed", reason: "not an event of a call", raw }];
  const { event, call } = parsed.data;
  const known = Object.hasOwn(KINDS, event) ? KINDS[event] : undefined;
  if (!known) return [{ kind: "malformed", reason: "an event that we do not know", raw }];
  const at = Date.parse(known.moment(call) ?? call.created ?? "") / 1000;
  if (Number.isNaN(at)) return [{ kind: "malformed", reason: "without a time", raw }];
  const news: CallNews = {
    kind: known.kind,
    dedupe: `${call.callId}/${event}`,
    leg: call.callId,
    role: "agent",
    at,
    raw: withoutJoinUrl(raw),
  };
  const { call_id } = call.metadata;
  if (call_id !== undefined) news.call_id = call_id;
  if (known.kind === "agent_ended" && call.endReason !== undefined) news.cause = call.endReason;
  if (known.kind === "agent_ended" && call.shortSummary !== undefined) news.summary = call.shortSummary;
  const billed = known.kind === "billed" ? seconds(call.billedDuration) : undefined;
  if (billed !== undefined) news.billed_seconds = billed;
  return [news];
}

/** Whoever has the address may join the call in the customer's place (F125). */
function withoutJoinUrl(raw: unknown): unknown {
  const { call, ...rest } = raw as { call: Record<string, unknown> };
  const { joinUrl: _, ...shown } = call;
  return { ...rest, call: shown };
}

/** A duration such as "12s" or "12.5s", rounded up; undefined for anything else. */
function seconds(duration: string | undefined): number | undefined {
  const digits = /^(\d{1,9}(?:\.\d+)?)s$/.exec(duration ?? "")?.[1];
  return digits === undefined ? undefined : Math.ceil(Number(digits));
}
