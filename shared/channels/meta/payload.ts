import * as z from "zod";

/*
 * Shapes of Meta's webhook items, as wide as Meta is: only what an event cannot do without is required, every other
 * field that is null or of another type counts as absent, and unknown fields pass. Sources: Meta, "Webhooks reference:
 * messages" and the schemas of its OpenAPI description v23.0; business-scoped user ids from its page of that name.
 */

/** Provider ids end up in unique indexes, whose rows have a size limit. */
const id = z.string().min(1).max(512);
/** An absent, empty or odd text is no text. */
const text = z.string().min(1).optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const list = z.array(z.unknown()).min(1).optional().catch(undefined);
const part = <S extends z.ZodRawShape>(shape: S) => z.looseObject(shape).optional().catch(undefined);

/** Unix seconds, which Meta writes as text or as a number, up to the year 9999. */
export const seconds = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,12}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().min(1).max(253_402_300_799));

const media = part({
  id: text,
  url: text,
  mime_type: text,
  sha256: text,
  filename: text,
  caption: text,
  voice: z.boolean().optional().catch(undefined),
});

const choice = part({ id: text, title: text });

const content = {
  type: text,
  context: part({ id: text }),
  errors: list,
  text: part({ body: text }),
  image: media,
  document: media,
  audio: media,
  voice: media,
  video: media,
  sticker: media,
  location: part({ latitude: number, longitude: number, name: text, address: text }),
  contacts: list,
  reaction: part({ message_id: text, emoji: text }),
  button: part({ text, payload: text }),
  interactive: part({
    type: text,
    button_reply: choice,
    list_reply: choice,
    nfm_reply: part({ body: text, response_json: text }),
    call_permission_reply: part({ response: text }),
  }),
  order: part({ text, product_items: list }),
  unsupported: part({ type: text }),
};

/** What a message says, without who sent it: also the new content inside an edit. */
export const messageContent = z.looseObject(content);

export const message = z.looseObject({
  ...content,
  id,
  timestamp: seconds,
  from: text,
  from_user_id: text,
  from_parent_user_id: text,
  to: text,
  to_user_id: text,
  to_parent_user_id: text,
  group_id: text,
  system: part({
    type: text,
    body: text,
    wa_id: text,
    new_wa_id: text,
    user_id: text,
    parent_user_id: text,
    previous_user_id: text,
    previous_parent_user_id: text,
  }),
  edit: part({ original_message_id: id, message: messageContent }),
  revoke: part({ original_message_id: id }),
});

export const status = z.looseObject({
  id,
  status: id,
  timestamp: seconds,
  recipient_type: text,
  recipient_id: text,
  recipient_user_id: text,
  recipient_parent_user_id: text,
  biz_opaque_callback_data: text,
  pricing: part({}),
  errors: list,
});

export const itemError = z.looseObject({
  code: z.union([z.number(), z.string()]),
  title: text,
  message: text,
  error_data: part({ details: text }),
});

/** Who is behind the change's messages; may lack any of its fields. */
export const contact = z.looseObject({
  wa_id: text,
  user_id: text,
  parent_user_id: text,
  profile: part({ name: text, username: text }),
});

/** One element of `user_id_update`: an identity change that came as a field of its own. */
export const userIdUpdate = z.looseObject({
  wa_id: text,
  detail: text,
  timestamp: seconds,
  user_id: z.looseObject({ previous: id, current: id }),
  parent_user_id: part({ previous: text, current: text }),
});

export const metadata = z.looseObject({ phone_number_id: id, display_phone_number: text });

/** A person inside a shared contact card. */
export const card = z.looseObject({
  name: part({ formatted_name: text, first_name: text }),
  phones: z
    .array(part({ phone: text }))
    .optional()
    .catch(undefined),
});

export const orderLine = z.looseObject({
  product_retailer_id: text,
  quantity: number,
  item_price: number,
  currency: text,
});

export type Message = z.infer<typeof message>;
export type MessageContent = z.infer<typeof messageContent>;
export type Contact = z.infer<typeof contact>;

/** One element of `user_preferences[]`. Only the category of marketing messages exists so far. */
export const preference = z.looseObject({
  wa_id: text,
  user_id: text,
  category: z.literal("marketing_messages"),
  value: z.enum(["stop", "resume", "signup"]),
  timestamp: seconds,
});
