import { once } from "node:events";
import { connect } from "node:net";
import { createResponseReader } from "./response-reader.ts";
import type { Webhook } from "./webhooks.ts";

/** One keep-alive connection with one request at a time. */
export interface Connection {
  /** Writes a whole request and resolves with the status of its answer. */
  ask(request: Buffer): Promise<number>;
  close(): void;
}

export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  const reader = createResponseReader();
  let waiting: PromiseWithResolvers<number> | undefined;
  socket.on("data", (chunk) => {
    const status = reader.push(chunk);
    if (status !== undefined) waiting?.resolve(status);
  });
  socket.on("error", (error) => waiting?.reject(error));
  socket.on("close", () => waiting?.reject(new Error("the Worker closed the connection")));
  return {
    ask(request) {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

/** The bytes of a POST with a signed webhook. */
export function requestOf(url: string, { bytes, signature }: Webhook): Buffer {
  const { host, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    `content-length: ${bytes.length}`,
    `x-hub-signature-256: ${signature}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}
