import type { PromptMessage } from "../ai/index.ts";

/** The customer's first text of each stretch between two lines of ours, oldest first: what the loop guard compares (F60). */
export function openers(messages: PromptMessage[]): string[] {
  const texts: string[] = [];
  let open = false;
  for (const { direction, type, content } of messages) {
    if (direction === "outbound") {
      open = false;
    } else if (!open && type === "text") {
      texts.push(content);
      open = true;
    }
  }
  return texts;
}
