import { z } from "zod";

/**
 * Bodies of `POST /{phone_number_id}/messages`, by `type` (Cloud API reference, "Messages"; limits from the pages of
 * each message type). Strict: a field that Meta would refuse or ignore is a mistake to be seen.
 */
const text = z.strictObject({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() });

const source = { id: z.string().min(1).optional(), link: z.url({ protocol: /^https?$/ }).optional() };
const caption = z.string().max(1024).optional();
function oneSource<T extends { id?: string | undefined; link?: string | undefined }>(media: T): boolean {
  return (media.id === undefined) !== (media.link === undefined);
}
const ONE_SOURCE = { error: "exactly one of id and link is required" };

const replyButton = z.strictObject({
  type: z.literal("reply"),
  reply: z.strictObject({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }),
});
const listRow = z.strictObject({
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(24),
  description: z.string().max(72).optional(),
});
const listSection = z.strictObject({ title: z.string().max(24).optional(), rows: z.array(listRow).min(1).max(10) });
const frame = {
  header: z.looseObject({ type: z.enum(["text", "image", "video", "document"]) }).optional(),
  footer: z.strictObject({ text: z.string().min(1).max(60) }).optional(),
};
const interactive = z.union([
  z.strictObject({
    ...frame,
    type: z.literal("button"),
    body: z.strictObject({ text: z.string().min(1).max(1024) }),
    action: z.strictObject({ buttons: z.array(replyButton).min(1).max(3) }),
  }),
  z.strictObject({
    ...frame,
    type: z.literal("list"),
    body: z.strictObject({ text: z.string().min(1).max(4096) }),
    action: z
      .strictObject({ button: z.string().min(1).max(20), sections: z.array(listSection).min(1).max(10) })
      .refine((action) => action.sections.reduce((rows, section) => rows + section.rows.length, 0) <= 10, {
        error: "at most 10 rows in all sections",
      }),
  }),
  z.looseObject({
    type: z.enum(["cta_url", "flow", "product", "product_list", "catalog_message", "location_request_message"]),
    action: z.looseObject({}),
  }),
]);

const component = z.looseObject({
  type: z.enum(["header", "body", "button", "carousel", "limited_time_offer"]),
  sub_type: z.string().optional(),
  index: z.union([z.string(), z.int()]).optional(),
  parameters: z.array(z.looseObject({ type: z.string() })).optional(),
});
const template = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.strictObject({ code: z.string().min(2), policy: z.literal("deterministic").optional() }),
  components: z.array(component).optional(),
});

const captioned = z.strictObject({ ...source, caption }).refine(oneSource, ONE_SOURCE);
const location = z.strictObject({
  latitude: z.coerce.number().min(-90).max(90),
  longitude: z.coerce.number().min(-180).max(180),
  name: z.string().optional(),
  address: z.string().optional(),
});
const contacts = z.array(z.looseObject({ name: z.looseObject({ formatted_name: z.string() }) })).min(1);

const common = {
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.literal("individual").optional(),
  to: z
    .string()
    .regex(/^\+?[\d\s().-]{5,24}$/)
    .optional(),
  recipient: z.string().optional(),
  context: z.strictObject({ message_id: z.string().startsWith("wamid.") }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
};

/** What the sender needs of a checked body, whatever its type. */
export interface SendBody {
  to?: string | undefined;
  recipient?: string | undefined;
  biz_opaque_callback_data?: string | undefined;
  template?: z.infer<typeof template> | undefined;
}

/** The schema of a whole body by its `type`. */
export const sendSchemas = {
  text: message({ text }),
  image: message({ image: captioned }),
  video: message({ video: captioned }),
  audio: message({ audio: z.strictObject({ ...source, voice: z.boolean().optional() }).refine(oneSource, ONE_SOURCE) }),
  sticker: message({ sticker: z.strictObject(source).refine(oneSource, ONE_SOURCE) }),
  document: message({
    document: z.strictObject({ ...source, caption, filename: z.string().optional() }).refine(oneSource, ONE_SOURCE),
  }),
  template: message({ template }),
  interactive: message({ interactive }),
  reaction: message({ reaction: z.strictObject({ message_id: z.string().startsWith("wamid."), emoji: z.string() }) }),
  location: message({ location }),
  contacts: message({ contacts }),
} satisfies Record<string, z.ZodType<SendBody>>;

export type SendType = keyof typeof sendSchemas;

function message<Content extends z.ZodRawShape>(content: Content) {
  return z.strictObject({ ...common, type: z.string().optional(), ...content });
}

/** Mark as read, optionally showing that an answer is being typed. */
export const readSchema = z.strictObject({
  messaging_product: z.literal("whatsapp"),
  status: z.literal("read"),
  message_id: z.string().startsWith("wamid."),
  typing_indicator: z.strictObject({ type: z.literal("text") }).optional(),
});
