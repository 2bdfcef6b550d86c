import * as z from "zod";
import { command } from "../command.ts";
import { next, page } from "../page.ts";

const output = z.object({
  sends: z.array(
    z.object({
      attempt_id: z.uuid(),
      number: z.number().int().describe("Which attempt at the message it was, from 1."),
      message_id: z.uuid(),
      type: z.string(),
      content: z.string(),
      conversation_id: z.uuid(),
      business_id: z.uuid(),
      contact_name: z.string().nullable(),
      started_at: z.string().describe("When the provider was called."),
      why: z.string().describe("Why the outcome is unknown."),
    }),
  ),
  next,
});

export const listUnknownSends = command({
  name: "list-unknown-sends",
  description: "Lists the sends of which nobody knows whether they left, oldest first, for a person to settle.",
  scope: "read",
  input: z.strictObject({ business_id: z.uuid().optional(), ...page }),
  output,
  example: { limit: 20 },
  run: (input, { call }) => call<z.input<typeof output>>("list_unknown_sends_v1", input),
});
