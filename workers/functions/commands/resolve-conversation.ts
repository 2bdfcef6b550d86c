import * as z from "zod";
import { command } from "../command.ts";
import { conversationView } from "../conversation-view.ts";
import type { ConversationView } from "../conversation-view.ts";

export const resolveConversation = command({
  name: "resolve-conversation",
  description: "Closes a conversation. The customer's next message opens it again, with the AI.",
  scope: "write",
  input: z.strictObject({ conversation_id: z.uuid() }),
  output: conversationView,
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<ConversationView>("resolve_conversation_v1", input),
});
