import * as z from "zod";

/** What every list takes: how many, and where to go on. */
export const page = {
  limit: z.int().min(1).max(200).default(50),
  after: z
    .string()
    .regex(/^\d{1,16}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "give back `next` of the page before")
    .optional()
    .describe("The `next` of the page before."),
};

/** Ends every list: null when nothing follows. */
export const next = z.string().nullable();
