import { toHex } from "../../shared/crypto/hex.ts";
import type { Sink } from "../../shared/media/keep.ts";

/** R2's least for every part but the last. */
const PART_BYTES = 5 * 1024 * 1024;

/** Writes a file into a bucket with the memory of one part, whatever its length. */
export function r2Sink(bucket: R2Bucket, key: string): Sink {
  const hash = new crypto.DigestStream("SHA-256");
  const hashing = hash.getWriter();
  const parts: R2UploadedPart[] = [];
  let upload: R2MultipartUpload | null = null;
  let part = new Uint8Array(64 * 1024);
  let filled = 0;

  /** A small file needs no part of full length. */
  const makeRoom = (more: number) => {
    const needed = Math.min(PART_BYTES, filled + more);
    if (needed <= part.byteLength) return;
    const larger = new Uint8Array(Math.min(PART_BYTES, Math.max(needed, 2 * part.byteLength)));
    larger.set(part.subarray(0, filled));
    part = larger;
  };
  // by the part, for streams come in pieces of a few kilobytes
  const hashPart = () => hashing.write(part.subarray(0, filled));
  const sendPart = async () => {
    upload ??= await bucket.createMultipartUpload(key);
    parts.push(await upload.uploadPart(parts.length + 1, part.subarray(0, filled)));
    filled = 0;
  };

  return {
    async write(bytes) {
      for (let rest = bytes; rest.byteLength > 0;) {
        if (filled === PART_BYTES) {
          await hashPart();
          await sendPart();
        }
        makeRoom(rest.byteLength);
        const now = rest.subarray(0, part.byteLength - filled);
        part.set(now, filled);
        filled += now.byteLength;
        rest = rest.subarray(now.byteLength);
      }
    },
    async digest() {
      await hashPart();
      await hashing.close();
      return toHex(new Uint8Array(await hash.digest));
    },
    async commit() {
      if (upload === null) {
        await bucket.put(key, part.subarray(0, filled));
        return;
      }
      if (filled > 0) await sendPart();
      await upload.complete(parts);
    },
    async abort() {
      await upload?.abort();
    },
  };
}
