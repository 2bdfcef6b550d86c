import { campaignId, campaignView, EXAMPLE_ID } from "../campaign-view.ts";
import type { CampaignView } from "../campaign-view.ts";
import { command } from "../command.ts";

export const pauseCampaign = command({
  name: "pause-campaign",
  description: "Stops a campaign for the time being: what is under way is finished, one batch at most.",
  scope: "write",
  input: campaignId,
  output: campaignView,
  example: { campaign_id: EXAMPLE_ID },
  run: (input, { call }) => call<CampaignView>("pause_campaign_v1", input),
});
