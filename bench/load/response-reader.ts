/** Takes the answers off one keep-alive connection that has one request under way at a time. */
export interface ResponseReader {
  /** @returns the status once the answer is whole, undefined while more must come */
  push(chunk: Buffer): number | undefined;
}

const END_OF_HEAD = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/**
 * HTTP/1.1 answers with a length or in chunks (RFC 9112 §6), nothing else: a fraction of what a whole client costs, and
 * the processor belongs to what is measured.
 */
export function createResponseReader(): ResponseReader {
  let text = "";
  let head: { status: number; length: number | null; start: number } | undefined;
  return {
    push(chunk) {
      // one character a byte, so that lengths in bytes and in characters are the same
      text += chunk.toString("latin1");
      head ??= parseHead(text);
      if (!head) return undefined;
      const body = text.length - head.start;
      const whole = head.length === null ? text.endsWith(LAST_CHUNK) : body >= head.length;
      if (!whole) return undefined;
      const { status } = head;
      text = "";
      head = undefined;
      return status;
    },
  };
}

function parseHead(text: string) {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(head)) {
    throw new Error(`an answer without a length: ${head.slice(0, 200)}`);
  }
  return { status, length: length === undefined ? null : Number(length), start: end + END_OF_HEAD.length };
}
