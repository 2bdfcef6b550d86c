import { z } from "zod";
import type { Memory } from "./memory.ts";
import type { People } from "./people.ts";
import type { Windows } from "./windows.ts";

const change = z.object({
  value: z.object({
    metadata: z.object({ phone_number_id: z.string() }),
    messages: z.array(
      z.object({
        id: z.string(),
        from: z.string().optional(),
        from_user_id: z.string().optional(),
        timestamp: z.coerce.number(),
      }),
    ),
  }),
});
const webhook = z.object({ entry: z.array(z.object({ changes: z.array(z.unknown()) })) });

export interface ArrivalsOptions {
  people: People;
  windows: Windows;
  memory: Memory;
}

/**
 * Notes who wrote when, from a webhook body that is about to be delivered, so that the service window opens for
 * messages in any form. Returns the id of the first message; null when there is none to be read.
 */
export function recordArrivals(body: unknown, { people, windows, memory }: ArrivalsOptions): string | null {
  const parsed = webhook.safeParse(body);
  if (!parsed.success) return null;
  let first: string | null = null;
  for (const each of parsed.data.entry.flatMap((entry) => entry.changes)) {
    const known = change.safeParse(each);
    if (!known.success) continue;
    const { phone_number_id } = known.data.value.metadata;
    for (const { id, from: phone, from_user_id, timestamp } of known.data.value.messages) {
      first ??= id;
      const from = phone ?? from_user_id;
      if (from === undefined) continue;
      const { user_id, name } = people.meet(from);
      windows.wrote(phone_number_id, user_id, timestamp);
      memory.append({ kind: "wrote", phone_number_id, from, name, at: timestamp });
    }
  }
  return first;
}

/** Takes up what an earlier run had noted. */
export function recallArrivals({ people, windows, memory }: ArrivalsOptions): void {
  for (const { phone_number_id, from, name, at } of memory.wrote) {
    windows.wrote(phone_number_id, people.meet(from, name).user_id, at);
  }
}
