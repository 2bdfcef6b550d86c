import * as z from "zod";

export const PLATFORMS = ["whatsapp", "sms", "voice"] as const;

const scope = { platform: z.enum([...PLATFORMS, "all"]), topic: z.enum(["marketing", "utility", "all"]) };
const source = z.enum(["keyword", "provider", "person", "api", "form", "import", "merge"]);
const moment = z.string().describe("Timestamp.");

/** What a contact has said about being written to and called. */
export const consentView = z.object({
  contact_id: z.uuid(),
  opted_in: z.boolean().nullable().describe("Consent to marketing on the contact's own platform; null: never asked."),
  current: z
    .array(
      z.object({
        platform: z.enum(PLATFORMS),
        topic: z.enum(["marketing", "utility"]),
        state: z.enum(["granted", "withdrawn", "unknown"]),
        source: source.nullable(),
        at: moment.nullable(),
      }),
    )
    .describe("What holds now, in every scope."),
  records: z
    .array(
      z.object({
        ...scope,
        state: z.enum(["granted", "withdrawn", "restored", "unknown"]),
        source,
        evidence: z.string().nullable(),
        message_id: z.uuid().nullable(),
        recorded_by: z.string().nullable(),
        at: moment,
        created_at: moment,
      }),
    )
    .describe("The ledger, newest first, up to 200 entries."),
});
export type ConsentView = z.input<typeof consentView>;
