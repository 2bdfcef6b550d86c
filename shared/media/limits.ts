export type OutgoingMediaType = "image" | "document" | "audio" | "video" | "sticker";

interface Limit {
  bytes: number;
  /** Null: any. */
  types: readonly string[] | null;
}

const MB = 1024 * 1024;

/** Meta, Cloud API, "Supported media types". Whether a sticker moves cannot be told, so the larger bound holds. */
const WHATSAPP: Record<OutgoingMediaType, Limit> = {
  image: { bytes: 5 * MB, types: ["image/jpeg", "image/png"] },
  audio: { bytes: 16 * MB, types: ["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"] },
  video: { bytes: 16 * MB, types: ["video/mp4", "video/3gpp"] },
  document: { bytes: 100 * MB, types: null },
  sticker: { bytes: 500 * 1024, types: ["image/webp"] },
};
/** Twilio, "Accepted content types for media"; carriers may take less. */
const MMS_BYTES = 5 * MB;

/**
 * What the provider would refuse about a file, in words for the person who sends it; empty when nothing is known to be
 * wrong. Only what is certain is checked.
 */
export function fileProblems(
  provider: string,
  type: OutgoingMediaType,
  { mime_type, size_bytes }: { mime_type: string; size_bytes: number },
): string[] {
  if (provider !== "meta") {
    return size_bytes > MMS_BYTES ? [`A file in an MMS may have ${MMS_BYTES / MB} MB at most.`] : [];
  }
  const { bytes, types } = WHATSAPP[type];
  const found: string[] = [];
  if (size_bytes > bytes) found.push(`WhatsApp takes ${type} files of ${inWords(bytes)} at most.`);
  if (types !== null && !types.includes(mime_type)) {
    found.push(`WhatsApp takes ${type} files of the types ${types.join(", ")} only; this one is ${mime_type}.`);
  }
  return found;
}

const inWords = (bytes: number) => (bytes < MB ? `${bytes / 1024} KB` : `${bytes / MB} MB`);
