import type * as z from "zod";
import { sha256Hex } from "../../crypto/digest.ts";
import { cleanJson } from "../../text/clean.ts";
import type { MalformedEvent, ProviderEvent } from "../events.ts";
import { inboundMessages } from "./messages.ts";
import { payload, webhook } from "./payload.ts";
import { statusEvent } from "./statuses.ts";

/**
 * The events of a messaging webhook. Telnyx sends one event a request; a message with several attachments becomes one
 * event each, so that none is lost. What cannot be read is `malformed` (F3). Never throws.
 *
 * @param body the parsed JSON of a verified request
 */
export async function normalise(body: unknown): Promise<ProviderEvent[]> {
  const raw = cleanJson(body);
  const envelope = webhook.safeParse(raw);
  if (!envelope.success) return [malformed(raw, reasonOf(envelope.error))];
  const { data } = envelope.data;
  switch (data.event_type) {
    case "message.received":
    case "message.sent":
    case "message.finalized":
    case "message.read": {
      const parsed = payload.safeParse(data.payload);
      if (!parsed.success) return [malformed(raw, reasonOf(parsed.error))];
      const item = { type: data.event_type, at: data.occurred_at, payload: parsed.data, raw };
      return item.type === "message.received" ? inboundMessages(item) : [statusEvent(item)];
    }
    default:
      return [await accountEvent(data, raw)];
  }
}

/** Anything but messages: kept, and told apart from its repetitions by Telnyx's own event id. */
async function accountEvent(
  { id, event_type, occurred_at }: z.infer<typeof webhook>["data"],
  raw: unknown,
): Promise<ProviderEvent> {
  const dedupe = await sha256Hex(JSON.stringify(["telnyx", id]));
  return { kind: "account", account: null, entry: "messaging", field: event_type, at: occurred_at, dedupe, raw };
}

function malformed(raw: unknown, reason: string): MalformedEvent {
  return { kind: "malformed", account: null, raw: raw ?? null, reason };
}

/** Why zod refused the body, by path, without the values. */
function reasonOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
}
