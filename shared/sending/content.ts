import type { OutgoingContent } from "../channels/channel.ts";
import { ServiceError } from "../errors.ts";

type MediaType = "image" | "document" | "audio" | "video" | "sticker";

/** What a caller may give; exactly one kind of content, with `content` as text or caption. */
export interface Parts {
  content?: string | undefined;
  media?:
    | {
        type: MediaType;
        id?: string | undefined;
        link?: string | undefined;
        path?: string | undefined;
        filename?: string | undefined;
      }
    | undefined;
  template?: { name: string; language: string; components?: unknown[] | undefined } | undefined;
  interactive?: Record<string, unknown> | undefined;
  reaction?: { message_id: string; emoji: string } | undefined;
}

/** The message to send, in the shape that every provider's adapter takes. */
export function toContent({ content, media, template, interactive, reaction }: Parts): OutgoingContent {
  if (media) return withoutUndefined({ ...media, caption: content || undefined }) as OutgoingContent;
  if (template) return withoutUndefined({ type: "template", ...template }) as OutgoingContent;
  if (interactive) return { type: "interactive", interactive };
  if (reaction) return { type: "reaction", ...reaction };
  if (content !== undefined) return { type: "text", text: content };
  throw new ServiceError("invalid_input", "There is nothing to send.");
}

/** What a person reads in the thread for it. */
export function toText(content: OutgoingContent): string {
  switch (content.type) {
    case "text":
      return content.text;
    case "template":
      return `[template ${content.name}]`;
    case "interactive":
      return bodyText(content.interactive) ?? "[interactive message]";
    case "reaction":
      return content.emoji;
    default:
      return content.caption ?? `[${content.type}]`;
  }
}

function bodyText(interactive: Record<string, unknown>): string | null {
  const { body } = interactive;
  if (typeof body !== "object" || body === null || !("text" in body)) return null;
  return typeof body.text === "string" ? body.text : null;
}

function withoutUndefined(parts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}
