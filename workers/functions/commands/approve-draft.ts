import * as z from "zod";
import { SEND_LEASE_SECONDS } from "../../../shared/sending/attempt.ts";
import { problems } from "../../../shared/channels/meta/index.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { cleanText } from "../../../shared/text/clean.ts";
import { command } from "../command.ts";
import { finishSending, sendingOutput } from "../sending-result.ts";
import type { SendingResult } from "../sending-result.ts";

export const approveDraft = command({
  name: "approve-draft",
  description: "Sends an AI's draft as it is or edited. The version must be the one that the person has seen.",
  scope: "write",
  input: z.strictObject({
    message_id: z.uuid(),
    version: z.int().min(1),
    content: z.string().min(1).transform(cleanText).optional().describe("Replaces the draft's text."),
  }),
  output: sendingOutput,
  example: { message_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", version: 1 },
  run: async ({ message_id, version, content }, caller) => {
    const wrong = content === undefined ? [] : problems({ type: "text", text: content });
    if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join(" "), { problems: wrong });
    const result = await caller.call<SendingResult>("approve_draft_v1", {
      message_id,
      version,
      content,
      lease_seconds: SEND_LEASE_SECONDS,
    });
    return finishSending(result, caller);
  },
});
