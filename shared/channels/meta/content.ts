import type { MessageEvent } from "../events.ts";
import { limitText } from "../../text/limit.ts";
import { compact } from "./compact.ts";
import { contactsText, locationText, orderText } from "./content-cards.ts";
import { interactiveContent } from "./content-interactive.ts";
import { isMediaType, mediaContent } from "./content-media.ts";
import type { MessageContent } from "./payload.ts";

export type Content = Pick<MessageEvent, "type" | "content" | "media" | "reply_to" | "wakes">;

/** What one reader of a type found: `silent` content asks for no answer. */
export interface Found {
  type: string;
  content: string;
  media?: MessageEvent["media"];
  reply_to?: string | undefined;
  silent?: boolean;
}

/**
 * What a person (and the model) reads of a message, whatever its type; the rest stays in `raw`. Types that we do not know
 * and those that Meta itself calls unsupported say so in words, so that nobody answers an empty line (F13).
 */
export function contentOf(message: MessageContent): Content {
  const found = find(message);
  return compact({
    type: found.type,
    content: limitText(found.content),
    media: found.media,
    reply_to: found.reply_to ?? message.context?.id,
    wakes: found.silent !== true,
  });
}

function find(message: MessageContent): Found {
  const type = message.type ?? "unsupported";
  if (isMediaType(type)) return mediaContent(message, type);
  switch (type) {
    case "text":
      return { type, content: readable(message.text?.body) ?? "[empty message]" };
    case "location":
      return { type, content: locationText(message.location) };
    case "contacts":
      return { type, content: contactsText(message.contacts ?? []) };
    case "order":
      return { type, content: orderText(message.order) };
    case "reaction":
      // a removed reaction has no emoji, or an empty one
      return { type, content: message.reaction?.emoji ?? "", reply_to: message.reaction?.message_id, silent: true };
    case "button":
      return { type, content: readable(message.button?.text) ?? message.button?.payload ?? "[button]" };
    case "interactive":
      return interactiveContent(message.interactive) ?? unsupported(message, type);
    case "media_placeholder":
      return { type, content: "[media]", silent: true };
    default:
      return unsupported(message, type);
  }
}

function unsupported(message: MessageContent, type: string): Found {
  const what = message.unsupported?.type ?? (type === "unsupported" || type === "unknown" ? undefined : type);
  const content = what === undefined ? "[unsupported message]" : `[unsupported message: ${limitText(what, 64)}]`;
  return { type: type === "unknown" ? "unsupported" : limitText(type, 64), content, silent: true };
}

function readable(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
