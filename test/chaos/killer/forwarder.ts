import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Steps } from "./steps.ts";

/** Stands between the Worker and the providers' simulators, and takes a step on both sides of every call. */
export interface Forwarder {
  url: string;
  close(): void;
}

const HOP_BY_HOP = new Set(["host", "connection", "content-length", "transfer-encoding", "expect"]);

export async function startForwarder(to: string, steps: Steps): Promise<Forwarder> {
  const server = createServer((request, response) => {
    // a call that the strike cut: whoever still listens sees the connection break
    forward(request, response, to, steps).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the forwarder has no TCP address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function forward(request: IncomingMessage, response: ServerResponse, to: string, steps: Steps): Promise<void> {
  const path = request.url ?? "/";
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const call = providerCall(path, body);
  await steps.take({ side: "before", kind: "provider", call });
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || HOP_BY_HOP.has(name) ? [] : [[name, String(value)]],
  );
  const { method = "GET" } = request;
  const answer = await fetch(to + path, { method, headers, ...(body !== "" && { body }) });
  const text = await answer.text();
  await steps.take({ side: "after", kind: "provider", call });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
  response.end(text);
}

function providerCall(path: string, body: string): string {
  if (path.includes(":generateContent")) return "model";
  if (!path.endsWith("/messages")) return path;
  return body.includes('"biz_opaque_callback_data"') ? "send" : "mark_read";
}
