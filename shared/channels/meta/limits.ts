import type { OutgoingContent } from "../channel.ts";
import { interactiveProblems } from "./limits-interactive.ts";
import { templateProblems } from "./limits-template.ts";
import { tooLong } from "./too-long.ts";

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
/** The longest emoji sequences in use (families, flags of regions) take 14 UTF-16 units. */
const MAX_EMOJI_UNITS = 20;

/**
 * What Meta would refuse about a message, in words for the person who wrote it; empty when nothing is known to be wrong
 * (Meta, Cloud API reference "Messages"). Lengths are in characters. Only what is certain is checked: a local check must
 * not keep back what Meta would take.
 */
export function problems(content: OutgoingContent): string[] {
  switch (content.type) {
    case "text":
      if (content.text.trim() === "") return ["text is empty"];
      return tooLong("text", content.text, MAX_TEXT);
    case "template":
      return templateProblems(content);
    case "interactive":
      return interactiveProblems(content.interactive);
    case "reaction":
      return [
        ...(content.message_id === "" ? ["reaction names no message"] : []),
        ...(content.emoji.length > MAX_EMOJI_UNITS ? ["reaction is more than one emoji"] : []),
      ];
    case "image":
    case "video":
    case "document":
    case "audio":
    case "sticker":
      return mediaProblems(content);
  }
}

function mediaProblems(content: Extract<OutgoingContent, { link?: string }>): string[] {
  const { type, id, link, path, caption, filename } = content;
  const found: string[] = [];
  if ([id, link, path].filter((one) => one !== undefined).length !== 1) {
    found.push("media needs an id, a link or a path, and only one of them");
  }
  if (link !== undefined && !isWebAddress(link)) found.push("link is not an http or https address");
  if (caption !== undefined && (type === "audio" || type === "sticker")) found.push(`${type} cannot have a caption`);
  if (filename !== undefined && type !== "document") found.push("only a document can have a file name");
  return [...found, ...tooLong("caption", caption, MAX_CAPTION)];
}

function isWebAddress(link: string): boolean {
  const url = URL.parse(link);
  return url?.protocol === "https:" || url?.protocol === "http:";
}
