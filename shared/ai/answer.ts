import * as z from "zod";
import type { Answer } from "./model.ts";
import { isStorable } from "./text.ts";

/** Longest text message of WhatsApp (Cloud API, `text.body`), in UTF-16 units. */
export const REPLY_LIMIT = 4096;
const INTENT_LIMIT = 100;
const REASON_LIMIT = 500;

export type ParsedAnswer =
  | { ok: true; answer: Answer }
  /** `problem` is written for the model. `reply` is the reply of a whole JSON object, null when there is none to show. */
  | { ok: false; problem: string; reply: string | null };

const storable = z.string().refine(isStorable, "must not contain U+0000 or half a surrogate pair");

/** A remark that no decision hangs on: absent is null, too long is shortened. */
const remark = (limit: number) =>
  storable.nullish().transform((text) => [...(text ?? "").trim()].slice(0, limit).join("") || null);

/** Rounded down, so that comparing the stored whole number with a threshold gives what comparing the original would (F55). */
const confidence = z
  .number()
  .min(0)
  .max(100)
  // A share of one is not rescaled: 0.85 could as well mean nearly nothing, and guessing wrong sends a bad reply.
  .refine((value) => value === 0 || value >= 1, "must be on the scale of 0 to 100, not 0 to 1")
  .transform(Math.floor);

/** What the model must return; see `Answer`. Descriptive fields are forgiven, those that decide are not (F54). */
export const answerSchema = z
  .object({
    reply: storable
      .max(REPLY_LIMIT, `must be at most ${REPLY_LIMIT} characters`)
      .nullish()
      .transform((text) => text ?? ""),
    action: z.enum(["reply", "none", "handoff"]),
    confidence,
    grounding: z.enum(["given", "no_claim", "inferred"]),
    intent: remark(INTENT_LIMIT),
    sentiment: z
      .number()
      .nullish()
      .transform((value) => (value == null ? null : Math.max(-1, Math.min(1, value)))),
    language: z.string().nullish().transform(languageTag),
    needs_human: z.boolean(),
    needs_human_reason: remark(REASON_LIMIT),
  })
  .refine(({ action, reply }) => action !== "reply" || reply.trim() !== "", {
    path: ["reply"],
    message: 'must not be empty when action is "reply"',
  }) satisfies z.ZodType<Answer>;

/** Reads the model's text. Never throws, whatever the text (F54). */
export function parseAnswer(text: string): ParsedAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: "The output is not valid JSON.", reply: null };
  }
  const parsed = answerSchema.safeParse(json);
  if (parsed.success) return { ok: true, answer: parsed.data };
  const problem = parsed.error.issues
    .map(({ path, message }) => `${path.join(".") || "output"}: ${message}`)
    .join("; ");
  return { ok: false, problem, reply: readableReply(json) };
}

function readableReply(json: unknown): string | null {
  const reply = z.object({ reply: storable }).safeParse(json);
  return reply.success && reply.data.reply.trim() !== "" ? reply.data.reply : null;
}

function languageTag(text: string | null | undefined): string | null {
  try {
    return Intl.getCanonicalLocales(text ?? [])[0] ?? null;
  } catch {
    return null;
  }
}
