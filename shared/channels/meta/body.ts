import type { OutgoingContent, OutgoingMessage } from "../channel.ts";
import { compact } from "./compact.ts";
import { digits } from "../../phone/spellings.ts";

/**
 * The body of `POST /{phone_number_id}/messages` (Meta, Cloud API reference "Messages"); null when the message has no
 * recipient.
 *
 * `to` always carries "+": without it Meta may put the business's own country code in front (F30). A person who is known
 * by business-scoped user id only goes into `recipient`; of the two, Meta heeds `to`. `biz_opaque_callback_data` is the
 * only thing of ours that comes back in statuses, and a send has no idempotency key, so it always carries the attempt.
 */
export function messageBody(message: OutgoingMessage): Record<string, unknown> | null {
  const { content, to, reply_to, attempt_id } = message;
  const recipient = recipientOf(to);
  if (recipient === null) return null;
  return compact({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    ...recipient,
    type: content.type,
    ...contentBody(content),
    // a reaction names its message itself
    context: reply_to && content.type !== "reaction" ? { message_id: reply_to } : undefined,
    biz_opaque_callback_data: attempt_id,
  });
}

function recipientOf({ phone, bsuid }: OutgoingMessage["to"]): { to: string } | { recipient: string } | null {
  const number = digits(phone ?? undefined);
  if (number !== undefined) return { to: `+${number}` };
  return bsuid ? { recipient: bsuid } : null;
}

function contentBody(content: OutgoingContent): Record<string, unknown> {
  switch (content.type) {
    case "text":
      return { text: { body: content.text, preview_url: content.preview_url ?? false } };
    case "template": {
      const { name, language, components } = content;
      return { template: compact({ name, language: { policy: "deterministic", code: language }, components }) };
    }
    case "interactive":
      return { interactive: content.interactive };
    case "reaction":
      return { reaction: { message_id: content.message_id, emoji: content.emoji } };
    case "image":
    case "video":
    case "document":
    case "audio":
    case "sticker":
      return { [content.type]: mediaBody(content) };
  }
}

/** Audio and stickers have no caption, and only documents have a file name: Meta refuses fields it does not know. */
function mediaBody(content: Extract<OutgoingContent, { link?: string }>): Record<string, unknown> {
  const { type, id, link, caption, filename } = content;
  const captioned = type === "image" || type === "video" || type === "document";
  return compact({
    ...(id === undefined ? { link } : { id }),
    caption: captioned ? caption : undefined,
    filename: type === "document" ? filename : undefined,
  });
}
