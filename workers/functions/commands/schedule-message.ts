import * as z from "zod";
import { ServiceError } from "../../../shared/errors.ts";
import { toContent, toText } from "../../../shared/sending/content.ts";
import { cleanText } from "../../../shared/text/clean.ts";
import { command } from "../command.ts";
import { contentProblems, namedTemplate } from "../content-problems.ts";
import { scheduledView } from "../scheduled-view.ts";
import type { ScheduledView } from "../scheduled-view.ts";

const YEAR_SECONDS = 365 * 24 * 3600;

export const scheduleMessage = command({
  name: "schedule-message",
  description:
    "Writes a message that leaves later. It is held when the customer writes before, or falls away as a follow-up that nobody needs any more.",
  scope: "write",
  input: z
    .strictObject({
      conversation_id: z.uuid(),
      due_at: z.iso
        .datetime({ offset: true })
        .optional()
        .describe("With its offset, so that no change of clocks makes it unclear."),
      after_seconds: z
        .int()
        .min(1)
        .max(YEAR_SECONDS)
        .optional()
        .describe("From now, in the place of due_at: a follow-up."),
      content: z.string().transform(cleanText).optional(),
      template: namedTemplate.optional(),
      interactive: z.record(z.string(), z.unknown()).optional(),
      fallback_template: namedTemplate.optional().describe("Sent in its place where the window has closed by then."),
      on_reply: z
        .enum(["hold", "cancel", "send"])
        .default("hold")
        .describe(
          "When the customer has written before it is due: a person decides, it falls away, or it is sent all the same.",
        ),
      idempotency_key: z.string().min(1).max(255).optional(),
    })
    .refine(
      ({ due_at, after_seconds }) => (due_at === undefined) !== (after_seconds === undefined),
      "give due_at or after_seconds",
    )
    .refine(
      ({ content, template: one, interactive }) =>
        [content, one, interactive].filter((part) => part !== undefined).length === 1,
      "give exactly one of content, template, interactive",
    ),
  output: scheduledView,
  example: {
    conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    after_seconds: 86_000,
    content: "Is there anything else that we can do for you?",
    on_reply: "cancel",
  },
  run: async (given, caller) => {
    const { conversation_id, content, template: own, interactive, fallback_template, ...rest } = given;
    const payload = toContent({ content, template: own, interactive });
    const fallback = fallback_template && toContent({ template: fallback_template });
    for (const one of fallback ? [payload, fallback] : [payload]) {
      const wrong = await contentProblems(conversation_id, one, caller);
      if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join(" "), { problems: wrong });
    }
    return caller.call<ScheduledView>("schedule_message_v1", {
      ...rest,
      conversation_id,
      type: payload.type,
      content: toText(payload),
      payload,
      fallback,
    });
  },
});
