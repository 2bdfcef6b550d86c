import * as z from "zod";
import { command } from "../command.ts";
import { conversationView } from "../conversation-view.ts";
import type { ConversationView } from "../conversation-view.ts";

export const assignConversation = command({
  name: "assign-conversation",
  description:
    "Gives a conversation to a team member, or to nobody in particular. Of two who take it at once, one wins.",
  scope: "write",
  input: z.strictObject({
    conversation_id: z.uuid(),
    team_member_id: z.uuid().nullable(),
    expected_epoch: z
      .int()
      .min(0)
      .optional()
      .describe("The `epoch` last seen; needed to take over from somebody else."),
  }),
  output: conversationView,
  example: {
    conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    team_member_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10",
  },
  run: (input, { call }) => call<ConversationView>("assign_conversation_v1", input),
});
