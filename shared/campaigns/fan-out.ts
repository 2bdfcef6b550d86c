import type { Exec } from "../db/exec.ts";
import type { CampaignJob } from "./job.ts";
import { lease, release } from "./lease.ts";

/** How much of the pace waits in the queue: little is taken back when it is lost, and a pause has little to wait for. */
const AHEAD_SECONDS = 10;
/** What one call to a queue takes at most, in messages. */
const BATCHES = 40;
const FILL_MS = 1_000;
const LOOK_MS = 5_000;

/**
 * Hands the due part of a campaign to `enqueue`, as far ahead as its pace allows. What it cannot hand on is due again at
 * once; a batch that was handed on all the same finds its token worthless (F106). Answers in how many milliseconds to look
 * again, or null when nothing falls due by itself.
 */
export async function fanOut(
  exec: Exec,
  campaign_id: string,
  enqueue: (jobs: CampaignJob[]) => Promise<void>,
): Promise<number | null> {
  const leased = await lease(exec, campaign_id, { batches: BATCHES, ahead_seconds: AHEAD_SECONDS });
  const { batches, channel_id, messages_per_second, under_way, next_due_in_ms } = leased;
  if (batches.length > 0) {
    try {
      await enqueue(batches.map((batch) => ({ campaign_id, channel_id, messages_per_second, batch })));
    } catch (error) {
      await release(
        exec,
        campaign_id,
        batches.map(({ lease_token }) => lease_token),
      );
      throw error;
    }
  }
  if (next_due_in_ms === null) return null;
  return Math.max(FILL_MS, under_way > 0 ? Math.min(next_due_in_ms, LOOK_MS) : next_due_in_ms);
}
