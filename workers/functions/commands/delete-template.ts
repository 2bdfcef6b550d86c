import * as z from "zod";
import { deleteTemplate as remove } from "../../../shared/channels/meta/templates.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { command } from "../command.ts";
import { accepted, graphOf, openAccount, templateLanguage, templateName } from "../template-view.ts";
import type { SealedAccount } from "../template-view.ts";

interface Doomed extends SealedAccount {
  doomed: { template_id: string; provider_template_id: string | null; language: string }[];
}

const output = z.object({
  name: z.string(),
  deleted: z.array(z.string()).describe("Languages that are gone."),
  failed: z.array(z.object({ language: z.string(), reason: z.string() })).describe("Languages that are still there."),
});

export const deleteTemplate = command({
  name: "delete-template",
  description:
    "Deletes a template in the languages that you name, and in no other. Meta keeps the name of an approved one from being used again for 30 days.",
  scope: "admin",
  input: z.strictObject({
    channel_id: z.uuid(),
    name: templateName,
    languages: z
      .array(templateLanguage)
      .max(100)
      .default([])
      .describe("All languages that are to go, as a confirmation. Left out: the answer says which there are."),
  }),
  output,
  example: { channel_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", name: "spring_sale", languages: ["en", "de"] },
  run: async ({ channel_id, name, languages }, { ask, call, tools }) => {
    const found = await ask<Doomed>("doomed_templates_v1", { channel_id, name, languages });
    const account = await openAccount(found, tools);
    const deleted: string[] = [];
    const failed: { language: string; reason: string }[] = [];
    for (const { template_id, provider_template_id, language } of found.doomed) {
      // never by the name alone, which would take languages along that nobody here has seen
      if (provider_template_id === null) {
        failed.push({ language, reason: "Its id is not known yet. Run sync-templates." });
        continue;
      }
      try {
        accepted(
          await remove(account, { name, provider_template_id }, graphOf(tools)),
          "Run sync-templates to see whether it is gone.",
        );
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        if (found.doomed.length === 1) throw error;
        failed.push({ language, reason: error.message });
        continue;
      }
      await call("template_changed_v1", { template_id, change: "deleted" });
      deleted.push(language);
    }
    return { name, deleted, failed };
  },
});
