/** A value in an object's storage may have 2 MB in production (Cloudflare, "Durable Objects limits"); the local runtime takes more. */
export const PIECE_BYTES = 1024 * 1024;

/** Cuts bytes into pieces of `size` at most; no bytes are one empty piece. */
export function cut(bytes: Uint8Array, size = PIECE_BYTES): Uint8Array[] {
  const pieces = [bytes.slice(0, size)];
  for (let at = size; at < bytes.byteLength; at += size) pieces.push(bytes.slice(at, at + size));
  return pieces;
}

/** The bytes that were cut, from their pieces in order. */
export function join(pieces: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
