import * as z from "zod";
import type { SealedSecret } from "../../../shared/sending/attempt.ts";
import { agentsOf } from "../../calls/providers.ts";
import { callView } from "../call-view.ts";
import type { CallView } from "../call-view.ts";
import { command } from "../command.ts";

interface Found {
  call: CallView;
  agent_call_id: string | null;
  secret: SealedSecret | null;
}

export const getCall = command({
  name: "get-call",
  description: "Shows a call, with a link to its recording where there is one.",
  scope: "read",
  input: z.strictObject({ call_id: z.uuid() }),
  output: callView.extend({
    recording_url: z.string().nullable().describe("Works for a while only; null when there is no recording."),
  }),
  example: { call_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10" },
  run: async (input, { call, tools }) => {
    const { call: found, agent_call_id, secret } = await call<Found>("get_call_v1", input);
    const agents = await agentsOf({ ultravox: secret }, tools);
    if (!agents || agent_call_id === null) return { ...found, recording_url: null };
    return { ...found, recording_url: await agents.recording(agent_call_id) };
  },
});
