import * as z from "zod";
import { CATEGORIES } from "../../../shared/templates/template.ts";
import { audience, EXAMPLE_ID } from "../campaign-view.ts";
import { command } from "../command.ts";

const output = z.object({
  channel_id: z.uuid(),
  recipients: z.number().int(),
  excluded: z.number().int(),
  excluded_by_reason: z.record(z.string(), z.number().int()),
  examples: z
    .array(z.object({ contact_id: z.uuid(), name: z.string().nullable(), reason: z.string() }))
    .describe("The first fifty who are left out."),
});

export const previewAudience = command({
  name: "preview-audience",
  description: "Tells whom an audience would reach from a number, and why each of the others is left out.",
  scope: "read",
  input: z.strictObject({
    channel_id: z.uuid(),
    audience,
    category: z.enum(CATEGORIES).default("MARKETING"),
  }),
  output,
  example: { channel_id: EXAMPLE_ID, audience: { tags: ["regulars"] } },
  run: (input, { call }) => call<z.input<typeof output>>("preview_audience_v1", input),
});
