import * as z from "zod";

/** The policy gate's verdict as commands answer it. */
export const gateView = z.object({
  allowed: z.boolean(),
  rule: z.string().nullable().describe("The first rule that refuses."),
  reason: z.string().nullable().describe("Why, for a person to read."),
  allowed_at: z.string().nullable().describe("From when it would pass; null when that is not a matter of time."),
  trace: z.array(z.object({ rule: z.string(), input: z.record(z.string(), z.unknown()), passed: z.boolean() })),
});
