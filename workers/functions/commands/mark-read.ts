import * as z from "zod";
import type { SealedChannel } from "../../../shared/sending/attempt.ts";
import { command } from "../command.ts";
import { conversationView } from "../conversation-view.ts";
import type { ConversationView } from "../conversation-view.ts";

export const markRead = command({
  name: "mark-read",
  description: "Marks a conversation's messages as read, here and at the provider.",
  scope: "write",
  input: z.strictObject({ conversation_id: z.uuid() }),
  output: conversationView,
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: async (input, { call, tools, afterwards }) => {
    type Result = ConversationView & { last_inbound: string | null; channel: SealedChannel };
    const { last_inbound, channel, ...view } = await call<Result>("mark_read_v1", input);
    if (last_inbound) afterwards("mark-read", tools.providers.mark_read(channel, last_inbound, false));
    return view;
  },
});
