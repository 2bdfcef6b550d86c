import * as z from "zod";
import { campaignView, EXAMPLE_ID } from "../campaign-view.ts";
import type { CampaignView } from "../campaign-view.ts";
import { command } from "../command.ts";

export const scheduleCampaign = command({
  name: "schedule-campaign",
  description: "Sets the moment at which a campaign starts by itself.",
  scope: "write",
  input: z.strictObject({ campaign_id: z.uuid(), scheduled_at: z.iso.datetime({ offset: true }) }),
  output: campaignView,
  example: { campaign_id: EXAMPLE_ID, scheduled_at: "2027-03-01T09:00:00+01:00" },
  run: async (input, { call, wake_campaign }) => {
    const view = await call<CampaignView>("schedule_campaign_v1", input);
    wake_campaign(input.campaign_id);
    return view;
  },
});
