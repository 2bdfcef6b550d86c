import { z } from "zod";
import { DELIVERY_KINDS, TRANSPORT_KINDS } from "../server/fault-book.ts";
import { checked, provider, sender } from "./input.ts";

export const requestsQuery = z.strictObject({
  provider: provider.optional(),
  /** An id, unix milliseconds, or an ISO time. Ids count from one, so that thirteen digits are a time. */
  since: z
    .union([
      z
        .string()
        .regex(/^\d{13}$/)
        .transform((at) => ({ at: Number(at) })),
      z
        .string()
        .regex(/^\d+$/)
        .transform((id) => ({ id: Number(id) })),
      z.iso.datetime({ offset: true }).transform((time) => ({ at: Date.parse(time) })),
    ])
    .optional(),
});

export const inboundBody = z
  .strictObject({
    provider: sender,
    from: z.string().min(1).optional(),
    to: z.string().min(1).optional(),
    text: z.string().optional(),
    raw: z.unknown().optional(),
    copies: z.int().min(1).max(1000).optional(),
    name: z.string().optional(),
  })
  .refine((body) => (body.text === undefined) !== (body.raw === undefined), {
    path: ["text"],
    error: "exactly one of text and raw is required",
  })
  .refine((body) => body.provider !== "ultravox" || body.raw !== undefined, {
    path: ["raw"],
    error: "required: Ultravox tells of calls, and a call is made by telnyx-voice",
  })
  .refine((body) => body.text === undefined || body.from !== undefined, {
    path: ["from"],
    error: "required with text",
  });

const scriptEntry = z
  .strictObject({
    reply: z.string().optional(),
    confidence: z.number().optional(),
    grounding: z.string().optional(),
    intent: z.string().nullable().optional(),
    action: z.string().optional(),
    sentiment: z.number().nullable().optional(),
    language: z.string().nullable().optional(),
    needs_human: z.boolean().optional(),
    needs_human_reason: z.string().nullable().optional(),
    delay_ms: z.number().min(0).optional(),
    finishReason: z.string().optional(),
    raw: z.unknown().optional(),
    times: z.int().min(1).optional(),
  })
  .refine((entry) => entry.raw !== undefined || entry.finishReason !== undefined || entry.reply !== undefined, {
    path: ["reply"],
    error: "required unless raw or finishReason is given",
  })
  .refine((entry) => entry.reply === undefined || entry.confidence !== undefined, {
    path: ["confidence"],
    error: "required with reply",
  });
const script = z.array(scriptEntry).min(1);

/** One entry or a script of them. Told apart first, so that a complaint names the field and not the alternatives. */
export function modelBody(body: unknown): z.infer<typeof script> {
  return checked(script, Array.isArray(body) ? body : [body]);
}

export const faultBody = z.strictObject({
  provider,
  operation: z.enum(["send", "status", "model", "media", "any"]),
  kind: z.enum([...TRANSPORT_KINDS, ...DELIVERY_KINDS]),
  value: z.union([z.number(), z.string()]).optional(),
  rate: z.number().min(0).max(1).optional(),
  count: z.int().min(1).optional(),
  seed: z.int().optional(),
});

export const numberBody = z.strictObject({
  phone_number_id: z.string().regex(/^\d+$/),
  display_phone_number: z.string().regex(/\d/),
  waba_id: z.string().regex(/^\d+$/),
  access_token: z.string().min(1),
});

const ownNumber = z.string().regex(/^\+[1-9]\d{6,14}$/);

/** An account at a provider whose customers each bring their own. */
export const accountBody = z.discriminatedUnion("provider", [
  z.strictObject({
    provider: z.enum(["telnyx", "ultravox"]),
    api_key: z.string().min(1),
    /** A number of Telnyx's that belongs to it; its webhooks reach nobody. */
    number: ownNumber.optional(),
  }),
  z.strictObject({
    provider: z.literal("twilio"),
    account_sid: z.string().regex(/^AC[0-9a-f]{32}$/),
    auth_token: z.string().min(1),
    number: ownNumber.optional(),
  }),
]);

export const postgresBody = z.strictObject({ state: z.enum(["up", "down", "slow"]), ms: z.number().min(0).optional() });

export const cronBody = z.strictObject({ cron: z.string().min(1) });
