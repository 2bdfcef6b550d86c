/** Bytes of UTF-8 kept of one message's text: far above what a provider allows, so that a longer one is kept too. */
export const MAX_TEXT_BYTES = 100 * 1024;

const encoder = new TextEncoder();

/** The beginning of a text that fits into `bytes` of UTF-8, never cutting a character in two. */
export function limitText(text: string, bytes: number = MAX_TEXT_BYTES): string {
  // a UTF-16 unit never takes more than three bytes
  if (text.length * 3 <= bytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes));
  return read < text.length ? text.slice(0, read) : text;
}
