import * as z from "zod";
import { syncTemplates as sync } from "../../../shared/templates/sync.ts";
import { command } from "../command.ts";
import { accepted, graphOf, openAccount } from "../template-view.ts";
import type { SealedAccount } from "../template-view.ts";

const output = z.object({
  channel_id: z.uuid(),
  templates: z.number().int().describe("That the account has now, a template in two languages twice."),
  deleted: z.number().int().describe("That it has no more."),
  unreadable: z.number().int(),
});

export const syncTemplates = command({
  name: "sync-templates",
  description:
    "Reads a WhatsApp account's templates from Meta. It happens by itself too, daily and when Meta tells news.",
  scope: "write",
  input: z.strictObject({ channel_id: z.uuid() }),
  output,
  example: { channel_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: async ({ channel_id }, { ask, call, tools }) => {
    const account = await openAccount(await ask<SealedAccount>("template_account_v1", { channel_id }), tools);
    const synced = await sync(account, { ...tools, meta: graphOf(tools) });
    const { templates, deleted, unreadable } = accepted(
      synced.ok ? synced : { ...synced, code: synced.kind },
      "What was read before is kept.",
    );
    return call<z.input<typeof output>>("sync_templates_v1", { channel_id, templates, deleted, unreadable });
  },
});
