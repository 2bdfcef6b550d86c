const PRIME = 0x01000193;
const OFFSETS = [0x811c9dc5, 0x9747b28c];

/**
 * Sixteen hex digits that tell two texts apart: FNV-1a over the UTF-16 units, in two lanes of 32 bits.
 * Synchronous, so that a prompt can be built without waiting; it names a version and protects nothing.
 */
export function fingerprint(text: string): string {
  return OFFSETS.map((offset) => {
    let hash = offset;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      hash = Math.imul(hash ^ (unit & 0xff), PRIME);
      hash = Math.imul(hash ^ (unit >>> 8), PRIME);
    }
    return (hash >>> 0).toString(16).padStart(8, "0");
  }).join("");
}
