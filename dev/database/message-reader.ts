import type { Readable } from "node:stream";
import { takeFirstMessage, takeMessage, type FirstMessage, type Message } from "./wire.ts";

/** Reads a client's messages one at a time; undefined when the client is gone. */
export interface MessageReader {
  first(): Promise<FirstMessage | undefined>;
  next(): Promise<Message | undefined>;
}

export function readMessages(stream: Readable): MessageReader {
  const chunks: AsyncIterator<Buffer> = stream.iterator();
  let buffer: Buffer = Buffer.alloc(0);

  const take = async <T>(
    parse: (bytes: Buffer) => { message: T; rest: Buffer } | undefined,
  ): Promise<T | undefined> => {
    for (;;) {
      const taken = parse(buffer);
      if (taken) {
        buffer = taken.rest;
        return taken.message;
      }
      const chunk = await chunks.next();
      if (chunk.done) return undefined;
      buffer = Buffer.concat([buffer, chunk.value]);
    }
  };
  return { first: () => take(takeFirstMessage), next: () => take(takeMessage) };
}
