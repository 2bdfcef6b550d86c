import * as z from "zod";
import { ServiceError } from "../../../shared/errors.ts";
import type { GateVerdict } from "../../../shared/sending/gate.ts";
import { lookAtCall } from "../../calls/act.ts";
import { callView } from "../call-view.ts";
import type { CallView } from "../call-view.ts";
import { command } from "../command.ts";

type Placed = { call: CallView; gate?: undefined } | { gate: GateVerdict; call?: undefined };

export const placeCall = command({
  name: "place-call",
  description:
    "Has the voice agent call a contact, through the same gate as messages. A busy line is waited for; the call is dialled once.",
  scope: "write",
  input: z.strictObject({
    contact_id: z.uuid(),
    channel_id: z.uuid().optional().describe("The number that calls; by default the one that the contact knows."),
    purpose: z.string().trim().min(1).max(2000).describe("What the agent is to do, in plain words."),
    topic: z.enum(["marketing", "utility"]).default("utility"),
    wait_seconds: z.int().min(0).max(86_400).default(600).describe("How long a free line may be waited for."),
    idempotency_key: z.string().min(1).max(200).optional(),
  }),
  output: callView,
  example: {
    contact_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    purpose: "Ask whether the cake can be collected at four instead of three.",
  },
  run: async (input, { call, ask, tools, origin }) => {
    const placed = await call<Placed>("place_call_v1", input);
    if (placed.gate) {
      const { rule, reason, allowed_at } = placed.gate;
      throw new ServiceError("gate_refused", reason ?? "This call may not be made now.", { rule, allowed_at });
    }
    const { call_id } = placed.call;
    await lookAtCall(call_id, { tools, origin });
    return (await ask<{ call: CallView }>("get_call_v1", { call_id })).call;
  },
});
