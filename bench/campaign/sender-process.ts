import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { fanOut } from "../../shared/campaigns/fan-out.ts";
import type { CampaignJob } from "../../shared/campaigns/job.ts";
import { nextSlot, sliceOf } from "../../shared/campaigns/pace.ts";
import { BATCH_SIZE } from "../../shared/campaigns/lease.ts";
import { rememberedFiles } from "../../shared/media/to-send.ts";
import type { OutgoingFiles } from "../../shared/media/to-send.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import { createProviders } from "../../workers/sending/providers.ts";
import { sendBatch } from "../../workers/sending/send-batch.ts";
import { serve } from "../process/serve.ts";

export interface SenderPlan {
  campaign_id: string;
  database_url: string;
  endpoint: string;
  graph_url: string;
  seconds: number;
  /** Batches that are worked on at once. */
  consumers: number;
}

/** What the Campaign object, the queue, its consumers and the Channel object do, without workerd, in a process of its own. */
export type SenderHandlers = typeof handlers;

const LOOK_MS = 250;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Nothing is attached to a template without a header. */
const noFiles = (exec: Exec): OutgoingFiles => ({
  ...rememberedFiles(exec),
  open: () => Promise.resolve(null),
  address: () => Promise.resolve(null),
});

const handlers = {
  /** Sends for so many seconds, or until the campaign is over. */
  async run(plan: SenderPlan): Promise<{ peak_memory_mb: number; failed: number }> {
    const exec = createNeonExec({ connection_string: plan.database_url, endpoint: plan.endpoint });
    let free = 0;
    let failed = 0;
    let over = false;
    let peak = 0;
    const queue: CampaignJob[] = [];
    const tools = {
      exec,
      providers: createProviders({
        vault: openVault(TEST_MASTER_KEY),
        meta: { graph_url: plan.graph_url },
        files: noFiles(exec),
      }),
      now: Date.now,
      random: Math.random,
      sleep,
      log: () => {},
      deliver: <Claim>(claim: Claim) => Promise.resolve(claim),
      slot: (_channel: string, per_second: number, lead_ms: number) => {
        const slot = nextSlot(free, Date.now(), { per_second, slice: sliceOf(per_second, BATCH_SIZE), lead_ms });
        free = slot.free_at;
        return Promise.resolve(slot.at);
      },
    };
    const until = Date.now() + plan.seconds * 1000;
    const fill = async () => {
      while (Date.now() < until && !over) {
        over = (await fanOut(exec, plan.campaign_id, (jobs) => Promise.resolve(void queue.push(...jobs)))) === null;
        await sleep(LOOK_MS);
      }
    };
    const work = async () => {
      while (Date.now() < until) {
        const job = queue.shift();
        peak = Math.max(peak, process.memoryUsage().rss);
        if (job) await sendBatch(job, tools).catch(() => void failed++);
        else if (over) return;
        else await sleep(20);
      }
    };
    await Promise.all([fill(), ...Array.from({ length: plan.consumers }, work)]);
    return { peak_memory_mb: Math.round(peak / 1024 ** 2), failed };
  },
};

serve(handlers);
