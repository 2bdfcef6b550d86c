import { campaignJob } from "../../shared/campaigns/job.ts";
import { describeError } from "../../shared/log.ts";
import { bury } from "../../shared/queues/bury.ts";
import { fetchMedia } from "../media/consume.ts";
import { sendBatch } from "../sending/send-batch.ts";
import { toolsOf } from "../tools.ts";
import type { Tools } from "../tools.ts";

interface Consumer {
  /** Messages of one delivery that are worked on at a time. */
  at_once: number;
  /** Does what one message asks for. A message may come twice. @throws to have it delivered again later. */
  consume: (body: unknown, env: Env, tools: Tools) => Promise<void>;
}

/** Each queue by its name in wrangler.toml. A queue that gives up has a reader too: see `DEAD`. */
const CONSUMERS: Record<string, Consumer> = {
  campaigns: {
    at_once: 4,
    consume: (body, env, tools) =>
      sendBatch(campaignJob.parse(body), {
        ...tools,
        slot: (channel_id, per_second, lead_ms) => env.CHANNEL.getByName(channel_id).slot(per_second, lead_ms),
      }),
  },
  // each holds a part of its file in memory
  media: { at_once: 4, consume: fetchMedia },
};

/** What is given up after the last repetition goes to the queue of this name, beside the first one's. */
const DEAD = /^(.+)-dead$/;
const DEAD_AT_ONCE = 4;
/** The longest pause that a queue keeps is 12 hours; ours are short, for a lease is waiting. */
const RETRY_SECONDS = [2, 10, 30];

/**
 * Works off one delivery of a queue. Each message is settled by itself: acknowledged when its work is done, delivered again
 * when it failed, whatever became of its neighbours (F175, F107). What was given up is written down (F176).
 * @throws for a queue that nobody here reads, so that it stays in the queue
 */
export async function consume(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const tools = toolsOf(env);
  const dead = DEAD.exec(batch.queue)?.[1];
  const consumer = dead === undefined ? CONSUMERS[batch.queue] : undefined;
  if (dead === undefined && consumer === undefined) throw new Error(`Nobody reads the queue ${batch.queue}`);
  const messages = batch.messages.values();
  const work = async () => {
    for (const message of messages) {
      try {
        if (dead !== undefined) await bury(tools.exec, dead, message);
        else await consumer?.consume(message.body, env, tools);
        message.ack();
      } catch (error) {
        const { attempts } = message;
        tools.log("error", "queue.failed", { queue: batch.queue, attempts, error: describeError(error) });
        message.retry({ delaySeconds: RETRY_SECONDS[attempts - 1] ?? 60 });
      }
    }
  };
  await Promise.all(Array.from({ length: consumer?.at_once ?? DEAD_AT_ONCE }, work));
}
