import * as z from "zod";
import type { Carrier, CommandOutcome } from "../carrier.ts";
import { askTelnyx, telnyxReason } from "./account-api.ts";
import type { TelnyxAccess } from "./account-api.ts";
import { clientState } from "./calls.ts";

/** Ultravox, "Telephony platforms": both directions in the same codec, or one side hears noise. */
const STREAM = {
  stream_track: "inbound_track",
  stream_codec: "L16",
  stream_bidirectional_mode: "rtp",
  stream_bidirectional_codec: "L16",
  stream_bidirectional_sampling_rate: 16_000,
  stream_bidirectional_target_legs: "opposite",
};
/** A command on a leg that has been hung up. */
const OVER = "90018";

const dialled = z.object({
  data: z.object({ call_control_id: z.string().min(1), call_session_id: z.string().optional() }),
});
const failure = z.object({ errors: z.array(z.object({ code: z.coerce.string() })).min(1) });

/** Telnyx's call control (contracts §3.5). */
export function createTelnyxCarrier(access: TelnyxAccess): Carrier {
  async function command(leg: string, action: string, call_id: string, body: object = {}): Promise<CommandOutcome> {
    const path = `/calls/${encodeURIComponent(leg)}/actions/${action}`;
    const answer = await askTelnyx(access, "POST", path, {
      ...body,
      client_state: clientState(call_id),
      // the same command again is the same command: it follows from the call and from nothing else
      command_id: `${call_id}/${action}`,
    });
    if (!answer.answered) return { state: "unknown", reason: `Telnyx did not answer: ${answer.reason}.` };
    return answer.status < 300 ? { state: "done" } : refusal(answer.status, answer.body);
  }

  return {
    answer: (leg, { call_id, join_url }) => command(leg, "answer", call_id, { ...STREAM, stream_url: join_url }),
    reject: (leg, call_id) => command(leg, "reject", call_id, { cause: "CALL_REJECTED" }),
    join: (leg, { call_id, join_url }) => command(leg, "streaming_start", call_id, { ...STREAM, stream_url: join_url }),
    transfer: (leg, { call_id, number, from }) =>
      command(leg, "transfer", call_id, {
        to: number,
        ...(from !== undefined && { from }),
        target_leg_client_state: clientState(call_id, true),
      }),
    hang_up: (leg, call_id) => command(leg, "hangup", call_id),
    async dial({ call_id, from, to, application_id, webhook_url, ring_seconds }) {
      const answer = await askTelnyx(access, "POST", "/calls", {
        connection_id: application_id,
        from,
        to,
        timeout_secs: ring_seconds,
        client_state: clientState(call_id),
        command_id: `${call_id}/dial`,
        ...(webhook_url !== undefined && { webhook_url }),
      });
      if (!answer.answered) return { state: "unknown", reason: `Telnyx did not answer: ${answer.reason}.` };
      if (answer.status >= 500)
        return { state: "unknown", reason: `Telnyx: ${telnyxReason(answer.status, answer.body)}.` };
      if (answer.status >= 300) return refusal(answer.status, answer.body);
      const call = dialled.safeParse(answer.body).data?.data;
      if (!call) return { state: "unknown", reason: "Telnyx gave an answer that we do not understand." };
      const { call_control_id: leg, call_session_id: session } = call;
      return { state: "done", leg, ...(session !== undefined && { session }) };
    },
  };
}

function refusal(status: number, body: unknown): CommandOutcome {
  if (failure.safeParse(body).data?.errors.some(({ code }) => code === OVER)) return { state: "over" };
  return { state: "failed", reason: `Telnyx refused: ${telnyxReason(status, body)}.` };
}
