import type { Wake } from "../../shared/ingest/ingest.ts";

/** The platform allows six requests at a time; more would only queue. */
const AT_ONCE = 6;

/** Tells each conversation's object when its turn is due. */
export async function wakeAll(env: Env, wakes: Wake[]): Promise<void> {
  const queue = wakes.values();
  const worker = async () => {
    for (const { conversation_id, due_in_ms } of queue) {
      await env.CONVERSATION.getByName(conversation_id).wake(due_in_ms);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, wakes.length) }, worker));
}
