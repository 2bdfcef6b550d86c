import * as z from "zod";

const id = z.uuid();

/** One batch of a campaign, as its queue carries it: ids and a token, nothing of anybody. */
export const campaignJob = z.object({
  campaign_id: id,
  channel_id: id,
  messages_per_second: z.number().int().min(1),
  batch: z.object({ lease_token: id, recipient_ids: z.array(id).min(1) }),
});
export type CampaignJob = z.infer<typeof campaignJob>;
