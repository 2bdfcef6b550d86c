import { describeError } from "../../shared/log.ts";
import { dueMedia } from "../../shared/media/due.ts";
import type { DueMedia } from "../../shared/media/due.ts";
import type { Tools } from "../tools.ts";

/** As many as a queue takes at a time. */
const LIMIT = 100;

/**
 * Puts the files that are due into their queue. It only carries: what it loses is due again after a while. Never throws;
 * when it fails, the next sweep does it.
 */
export async function enqueueMedia(env: Env, { exec, log }: Pick<Tools, "exec" | "log">): Promise<DueMedia> {
  try {
    const media = await dueMedia(exec, LIMIT);
    if (media.due.length > 0) await env.MEDIA_QUEUE.sendBatch(media.due.map((id) => ({ body: { id } })));
    return media;
  } catch (error) {
    log("error", "media.not_queued", { error: describeError(error) });
    return { due: [], next_due_in_ms: null };
  }
}
