import * as z from "zod";
import { cleanText } from "../../../shared/text/clean.ts";
import { command } from "../command.ts";

const output = z.object({ message_id: z.uuid(), conversation_id: z.uuid(), rejected: z.literal(true) });

export const rejectDraft = command({
  name: "reject-draft",
  description: "Throws an AI's draft away and keeps the reason for the AI's record.",
  scope: "write",
  input: z.strictObject({
    message_id: z.uuid(),
    version: z.int().min(1),
    reason: z.string().max(1_000).transform(cleanText).optional(),
  }),
  output,
  example: { message_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", version: 1, reason: "Wrong opening hours" },
  run: (input, { call }) => call<z.input<typeof output>>("reject_draft_v1", input),
});
