import { sha256Hex } from "../crypto/digest.ts";
import type { Sink } from "./keep.ts";

/** For tests: keeps a file in memory. `kept` is null until it is committed. */
export function memorySink(): Sink & { kept: () => Uint8Array | null } {
  let bytes = new Uint8Array();
  let kept: Uint8Array | null = null;
  return {
    async write(piece) {
      const longer = new Uint8Array(bytes.byteLength + piece.byteLength);
      longer.set(bytes);
      longer.set(piece, bytes.byteLength);
      bytes = longer;
    },
    digest: () => sha256Hex(bytes),
    async commit() {
      kept = bytes;
    },
    async abort() {
      bytes = new Uint8Array();
    },
    kept: () => kept,
  };
}
