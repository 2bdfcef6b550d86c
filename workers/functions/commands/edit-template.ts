import * as z from "zod";
import { editTemplate as edit } from "../../../shared/channels/meta/templates.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { definitionProblems } from "../../../shared/templates/definition-problems.ts";
import { CATEGORIES } from "../../../shared/templates/template.ts";
import { command } from "../command.ts";
import { accepted, graphOf, openAccount, templateComponents, templateView } from "../template-view.ts";
import type { SealedAccount, TemplateView } from "../template-view.ts";

/** Meta, "Edit a template". */
const EDITABLE = new Set(["APPROVED", "REJECTED", "PAUSED"]);

export const editTemplate = command({
  name: "edit-template",
  description:
    "Changes one language of a template, which Meta then reviews again. It cannot be sent until that is done.",
  scope: "admin",
  input: z
    .strictObject({
      template_id: z.uuid(),
      category: z.enum(CATEGORIES).optional().describe("Not of an approved template."),
      components: templateComponents.optional().describe("All of them: what is left out is gone."),
    })
    .refine(({ category, components }) => category ?? components, "nothing is to be changed"),
  output: templateView,
  example: {
    template_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    components: [{ type: "BODY", text: "Your order has left our bakery." }],
  },
  run: async ({ template_id, ...change }, { ask, call, tools }) => {
    const found = await ask<SealedAccount & { template: TemplateView }>("template_account_v1", {
      template_id,
      manage: true,
    });
    const { template } = found;
    if (!EDITABLE.has(template.status) || template.provider_template_id === null) {
      throw new ServiceError(
        "conflict",
        `Meta lets approved, rejected and paused templates be changed; this one is ${template.status.toLowerCase()}.`,
        { current: { template_id, status: template.status } },
      );
    }
    if (template.status === "APPROVED" && change.category !== undefined && change.category !== template.category) {
      throw new ServiceError("invalid_input", "The category of an approved template cannot be changed.");
    }
    const { components, category = template.category } = change;
    const wrong = components ? definitionProblems({ ...template, category, components }) : [];
    if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join("; "), { problems: wrong });
    accepted(
      await edit(await openAccount(found, tools), template.provider_template_id, change, graphOf(tools)),
      "Run sync-templates to see whether the template was changed.",
    );
    return call<TemplateView>("template_changed_v1", { template_id, change: "edited", ...change });
  },
});
