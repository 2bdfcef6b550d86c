import * as z from "zod";
import { SEND_LEASE_SECONDS } from "../../../shared/sending/attempt.ts";
import { command } from "../command.ts";
import { finishSending, sendingOutput } from "../sending-result.ts";
import type { SendingResult } from "../sending-result.ts";

export const settleSend = command({
  name: "settle-send",
  description: "Records what a person found out about a send whose outcome is unknown, or has it sent again.",
  scope: "write",
  input: z
    .strictObject({
      attempt_id: z.uuid(),
      outcome: z.enum(["sent", "not_sent", "send_again"]),
      wa_message_id: z
        .string()
        .min(1)
        .max(255)
        .optional()
        .describe("With `sent`: the provider's id, where it is known."),
    })
    .refine(({ outcome, wa_message_id }) => outcome === "sent" || wa_message_id === undefined, {
      path: ["wa_message_id"],
      message: "only goes with the outcome sent",
    }),
  output: sendingOutput,
  example: { attempt_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", outcome: "send_again" },
  run: async (input, caller) => {
    const result = await caller.call<SendingResult>("settle_send_v1", { ...input, lease_seconds: SEND_LEASE_SECONDS });
    return finishSending(result, caller);
  },
});
