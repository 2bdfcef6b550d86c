import * as z from "zod";
import { command } from "../command.ts";

const output = z.object({ org_id: z.uuid(), plan: z.string(), monthly_message_limit: z.int() });

export const setPlan = command({
  name: "set-plan",
  description: "Sets an organization's plan with its monthly limit. For the service role: a bill is behind it.",
  scope: "service",
  input: z.strictObject({
    org_id: z.uuid(),
    plan: z.enum(["free", "growth", "pro", "enterprise"]),
    monthly_message_limit: z.int().min(0).max(100_000_000).optional().describe("In the place of the plan's own."),
  }),
  output,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", plan: "growth" },
  run: (input, { call }) => call<z.input<typeof output>>("set_plan_v1", input),
});
