import * as z from "zod";
import { campaignView, EXAMPLE_ID } from "../campaign-view.ts";
import type { CampaignView } from "../campaign-view.ts";
import { command } from "../command.ts";

export const retryCampaign = command({
  name: "retry-campaign",
  description: "Makes a draft for those whom a campaign failed to reach; never for those who may have got it.",
  scope: "write",
  input: z.strictObject({
    campaign_id: z.uuid(),
    reasons: z.array(z.string()).min(1).optional(),
    name: z.string().trim().min(1).max(255).optional(),
  }),
  output: campaignView,
  example: { campaign_id: EXAMPLE_ID, reasons: ["131000"] },
  run: (input, { call }) => call<CampaignView>("retry_campaign_v1", input),
});
