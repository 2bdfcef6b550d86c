import * as z from "zod";
import type { MessageFacts } from "../../../shared/explain/facts.ts";
import { explainMessage as inWords } from "../../../shared/explain/message.ts";
import { command } from "../command.ts";
import { gateView } from "../gate-view.ts";

const output = z.object({
  explanation: z.array(z.string()).describe("The same as the rest, in words, in the order in which it happened."),
  message: z.looseObject({ message_id: z.uuid(), conversation_id: z.uuid(), delivery_status: z.string().nullable() }),
  attempts: z.array(
    z.looseObject({ attempt_id: z.uuid(), number: z.number(), state: z.string(), gate: gateView.nullable() }),
  ),
  turn: z.looseObject({ turn_id: z.uuid(), state: z.string() }).nullable(),
  now: gateView.nullable().describe("The gate's verdict on sending it at this moment."),
});

export const explainMessage = command({
  name: "explain-message",
  description:
    "Says why a message is where it is: the AI's decision, every attempt to send it, what the gate looked at.",
  scope: "read",
  input: z.strictObject({ message_id: z.uuid() }),
  output,
  example: { message_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: async (input, { call }) => {
    const facts = await call<MessageFacts>("explain_message_v1", input);
    return { explanation: inWords(facts), ...facts };
  },
});
