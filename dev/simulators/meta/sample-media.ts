import type { Media } from "./media.ts";

/** The smallest file of each kind that passes for one. */
const SAMPLES: Record<string, { mime_type: string; base64: string }> = {
  image: {
    mime_type: "image/png",
    base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  },
  sticker: { mime_type: "image/webp", base64: "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==" },
  document: { mime_type: "application/pdf", base64: Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64") },
  audio: { mime_type: "audio/ogg; codecs=opus", base64: Buffer.from("OggS").toString("base64") },
  video: { mime_type: "video/mp4", base64: Buffer.from("\0\0\0\x18ftypmp42").toString("base64") },
};

export interface SampleMediaOptions {
  media: Media;
  clock: () => number;
  base_url: () => string;
}

/** A media message without an id gets a small file of its kind, which can then be looked up and downloaded. */
export function withSampleMedia(
  message: Record<string, unknown>,
  options: SampleMediaOptions,
): Record<string, unknown> {
  const type = String(message.type);
  const sample = SAMPLES[type];
  const content = message[type];
  if (!sample || (typeof content === "object" && content !== null && "id" in content)) return message;
  const file = options.media.add(Buffer.from(sample.base64, "base64"), sample.mime_type);
  return {
    ...message,
    [type]: {
      mime_type: file.mime_type,
      sha256: file.sha256,
      id: file.id,
      url: options.base_url() + options.media.link(file, options.clock()),
      ...(typeof content === "object" && content),
    },
  };
}
