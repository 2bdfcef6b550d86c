import * as z from "zod";

/** A conversation as commands answer it, and as the losing side of a race is told in `details.current`. */
export const conversationView = z.object({
  conversation_id: z.uuid(),
  status: z.enum(["ai_handling", "assigned", "resolved"]),
  assigned_to: z.uuid().nullable(),
  assigned_to_name: z.string().nullable(),
  ai_enabled: z.boolean(),
  ai_blocked_reason: z.string().nullable(),
  epoch: z.number().int().describe("Rises with every human act; give it back as `expected_epoch`."),
  unread_count: z.number().int(),
  needs_human_reason: z.string().nullable(),
  window_expires_at: z.string().nullable(),
});

export type ConversationView = z.input<typeof conversationView>;
