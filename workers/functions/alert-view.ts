import * as z from "zod";

export const ALERT_KINDS = [
  "overdue_turns",
  "stuck_sends",
  "dead_token",
  "number_stopped",
  "silent_number",
  "quarantine",
  "unclaimed_handoff",
  "model_retiring",
  "campaign_stopped",
  "campaign_stalled",
  "campaign_overdue",
] as const;

/** Something that somebody ought to look at, as commands answer it. */
export const alertView = z.object({
  alert_id: z.uuid(),
  business_id: z.uuid().nullable(),
  kind: z.enum(ALERT_KINDS),
  subject: z.string().describe("What the matter is, for a person to read."),
  count: z.number().int().describe("How many turns, sends or events it touches."),
  details: z.record(z.string(), z.unknown()),
  first_seen: z.string(),
  last_seen: z.string(),
  resolved_at: z.string().nullable(),
  resolved_by_name: z.string().nullable(),
});

export type AlertView = z.input<typeof alertView>;
