import * as z from "zod";

/*
 * Shapes of Telnyx's messaging webhooks (Telnyx, "Receiving webhooks for messaging", API version 2), as wide as they
 * have been seen: only what an event cannot do without is required, a field of another type counts as absent.
 */

/** Provider ids end up in unique indexes, whose rows have a size limit. */
const id = z.string().min(1).max(512);
const text = z.string().min(1).optional().catch(undefined);

/** Unix seconds, up to the year 9999, from an ISO 8601 text. */
const seconds = z
  .string()
  .transform((iso) => Math.floor(Date.parse(iso) / 1_000))
  .pipe(z.number().int().min(1).max(253_402_300_799));

/** A number, which older descriptions give as plain text; RCS agents have an id in its place. */
const party = z
  .union([
    z.string().transform((phone_number) => ({ phone_number, agent_id: undefined, status: undefined })),
    z.object({ phone_number: text, agent_id: text, status: text }),
  ])
  .catch({ phone_number: undefined, agent_id: undefined, status: undefined });

const parties = z
  .union([z.array(party), party.transform((one) => [one])])
  .optional()
  .catch(undefined)
  .transform((list) => list ?? []);

export const mediaItem = z.object({
  url: z.string().min(1),
  content_type: text,
  sha256: text,
  hash_sha256: text,
});

export const itemError = z.object({ code: z.union([z.string(), z.number()]), title: text, detail: text });

export const payload = z.object({
  id,
  type: text,
  from: party.optional(),
  to: parties,
  cc: parties,
  text,
  subject: text,
  body: z.object({ text }).optional().catch(undefined),
  media: z.array(z.unknown()).optional().catch(undefined),
  autoresponse_type: text,
  errors: z.array(z.unknown()).optional().catch(undefined),
  cost: z.looseObject({}).optional().catch(undefined),
  received_at: seconds.optional().catch(undefined),
  webhook_url: text,
});

export const webhook = z.object({
  data: z.object({ id, event_type: z.string().min(1), occurred_at: seconds, payload: z.unknown() }),
});

export type Payload = z.infer<typeof payload>;
export type Party = z.infer<typeof party>;
