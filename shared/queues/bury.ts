import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** A message that its queue has given up. */
export interface DeadLetter {
  id: string;
  timestamp: Date;
  body: unknown;
  attempts: number;
}

/** Writes a dead letter down among what could not be placed, for which the watcher raises the operator's alert (F176). */
export async function bury(exec: Exec, queue: string, { id, timestamp, body, attempts }: DeadLetter): Promise<void> {
  await call(exec, "bury_v1", {
    queue,
    message_id: id,
    attempts,
    body: JSON.stringify(body) ?? "",
    sent_at: timestamp.getTime(),
  });
}
