import * as z from "zod";
import type { GateVerdict } from "../../../shared/sending/gate.ts";
import { command } from "../command.ts";
import { gateView } from "../gate-view.ts";

const TYPES = [
  "text",
  "image",
  "document",
  "audio",
  "video",
  "sticker",
  "interactive",
  "reaction",
  "template",
] as const;

export const mayISend = command({
  name: "may-i-send",
  description: "Asks the policy gate whether a person's message may be sent now, and why. Writes and sends nothing.",
  scope: "read",
  input: z.strictObject({ conversation_id: z.uuid(), type: z.enum(TYPES).default("text") }),
  output: gateView,
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", type: "template" },
  run: (input, { call }) => call<GateVerdict>("may_i_send_v1", input),
});
