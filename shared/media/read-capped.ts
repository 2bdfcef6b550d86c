/**
 * The bytes of a stream, or null when there are more than `limit`. They are counted while reading, after any
 * decompression, and the rest is not read.
 *
 * @throws what the stream throws when it breaks off.
 */
export async function readCapped(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = stream?.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (; reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
