import { DurableObject } from "cloudflare:workers";
import { fanOut } from "../../shared/campaigns/fan-out.ts";
import { report } from "../report.ts";
import { toolsOf } from "../tools.ts";

/** After a fault of ours, such as the database being away or the queue being full. */
const RETRY_MS = 5_000;

/**
 * Owns one campaign's progress: when it starts, and how much of it waits in the queue. Addressed by the campaign's id. It
 * stores an alarm and nothing else: the ledger is in Postgres, and what a crash left is found there.
 */
export class Campaign extends DurableObject<Env> {
  /** Asks for a look in so many milliseconds; an earlier alarm stands. */
  async wake(due_in_ms: number): Promise<void> {
    const at = Date.now() + due_in_ms;
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }

  /** Never throws: an alarm that fails too often is dropped by the platform for good (F47). */
  override async alarm(): Promise<void> {
    let next: number | null = RETRY_MS;
    const { name } = this.ctx.id;
    try {
      if (name === undefined) throw new Error("A Campaign must be addressed by its campaign's id");
      next = await fanOut(toolsOf(this.env).exec, name, async (jobs) => {
        await this.env.CAMPAIGN_QUEUE.sendBatch(jobs.map((body) => ({ body })));
      });
    } catch (error) {
      report("campaign.alarm", error, { campaign_id: name });
    }
    if (next !== null) await this.wake(next);
  }
}
