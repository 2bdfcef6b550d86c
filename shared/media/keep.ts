import { failed, lost } from "./open.ts";
import type { MediaFailure, OpenedMedia } from "./open.ts";
import { sniff } from "./sniff.ts";

/** Where a file's bytes go. Nothing is there before `commit`, and nothing after `abort`. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  /** SHA-256 of all that was written, in lower-case hex. Nothing is written after it. */
  digest(): Promise<string>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface Kept {
  state: "kept";
  size_bytes: number;
  /** By the first bytes. */
  mime_type: string;
  /** Whether the bytes contradict the declared type. */
  mismatch: boolean;
  sha256: string;
}

/** As much as any signature needs. */
const HEAD_BYTES = 64;

/**
 * Carries an opened file into a sink, piece by piece: its memory is the sink's. Reading stops at `max_bytes`, whatever
 * length was promised, and a file that is not the one its provider has named is not kept (F23).
 * @throws what the sink throws
 */
export async function keep(opened: OpenedMedia, open: () => Sink, max_bytes: number): Promise<Kept | MediaFailure> {
  if (opened.state === "failed") return opened;
  const sink = open();
  const reader = opened.body.getReader();
  const head = new Uint8Array(HEAD_BYTES);
  let size = 0;
  const stop = async (failure: MediaFailure) => {
    await Promise.allSettled([reader.cancel(), sink.abort()]);
    return failure;
  };
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch (error) {
      return stop(lost(error));
    }
    if (piece.done) break;
    const bytes = piece.value;
    if (size < HEAD_BYTES) head.set(bytes.subarray(0, HEAD_BYTES - size), size);
    size += bytes.byteLength;
    if (size > max_bytes) return stop(failed(`file: longer than ${max_bytes} bytes`, false));
    await sink.write(bytes);
  }
  const sha256 = await sink.digest();
  if (size === 0) return stop(failed("file: empty", true));
  if (opened.sha256 !== null && opened.sha256 !== sha256) {
    return stop(failed("file: not the one that the provider has named (SHA-256)", true));
  }
  await sink.commit();
  const found = sniff(head.subarray(0, Math.min(size, HEAD_BYTES)), opened.declared_type);
  return { state: "kept", size_bytes: size, sha256, ...found };
}
