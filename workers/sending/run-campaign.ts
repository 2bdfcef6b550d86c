import { claimBatch } from "../../shared/campaigns/claim.ts";
import type { CampaignAttempt } from "../../shared/campaigns/claim.ts";
import { BATCH_SIZE, lease } from "../../shared/campaigns/lease.ts";
import type { Batch } from "../../shared/campaigns/lease.ts";
import { sliceOf } from "../../shared/campaigns/pace.ts";
import { recordBatch } from "../../shared/campaigns/record.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { describeError } from "../../shared/log.ts";
import type { Log } from "../../shared/log.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import { withBackoff } from "./deliver.ts";
import type { Providers } from "./providers.ts";

export interface CampaignTools {
  exec: Exec;
  providers: Pick<Providers, "send">;
  now: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  log: Log;
  deliver: (next: Claim) => Promise<Claim>;
}

export interface Stint {
  stint_ms: number;
  /** The moment (unix ms) at which one slice of this pace may leave the number. */
  slot: (channel_id: string, per_second: number, lead_ms: number) => Promise<number>;
}

/** Batches under way at once: the claims and records of some while the calls of others are made. */
const AT_ONCE = 4;
/** Fewer leases at a time are taken back later when this process dies. */
const BATCHES = 12;
/** How far ahead a slot is asked for, so that the claim is written before it; more after one that came too late. */
const LEADS_MS = [150, 500, 2000];
const RECORD_TRIES = 4;
/** The first look that the sweep would not make sooner. */
const SOONEST_MS = 100;

/**
 * Sends what a campaign has due, for one stint. Answers in how many milliseconds it is to be looked at again, or null when
 * nothing falls due by itself. Whatever it leaves half-done, by a crash at any point, is in the ledger (F94, F110).
 */
export async function runCampaign(campaign_id: string, tools: CampaignTools, stint: Stint): Promise<number | null> {
  const until = tools.now() + stint.stint_ms;
  let batch_size = 1;
  for (;;) {
    const leased = await lease(tools.exec, campaign_id, { batches: BATCHES, batch_size });
    const { batches, channel_id, messages_per_second: per_second, next_due_in_ms } = leased;
    if (batches.length === 0) return next_due_in_ms === null ? null : Math.max(SOONEST_MS, next_due_in_ms);
    const queue = batches.values();
    const work = async () => {
      for (const batch of queue) {
        await sendBatch(campaign_id, batch, tools, (lead_ms) => stint.slot(channel_id, per_second, lead_ms));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (tools.now() >= until) return 0;
    batch_size = sliceOf(per_second, BATCH_SIZE);
  }
}

async function sendBatch(
  campaign_id: string,
  batch: Batch,
  tools: CampaignTools,
  slot: (lead_ms: number) => Promise<number>,
): Promise<void> {
  for (const lead_ms of LEADS_MS) {
    const at = await slot(lead_ms);
    // the database refuses a slot that has passed, so a claim far ahead of it would hold conversations for nothing
    if (at - tools.now() > 2 * lead_ms) await tools.sleep(at - tools.now() - lead_ms);
    const { outcome, attempts } = await claimBatch(tools.exec, campaign_id, batch, at);
    if (outcome === "late") continue;
    const wait = at - tools.now();
    if (attempts.length > 0 && wait > 0) await tools.sleep(wait);
    return attempts.length > 0 ? finishBatch(campaign_id, attempts, tools) : undefined;
  }
}

async function finishBatch(campaign_id: string, attempts: CampaignAttempt[], tools: CampaignTools): Promise<void> {
  const results = await Promise.all(
    attempts.map(async (one) => ({
      ...one,
      outcome: withBackoff(one.attempt, await tools.providers.send(one.attempt), tools.random),
    })),
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
