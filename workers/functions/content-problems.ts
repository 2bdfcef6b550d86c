import * as z from "zod";
import { problems } from "../../shared/channels/meta/index.ts";
import type { OutgoingContent } from "../../shared/channels/channel.ts";
import { templateRefusals } from "../../shared/templates/check.ts";
import type { Caller } from "./command.ts";

/** A template as a message names it. */
export const namedTemplate = z.strictObject({
  name: z.string(),
  language: z.string(),
  components: z.array(z.unknown()).optional(),
});

/** Why a message cannot be sent in this conversation, before it is written down; empty when nothing is known to be wrong. */
export async function contentProblems(
  conversation_id: string,
  content: OutgoingContent,
  { ask }: Pick<Caller, "ask">,
): Promise<string[]> {
  const wrong = problems(content);
  if (content.type !== "template" || wrong.length > 0) return wrong;
  const { name, language } = content;
  return templateRefusals(await ask("find_template_v1", { conversation_id, name, language }), content);
}
