import * as z from "zod";
import { command } from "../command.ts";
import { scheduledView } from "../scheduled-view.ts";
import type { ScheduledView } from "../scheduled-view.ts";

export const cancelScheduledMessage = command({
  name: "cancel-scheduled-message",
  description: "Cancels a message that is scheduled or held. 409 when it has left.",
  scope: "write",
  input: z.strictObject({ scheduled_message_id: z.uuid() }),
  output: scheduledView,
  example: { scheduled_message_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<ScheduledView>("cancel_scheduled_message_v1", input),
});
