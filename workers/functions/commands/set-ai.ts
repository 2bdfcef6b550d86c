import * as z from "zod";
import type { Wake } from "../../../shared/ingest/ingest.ts";
import { command } from "../command.ts";
import { conversationView } from "../conversation-view.ts";
import type { ConversationView } from "../conversation-view.ts";

const business = z.object({ business_id: z.uuid(), ai_enabled: z.boolean() });

export const setAi = command({
  name: "set-ai",
  description: "Switches the AI on or off, for one conversation or for a whole workspace. A turn under way is stopped.",
  scope: "write",
  input: z.union([
    z.strictObject({ conversation_id: z.uuid(), enabled: z.boolean() }),
    z.strictObject({ business_id: z.uuid(), enabled: z.boolean() }),
  ]),
  output: z.union([conversationView, business]),
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", enabled: false },
  run: async (input, { call, wake }) => {
    if ("business_id" in input) {
      const { wakes, ...result } = await call<z.input<typeof business> & { wakes: Wake[] }>("set_ai_v1", input);
      for (const { conversation_id, due_in_ms } of wakes) wake(conversation_id, due_in_ms);
      return result;
    }
    const result = await call<ConversationView & { wake: number | null }>("set_ai_v1", input);
    if (result.wake !== null) wake(input.conversation_id, result.wake);
    return result;
  },
});
