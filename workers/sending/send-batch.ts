import { claimBatch } from "../../shared/campaigns/claim.ts";
import type { CampaignAttempt } from "../../shared/campaigns/claim.ts";
import type { CampaignJob } from "../../shared/campaigns/job.ts";
import { BATCH_SIZE } from "../../shared/campaigns/lease.ts";
import { sliceOf, spreadOf } from "../../shared/campaigns/pace.ts";
import { recordBatch } from "../../shared/campaigns/record.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { describeError } from "../../shared/log.ts";
import type { Log } from "../../shared/log.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import { withBackoff } from "./deliver.ts";
import type { Providers } from "./providers.ts";

export interface BatchTools {
  exec: Exec;
  providers: Pick<Providers, "send">;
  now: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  log: Log;
  deliver: (next: Claim) => Promise<Claim>;
  /** The moment (unix ms), at least `lead_ms` ahead, at which one slice of this pace may leave the number. */
  slot: (channel_id: string, per_second: number, lead_ms: number) => Promise<number>;
}

/** How far ahead a slot is asked for, so that the claim is written before it; more after one that came too late. */
const LEADS_MS = [150, 500, 2000];
const RECORD_TRIES = 4;

/**
 * Sends one batch of a campaign at the number's next free moment. A batch that comes twice, or after its lease, finds nothing
 * to claim. Whatever it leaves half-done, by a crash at any point, is in the ledger (F94, F110).
 * @throws when nothing was claimed because every moment came too late, or when the database is away; safe to repeat.
 */
export async function sendBatch(job: CampaignJob, tools: BatchTools): Promise<void> {
  const { campaign_id, channel_id, messages_per_second, batch } = job;
  const spread_ms = spreadOf(messages_per_second, sliceOf(messages_per_second, BATCH_SIZE));
  for (const lead_ms of LEADS_MS) {
    const at = await tools.slot(channel_id, messages_per_second, lead_ms);
    // the database refuses a slot that has passed, so a claim far ahead of it would hold conversations for nothing
    if (at - tools.now() > 2 * lead_ms) await tools.sleep(at - tools.now() - lead_ms);
    const { outcome, attempts } = await claimBatch(tools.exec, campaign_id, batch, at, spread_ms);
    if (outcome === "late") continue;
    if (attempts.length === 0) return;
    return finishBatch(campaign_id, attempts, tools);
  }
  throw new Error("each moment for this batch had passed before its claim was written");
}

async function finishBatch(campaign_id: string, attempts: CampaignAttempt[], tools: BatchTools): Promise<void> {
  const results = await Promise.all(
    attempts.map(async (one) => {
      const wait = (one.starts_at ?? 0) - tools.now();
      if (wait > 0) await tools.sleep(wait);
      return { ...one, outcome: withBackoff(one.attempt, await tools.providers.send(one.attempt), tools.random) };
    }),
  );
  for (let tried = 1; ; tried++) {
    try {
      const { status, paused_reason, claims } = await recordBatch(tools.exec, campaign_id, results);
      if (paused_reason !== null) tools.log("warn", "campaign.stopped", { campaign_id, status, reason: paused_reason });
      for (const claim of claims) await tools.deliver(claim);
      return;
    } catch (error) {
      tools.log("error", "campaign.not_recorded", { campaign_id, tried, error: describeError(error) });
      if (tried === RECORD_TRIES) throw error;
      await tools.sleep(250 * 2 ** tried);
    }
  }
}
