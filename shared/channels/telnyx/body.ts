import type { OutgoingContent, OutgoingMessage } from "../channel.ts";
import { ATTEMPT_PARAMETER } from "./statuses.ts";

export interface Sender {
  /** Our number, E.164. */
  from: string;
  /** Where webhooks about sent messages go, without the attempt; the messaging profile's own address when left out. */
  webhook_url?: string | undefined;
}

/**
 * The body of `POST /v2/messages` (Telnyx, "Send a message"), or why there can be none.
 *
 * A send has no idempotency key and nothing of ours comes back in webhooks but the address they go to, so that one
 * carries the attempt: a message whose answer was lost is known again by its first status (F69).
 */
export function messageBody(message: OutgoingMessage, { from, webhook_url }: Sender): Record<string, unknown> | string {
  const to = message.to.phone;
  if (!to) return "no phone";
  const content = contentBody(message.content);
  if (typeof content === "string") return content;
  return {
    from,
    to: to.startsWith("+") ? to : `+${to}`,
    ...content,
    ...(webhook_url !== undefined && { webhook_url: withAttempt(webhook_url, message.attempt_id) }),
  };
}

function contentBody(content: OutgoingContent): Record<string, unknown> | string {
  switch (content.type) {
    case "text":
      return { text: content.text };
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker": {
      if (content.link === undefined) return "media without a link";
      return { media_urls: [content.link], ...(content.caption !== undefined && { text: content.caption }) };
    }
    case "template":
    case "interactive":
    case "reaction":
      return `${content.type} over SMS`;
  }
}

function withAttempt(webhook_url: string, attempt_id: string): string {
  const url = new URL(webhook_url);
  url.searchParams.set(ATTEMPT_PARAMETER, attempt_id);
  return url.href;
}
