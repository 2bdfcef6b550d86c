import * as z from "zod";

/** A scheduled message as commands answer it. */
export const scheduledView = z.object({
  scheduled_message_id: z.uuid(),
  conversation_id: z.uuid(),
  due_at: z.string(),
  content: z.string(),
  on_reply: z.enum(["hold", "cancel", "send"]),
  state: z
    .enum(["scheduled", "held", "sent", "failed", "cancelled"])
    .describe(
      "`held`: the customer has written since, a person decides. `sent`: the message itself says what became of it.",
    ),
  reason: z.string().nullable(),
  message_id: z.uuid().nullable(),
});
export type ScheduledView = z.input<typeof scheduledView>;
