import { limitText } from "../../text/limit.ts";
import type { Media } from "../events.ts";
import { compact } from "./compact.ts";
import type { Found } from "./content.ts";
import type { MessageContent } from "./payload.ts";

const MEDIA_TYPES = ["image", "document", "audio", "voice", "video", "sticker"] as const;
type MediaType = (typeof MEDIA_TYPES)[number];

export function isMediaType(type: string): type is MediaType {
  return (MEDIA_TYPES as readonly string[]).includes(type);
}

/**
 * A file with its caption. When the message carries `errors`, Meta could not fetch the file: the text stands, and
 * without a media id nobody will try to download it. The older platform's `voice` is an audio.
 */
export function mediaContent(message: MessageContent, type: MediaType): Found {
  const file = message[type];
  const failed = message.errors !== undefined;
  const label = labelOf(type, file?.voice, file?.filename) + (failed ? ", not available" : "");
  const content = file?.caption === undefined ? `[${label}]` : `[${label}] ${file.caption}`;
  const found: Found = { type: type === "voice" ? "audio" : type, content };
  if (file === undefined || failed) return found;
  const { id, url, mime_type, sha256, filename } = file;
  const media: Media = compact({ id, url, mime_type, sha256, filename });
  return { ...found, media };
}

function labelOf(type: MediaType, voice: boolean | undefined, filename: string | undefined): string {
  if (type === "voice" || (type === "audio" && voice === true)) return "voice message";
  return filename === undefined ? type : `${type}: ${limitText(filename, 256)}`;
}
