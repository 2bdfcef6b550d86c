import * as z from "zod";
import { command } from "../command.ts";
import { PLATFORMS } from "../consent-view.ts";
import { next, page } from "../page.ts";

const output = z.object({
  contact_id: z.uuid(),
  messages: z.array(
    z.object({
      message_id: z.uuid(),
      conversation_id: z.uuid(),
      platform: z.enum(PLATFORMS),
      channel_label: z.string(),
      direction: z.enum(["inbound", "outbound"]),
      sender_type: z.enum(["contact", "ai", "agent"]),
      type: z.string(),
      content: z.string(),
      delivery_status: z.string().nullable(),
      sentiment: z.number().nullable(),
      created_at: z.string(),
    }),
  ),
  next,
});

export const getTimeline = command({
  name: "get-timeline",
  description: "Shows everything said with one person, on whatever channel, newest first.",
  scope: "read",
  input: z.strictObject({ contact_id: z.uuid(), ...page }),
  output,
  example: { contact_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<z.input<typeof output>>("get_timeline_v1", input),
});
