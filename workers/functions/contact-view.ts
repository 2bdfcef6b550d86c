import * as z from "zod";

/** A person as the business knows them, over all channels. */
export const contactView = z.object({
  contact_id: z.uuid(),
  business_id: z.uuid(),
  name: z.string().nullable(),
  phone: z.string().nullable().describe("E.164."),
  email: z.string().nullable(),
  tags: z.array(z.string()),
  opted_in: z.boolean().nullable(),
  unread_count: z.int(),
  conversation_status: z.enum(["Open", "Pending", "Done"]),
  identities: z
    .array(
      z.object({
        kind: z.enum(["wa_id", "bsuid", "parent_bsuid"]),
        value: z.string(),
        ended_at: z.string().nullable().describe("Since when the person no longer goes by this name."),
      }),
    )
    .describe("Every name that providers have known the person by."),
  conversation_ids: z.array(z.uuid()),
});
export type ContactView = z.input<typeof contactView>;
