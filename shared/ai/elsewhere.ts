import { asData } from "./text.ts";
import { describeMessage } from "./transcript.ts";
import type { PromptMessage } from "./transcript.ts";

/** A line with the same person on another channel. */
export interface ElsewhereMessage extends PromptMessage {
  platform: string;
  /** Unix seconds. */
  at: number;
}

const LINE_LIMIT = 300;
const NAMES: Record<string, string> = { whatsapp: "WhatsApp", sms: "SMS", voice: "phone" };

/** What was said with the customer on other channels, a line each, for the model to know of; empty when nothing was. */
export function describeElsewhere(messages: readonly ElsewhereMessage[]): string {
  const lines = messages.flatMap((message) => {
    const text = describeMessage(message);
    if (text === null) return [];
    const at = new Date(message.at * 1000).toISOString().slice(0, 16).replace("T", " ");
    const who = message.direction === "inbound" ? "customer" : "business";
    return [`${at}, ${NAMES[message.platform] ?? "another channel"}, ${who}: ${asData(text, LINE_LIMIT)}`];
  });
  return lines.join("\n");
}
