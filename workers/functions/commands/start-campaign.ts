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
  run: async (input, { call, wake_campaign }) => {
    const view = await call<CampaignView>("start_campaign_v1", input);
    wake_campaign(input.campaign_id);
    return view;
  },
});
