import * as z from "zod";
import { ALERT_KINDS, alertView } from "../alert-view.ts";
import { command } from "../command.ts";
import { next, page } from "../page.ts";

const output = z.object({ alerts: z.array(alertView), next });

export const listAlerts = command({
  name: "list-alerts",
  description: "Lists what somebody ought to look at, newest first: open alerts, or resolved ones as well.",
  scope: "read",
  input: z.strictObject({
    business_id: z.uuid().optional(),
    kind: z.enum(ALERT_KINDS).optional(),
    resolved: z.boolean().default(false).describe("Whether to list resolved alerts as well."),
    ...page,
  }),
  output,
  example: { kind: "dead_token" },
  run: (input, { call }) => call<z.input<typeof output>>("list_alerts_v1", input),
});
