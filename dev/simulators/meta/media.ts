import { createHash, randomInt } from "node:crypto";

export interface MediaFile {
  id: string;
  bytes: Buffer;
  mime_type: string;
  /** Base64, as webhooks give it; Graph's answer has it in hex. */
  sha256: string;
}

export interface Media {
  has(id: string): boolean;
  find(id: string): MediaFile | undefined;
  /** Keeps a file and gives it an id. */
  add(bytes: Buffer, mime_type: string): MediaFile;
  remove(id: string): boolean;
  /** A path from which the file can be fetched for five minutes. */
  link(file: MediaFile, now: number): string;
  /** The file behind such a path; null when the link is unknown or too old. */
  open(id: string, expires: string, now: number): MediaFile | null;
}

const LINK_MS = 5 * 60 * 1000;
const KEPT = 1000;

/** Media files by id; the oldest go when there are more than a thousand. */
export function createMedia(): Media {
  const files = new Map<string, MediaFile>();
  return {
    has: (id) => files.has(id),
    find: (id) => files.get(id),
    add(bytes, mime_type) {
      const id = String(randomInt(1e12, 2e14));
      const file = { id, bytes, mime_type, sha256: createHash("sha256").update(bytes).digest("base64") };
      files.set(id, file);
      for (const oldest of files.keys()) {
        if (files.size <= KEPT) break;
        files.delete(oldest);
      }
      return file;
    },
    remove: (id) => files.delete(id),
    link: (file, now) => `/whatsapp_business/attachments/?mid=${file.id}&ext=${now + LINK_MS}`,
    open(id, expires, now) {
      const until = Number(expires);
      return until > now && until <= now + LINK_MS ? (files.get(id) ?? null) : null;
    },
  };
}
