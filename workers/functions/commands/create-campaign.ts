import * as z from "zod";
import { CATEGORIES } from "../../../shared/templates/template.ts";
import { problems } from "../../../shared/channels/meta/index.ts";
import type { OutgoingContent } from "../../../shared/channels/channel.ts";
import { ServiceError } from "../../../shared/errors.ts";
import type { KnownTemplate } from "../../../shared/templates/check.ts";
import { sendProblems } from "../../../shared/templates/send-problems.ts";
import { audience, campaignView, EXAMPLE_ID } from "../campaign-view.ts";
import type { CampaignView } from "../campaign-view.ts";
import { command } from "../command.ts";
import { named } from "../people-view.ts";

const components = z.array(z.record(z.string(), z.unknown())).max(20);
const input = z
  .strictObject({
    business_id: z.uuid(),
    channel_id: z.uuid(),
    name: named,
    template_id: z.uuid().optional(),
    components: components.optional().describe("The template's parameters; {{contact.name}} is filled in a recipient."),
    text: z.string().min(1).max(4096).optional().describe("In the place of a template, where the channel allows it."),
    arms: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(50),
          weight: z.int().min(1).max(1000).default(1),
          components: components.optional(),
          text: z.string().min(1).max(4096).optional(),
        }),
      )
      .min(2)
      .max(10)
      .optional()
      .describe("Versions to be compared. Each contact stays in one of them."),
    audience,
    category: z.enum(CATEGORIES).optional().describe("A template brings its own."),
    max_per_second: z.int().min(1).max(1000).optional(),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(
    ({ template_id, text, arms }) => {
      const texts = arms ? arms.filter((arm) => arm.text !== undefined).length : Number(text !== undefined);
      return template_id === undefined ? texts === (arms?.length ?? 1) : texts === 0;
    },
    { error: "give either template_id or text, and the same kind for every arm" },
  );

export const createCampaign = command({
  name: "create-campaign",
  description: "Makes a draft of a campaign: what to say, to whom, from which number.",
  scope: "write",
  input,
  output: campaignView,
  example: {
    business_id: EXAMPLE_ID,
    channel_id: EXAMPLE_ID,
    name: "Spring sale",
    template_id: EXAMPLE_ID,
    components: [{ type: "body", parameters: [{ type: "text", text: "{{contact.name}}" }] }],
    audience: { tags: ["regulars"] },
  },
  run: async ({ text, arms, ...given }, { ask, call }) => {
    if (given.template_id !== undefined) {
      const found = await ask<{ template: KnownTemplate }>("find_template_v1", { template_id: given.template_id });
      const versions = arms ? arms.map((arm) => arm.components) : [given.components];
      refuse(versions.flatMap((version) => parameterProblems(found.template, version)));
    }
    const content = text === undefined ? textOf(arms?.[0]?.text) : textOf(text);
    for (const one of [content, ...(arms ?? []).map((arm) => textOf(arm.text))]) {
      refuse(one ? problems(one) : []);
    }
    return call<CampaignView>("create_campaign_v1", {
      ...given,
      content,
      arms: arms?.map((arm) => ({
        name: arm.name,
        weight: arm.weight,
        components: arm.components,
        content: textOf(arm.text),
      })),
    });
  },
});

function refuse(wrong: string[]): void {
  if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join("; "), { problems: wrong });
}

/** What is wrong with one version's parameters; whether the template can be used is looked at when the campaign starts. */
function parameterProblems(template: KnownTemplate, given: Record<string, unknown>[] | undefined): string[] {
  const { name, language } = template;
  const content = { type: "template" as const, name, language, ...(given && { components: given }) };
  return [...problems(content), ...sendProblems(template, given)];
}

function textOf(text: string | undefined): OutgoingContent | undefined {
  return text === undefined ? undefined : { type: "text", text };
}
