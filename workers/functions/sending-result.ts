import * as z from "zod";
import { ServiceError } from "../../shared/errors.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import type { Caller } from "./command.ts";

/** What the SQL of a sending command answers: the message as it stands, and the provider call to make. */
export interface SendingResult {
  message_id: string;
  conversation_id: string;
  delivery_status: string;
  error: { code: string; rule?: string; title: string } | null;
  gate: { allowed: boolean; rule: string | null; reason: string | null; allowed_at: string | null } | null;
  next: Claim;
}

export const sendingOutput = z.object({
  message_id: z.uuid(),
  conversation_id: z.uuid(),
  delivery_status: z
    .string()
    .describe(
      "`sending`: the provider has it; `queued`: another message goes first; `failed` or `unknown`: see the message.",
    ),
});

/**
 * Makes the provider call that the journal handed out, and goes on with it even when the client hangs up. A refusal of
 * the gate is the answer; the refused message stays in the thread with its reason.
 */
export async function finishSending(result: SendingResult, caller: Caller): Promise<z.input<typeof sendingOutput>> {
  const { message_id, conversation_id, gate, next } = result;
  let { delivery_status } = result;
  const sending = caller.tools.deliver(next, (sent, state) => {
    if (sent === message_id && state !== undefined) delivery_status = state;
  });
  caller.afterwards("send", sending);
  const left = await sending;
  if (left.outcome === "wait" || left.outcome === "busy") caller.wake(conversation_id, left.wait_ms);
  if (gate?.allowed === false) {
    throw new ServiceError("gate_refused", gate.reason ?? "This message may not be sent now.", {
      rule: gate.rule,
      allowed_at: gate.allowed_at,
      message_id,
    });
  }
  return { message_id, conversation_id, delivery_status };
}
