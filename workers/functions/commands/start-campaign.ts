import { campaignId, campaignView, EXAMPLE_ID } from "../campaign-view.ts";
import type { CampaignView } from "../campaign-view.ts";
import { command } from "../command.ts";

export const startCampaign = command({
  name: "start-campaign",
  description: "Fixes the audience and starts sending.",
  scope: "write",
  input: campaignId,
  output: campaignView,
  example: { campaign_id: EXAMPLE_ID },
  run: (input, { call }) => call<CampaignView>("start_campaign_v1", input),
});
