import { describeError } from "../../shared/log.ts";
import { sweepCampaigns } from "../../shared/campaigns/sweep.ts";
import type { SweptCampaigns } from "../../shared/campaigns/sweep.ts";
import type { Tools } from "../tools.ts";

const LIMIT = 100;

/** Tells a campaign's object to look. */
export async function wakeCampaign(env: Env, campaign_id: string, due_in_ms = 0): Promise<void> {
  await env.CAMPAIGN.getByName(campaign_id).wake(due_in_ms);
}

/** Wakes the campaigns that Postgres says are overdue (F95, F110). When it fails, the next sweep does it. */
export async function nudgeCampaigns(env: Env, { exec, log }: Pick<Tools, "exec" | "log">): Promise<SweptCampaigns> {
  try {
    const swept = await sweepCampaigns(exec, LIMIT);
    for (const campaign_id of swept.due) await wakeCampaign(env, campaign_id);
    return swept;
  } catch (error) {
    log("error", "cron.campaigns_failed", { error: describeError(error) });
    return { due: [], next_due_in_ms: null };
  }
}
