import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** A file of ours that is to go out. */
export interface FileToSend {
  path: string;
  mime_type: string;
  size_bytes: number;
  sha256: string;
  filename: string;
  /** The provider's id of its copy, where it has one. */
  provider_media_id: string | null;
}

/** Where files that go out come from, and where the providers' ids of them are kept. */
export interface OutgoingFiles {
  find(channel_id: string, path: string): Promise<FileToSend | null>;
  /** The provider's copy, for so many days. */
  remember(channel_id: string, file: FileToSend, provider_media_id: string, days: number): Promise<void>;
  /** The provider does not know its copy any more. */
  forget(channel_id: string, file: FileToSend): Promise<void>;
  /** The bytes; null when they are gone. */
  open(file: FileToSend): Promise<ReadableStream<Uint8Array> | null>;
  /** An address from which a provider can fetch the file for so many seconds; null when we have none. */
  address(file: FileToSend, seconds: number): Promise<string | null>;
}

/** The part of it that Postgres keeps. */
export function rememberedFiles(exec: Exec): Pick<OutgoingFiles, "find" | "remember" | "forget"> {
  return {
    find: (channel_id, path) => call<FileToSend | null>(exec, "media_to_send_v1", { channel_id, path }),
    remember: (channel_id, { sha256, mime_type }, provider_media_id, days) =>
      call(exec, "media_uploaded_v1", { channel_id, sha256, mime_type, provider_media_id, days }),
    forget: (channel_id, { sha256, provider_media_id }) =>
      call(exec, "media_uploaded_v1", { channel_id, sha256, provider_media_id }),
  };
}
