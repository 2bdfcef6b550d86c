import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Backend, Batch, QueryResult } from "./backend.ts";
import { checkConnectionString, type Logins } from "./login.ts";
import { errorBody, errorStatus, parseBatch, successBody } from "./neon-http.ts";
import { tunnel } from "./neon-tunnel.ts";

/** One `/sql` request as a test harness sees it. */
export interface SqlRequest {
  /** Counts the requests of this proxy from 1. */
  number: number;
  batch: Batch;
}

export type Outcome = { results: QueryResult[] } | { error: unknown };

export interface Hooks {
  /** Before the database sees the request. A hook that throws cuts the connection: the request never arrived. */
  before?: (request: SqlRequest) => Promise<void> | void;
  /** When the database is done, before the caller hears of it. Throwing cuts the connection: the answer is lost. */
  after?: (request: SqlRequest, outcome: Outcome) => Promise<void> | void;
}

/** Assign to it to make the database unreachable, or every request `ms` milliseconds slower. */
export interface Availability {
  state: "up" | "down" | "slow";
  ms: number;
}

export interface ProxyOptions {
  backend: Backend;
  /** A free port when 0 or absent. */
  port?: number;
  /** Login roles and passwords that may connect beside the administrator. */
  logins?: Logins;
  hooks?: Hooks;
  availability?: Availability;
}

export interface NeonProxy {
  port: number;
  /** What `neonConfig.fetchEndpoint` should return. */
  fetchEndpoint: string;
  availability: Availability;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/**
 * Speaks the two protocols of Neon's serverless driver in front of a backend: `POST /sql` (`neon()`) and the WebSocket
 * tunnel `/v2` (`Pool` and `Client`), as @neondatabase/serverless 1.2 expects them.
 */
export async function startNeonProxy(options: ProxyOptions): Promise<NeonProxy> {
  const { backend, hooks = {}, logins = {}, availability = { state: "up", ms: 0 } } = options;
  let requests = 0;

  const answerSql = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    let batch: Batch;
    try {
      const user = checkConnectionString(request.headers["neon-connection-string"], backend.adminUrl, logins);
      batch = parseBatch(user, request.headers, body);
    } catch (error) {
      return send(response, errorStatus(error), errorBody(error));
    }
    const info = { number: ++requests, batch };
    await hooks.before?.(info);
    const outcome: Outcome = await backend.run(batch).then(
      (results) => ({ results }),
      (error: unknown) => ({ error }),
    );
    await hooks.after?.(info, outcome);
    if ("error" in outcome) send(response, errorStatus(outcome.error), errorBody(outcome.error));
    else send(response, 200, successBody(batch, outcome.results));
  };

  const server = createServer((request, response) => {
    const cut = () => request.socket.destroy();
    if (availability.state === "down") return cut();
    if (request.method !== "POST" || request.url !== "/sql") return send(response, 404, { message: "not found" });
    delay(availability)
      .then(() => answerSql(request, response))
      .catch(cut);
  });
  const sockets = new WebSocketServer({ server, path: "/v2", perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    if (availability.state === "down") return socket.terminate();
    // A stream from the start: a WebSocket drops what arrives while nobody listens.
    const client = createWebSocketStream(socket);
    client.on("error", () => client.destroy());
    void delay(availability).then(() => tunnel(client, backend.adminUrl, logins));
  });
  sockets.on("error", () => {}); // The server's own errors, which `listen` below reports.

  server.listen(options.port ?? 0, HOST);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no TCP address");
  return {
    port: address.port,
    fetchEndpoint: `http://${HOST}:${address.port}/sql`,
    availability,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function delay({ state, ms }: Availability): Promise<void> {
  if (state === "slow") await new Promise((resolve) => setTimeout(resolve, ms));
}
