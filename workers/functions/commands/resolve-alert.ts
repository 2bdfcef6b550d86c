import * as z from "zod";
import { alertView } from "../alert-view.ts";
import type { AlertView } from "../alert-view.ts";
import { command } from "../command.ts";

export const resolveAlert = command({
  name: "resolve-alert",
  description: "Puts an alert aside. It is raised again only when its cause has been gone and has come back.",
  scope: "write",
  input: z.strictObject({ alert_id: z.uuid() }),
  output: alertView,
  example: { alert_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<AlertView>("resolve_alert_v1", input),
});
