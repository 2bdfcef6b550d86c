import * as z from "zod";
import { campaignId, EXAMPLE_ID } from "../campaign-view.ts";
import { command } from "../command.ts";

const output = z.object({
  campaign_id: z.uuid(),
  recipients: z.number().int(),
  excluded: z.number().int(),
  excluded_by_reason: z.record(z.string(), z.number().int()),
  cost_usd: z.number().nullable().describe("Null where the workspace's settings.message_prices lack a price."),
  cost_by_country: z.array(
    z.object({ calling_code: z.string(), recipients: z.number().int(), price_usd: z.number().nullable() }),
  ),
  messages_per_second: z.number().int(),
  duration_seconds: z.number().int().describe("At the allowed pace, delays for quiet hours and the like aside."),
  hindrance: z.string().nullable().describe("What would keep it from starting now."),
});

export const estimateCampaign = command({
  name: "estimate-campaign",
  description: "Tells whom a campaign would reach, who is left out and why, what it costs and how long it takes.",
  scope: "read",
  input: campaignId,
  output,
  example: { campaign_id: EXAMPLE_ID },
  run: (input, { call }) => call<z.input<typeof output>>("estimate_campaign_v1", input),
});
