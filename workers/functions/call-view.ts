import * as z from "zod";

const time = z.string().nullable();

/** A call as commands answer it. */
export const callView = z.object({
  call_id: z.uuid(),
  conversation_id: z.uuid().nullable(),
  contact_id: z.uuid().nullable().describe("Null where the caller withholds the number."),
  channel_id: z.uuid(),
  direction: z.enum(["inbound", "outbound"]),
  state: z.enum([
    "queued",
    "dialing",
    "ringing",
    "answered",
    "talking",
    "completed",
    "missed",
    "refused",
    "failed",
    "expired",
    "unknown_end",
  ]),
  reason: z.string().nullable().describe("Why it was refused or failed, for a person to read."),
  from: z.string().nullable(),
  to: z.string().nullable(),
  topic: z.enum(["marketing", "utility"]),
  purpose: z.string().nullable(),
  ringing_at: time,
  answered_at: time,
  ended_at: time,
  end_cause: z.string().nullable(),
  handed_over_at: time,
  summary: z.string().nullable(),
  recorded: z.boolean(),
  transcribed: z.boolean().describe("Whether what was said stands in the conversation."),
  billed_seconds: z.number().nullable().describe("Null until the provider has told: that is not nothing."),
  cost_micro_usd: z.number().nullable(),
  expires_at: time,
  created_at: z.string(),
});
export type CallView = z.input<typeof callView>;
