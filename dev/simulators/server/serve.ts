import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { TRANSPORT_KINDS } from "./fault-book.ts";
import type { FaultBook, Strike } from "./fault-book.ts";
import { json } from "./http.ts";
import type { Call, Reply, Route } from "./http.ts";
import type { RequestLog } from "./request-log.ts";
import type { Timers } from "./timers.ts";

export interface ServeOptions {
  routes: Route[];
  control: (call: Call) => Promise<Reply>;
  log: RequestLog;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
}

const DEFAULT_DELAY_MS = 1000;

/** The HTTP edge: reads a request whole, applies the faults in force, records it, answers. */
export function createSimulatorServer(options: ServeOptions): Server {
  return createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) write(response, json(500, { error: String(error) }));
      else response.destroy();
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  const bytes = await readAll(request);
  const url = new URL(request.url ?? "/", "http://simulator");
  const call: Call = {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    params: [],
    bytes,
    body: parseJson(bytes, request.headers["content-type"]),
  };
  if (call.path.startsWith("/_sim/")) return write(response, await options.control(call));

  const route = findRoute(options.routes, call);
  if (!route) return write(response, json(404, { error: `nothing is simulated at ${call.method} ${call.path}` }));
  await serveRoute(route, call, response, options);
}

async function serveRoute(route: Route, call: Call, response: ServerResponse, options: ServeOptions): Promise<void> {
  const record = options.log.begin(route.provider, call, options.clock());
  const operation = typeof route.operation === "function" ? route.operation(call) : route.operation;
  const strikes = options.faults.strike(route.provider, [operation], TRANSPORT_KINDS);
  if (record) record.faults = strikes.map((strike) => strike.kind);

  const delay = find(strikes, "delay");
  if (delay) await options.timers.sleep(Number(delay.value ?? DEFAULT_DELAY_MS));
  if (find(strikes, "drop_request")) {
    if (record) record.status = 0;
    response.destroy();
    return;
  }
  const reply = faulty(route, strikes) ?? (await route.handle(call));
  if (record) {
    record.status = reply.status;
    if (reply.recorded !== undefined) record.body = reply.recorded;
  }
  if (find(strikes, "drop_response")) response.destroy();
  else write(response, reply);
}

/** The answer that a fault puts in the place of the provider's own; undefined when none does. */
function faulty(route: Route, strikes: Strike[]): Reply | undefined {
  const error = find(strikes, "error");
  if (error) return route.fail(error.value);
  const status = find(strikes, "status");
  if (!status) return undefined;
  // What a proxy in front of the provider would say: no JSON, so nothing tells what became of the request.
  return { status: Number(status.value ?? 503), headers: { "content-type": "text/html" }, body: "<h1>Error</h1>\n" };
}

function find(strikes: Strike[], kind: Strike["kind"]): Strike | undefined {
  return strikes.find((strike) => strike.kind === kind);
}

function findRoute(routes: Route[], call: Call): Route | undefined {
  for (const route of routes) {
    const match = route.method === call.method ? route.pattern.exec(call.path) : null;
    if (!match) continue;
    call.params = match.slice(1).map(decodeURIComponent);
    return route;
  }
  return undefined;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function parseJson(bytes: Buffer, type: string | undefined): unknown {
  if (bytes.length === 0 || type?.startsWith("multipart/")) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function write(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
  response.end(reply.body);
}
