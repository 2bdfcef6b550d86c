import * as z from "zod";
import { createTemplate as create } from "../../../shared/channels/meta/templates.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { definitionProblems } from "../../../shared/templates/definition-problems.ts";
import { storeTemplates } from "../../../shared/templates/sync.ts";
import { CATEGORIES } from "../../../shared/templates/template.ts";
import { command } from "../command.ts";
import {
  accepted,
  graphOf,
  openAccount,
  templateComponents,
  templateLanguage,
  templateName,
  templateView,
} from "../template-view.ts";
import type { SealedAccount, TemplateView } from "../template-view.ts";

export const createTemplate = command({
  name: "create-template",
  description: "Puts a new template, in one language, before Meta's reviewers.",
  scope: "admin",
  input: z.strictObject({
    channel_id: z.uuid(),
    name: templateName,
    language: templateLanguage,
    category: z.enum(CATEGORIES),
    parameter_format: z.enum(["POSITIONAL", "NAMED"]).default("POSITIONAL"),
    components: templateComponents.describe("As Meta takes them, with an example of each variable."),
  }),
  output: templateView,
  example: {
    channel_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    name: "order_shipped",
    language: "en",
    category: "UTILITY",
    components: [
      { type: "BODY", text: "Hello {{1}}, your order has left our bakery.", example: { body_text: [["Ana"]] } },
    ],
  },
  run: async ({ channel_id, ...template }, { ask, call, tools }) => {
    const wrong = definitionProblems(template);
    if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join("; "), { problems: wrong });
    const sealed = await ask<SealedAccount>("template_account_v1", { channel_id, manage: true });
    const fetched_at = tools.now();
    const made = accepted(
      await create(await openAccount(sealed, tools), template, graphOf(tools)),
      "Run sync-templates to see whether the template was made.",
    );
    const row = { ...template, id: made.id, status: made.status, category: made.category ?? template.category };
    const [template_id] = await storeTemplates(tools.exec, { channel_id, fetched_at, templates: [row] });
    return call<TemplateView>("template_changed_v1", { template_id, change: "created" });
  },
});
