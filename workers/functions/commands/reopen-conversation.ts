import * as z from "zod";
import { command } from "../command.ts";
import { conversationView } from "../conversation-view.ts";
import type { ConversationView } from "../conversation-view.ts";

export const reopenConversation = command({
  name: "reopen-conversation",
  description:
    "Gives a conversation back to the AI; lines that nobody has answered are answered after the usual delay.",
  scope: "write",
  input: z.strictObject({ conversation_id: z.uuid() }),
  output: conversationView,
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: async (input, { call, wake }) => {
    const result = await call<ConversationView & { wake: number | null }>("reopen_conversation_v1", input);
    if (result.wake !== null) wake(input.conversation_id, result.wake);
    return result;
  },
});
