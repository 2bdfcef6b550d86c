import * as z from "zod";
import { type GraphOptions, type MetaCredentials, postMessages } from "./graph.ts";

const done = z.object({ success: z.literal(true) });

/**
 * Marks a customer's message (and all before it) as read, and with `typing` shows that an answer is being written, for
 * 25 seconds or until it arrives. A courtesy: says whether it worked, never throws, is never repeated.
 */
export async function markRead(
  provider_id: string,
  credentials: MetaCredentials,
  options: GraphOptions & { typing?: boolean } = {},
): Promise<boolean> {
  const { typing = false, ...graph } = options;
  const answer = await postMessages(
    credentials,
    {
      messaging_product: "whatsapp",
      status: "read",
      message_id: provider_id,
      ...(typing && { typing_indicator: { type: "text" } }),
    },
    graph,
  );
  return answer.answered && done.safeParse(answer.body).success;
}
