import type { OutgoingContent } from "../channels/channel.ts";
import { sendProblems } from "./send-problems.ts";
import type { TemplateShape } from "./template.ts";

/** A template of the catalogue, as commands are told of it. */
export interface KnownTemplate extends TemplateShape {
  name: string;
  language: string;
  status: string;
  status_reason: string | null;
}

/** Before a message is written down: why it cannot be made from this template now, for a person to read; empty when it can. */
export function templateRefusals(
  { template, known }: { template: KnownTemplate | null; known: boolean },
  content: Extract<OutgoingContent, { type: "template" }>,
): string[] {
  const { name, language, components } = content;
  if (!template) {
    return known
      ? [`There is no template "${name}" in the language ${language}. If it is new, run sync-templates.`]
      : [];
  }
  if (template.status !== "APPROVED") {
    const why = template.status_reason === null ? "" : ` (${template.status_reason})`;
    return [`The template "${name}" is ${template.status.toLowerCase().replaceAll("_", " ")} at Meta${why}.`];
  }
  return sendProblems(template, components);
}
