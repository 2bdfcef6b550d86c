import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { PGlite } from "@electric-sql/pglite";
import { createGate } from "./gate.ts";
import { servePgliteSession, type SessionHost } from "./pglite-session.ts";
import { encode, simpleQuery } from "./wire.ts";

export interface ServeOptions {
  /** A free one when 0. */
  port: number;
  /** The administrator's connection string for a port. */
  adminUrl: (port: number) => string;
  /** How long a client waits for another one's open transaction, in milliseconds. */
  patienceMs: number;
}

/**
 * Serves PGlite as plain Postgres TCP on 127.0.0.1. Clients share PGlite's one session: they take turns, a whole
 * transaction at a time, and settings that one of them left behind are reset before another one's turn. Prepared
 * statements and temporary tables stay visible to all.
 *
 * The port is taken before `open` runs, so that a second process on the same port stops before it touches the data.
 */
export async function servePglite(
  open: () => Promise<PGlite>,
  { port, adminUrl, patienceMs }: ServeOptions,
): Promise<{ adminUrl: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let host: SessionHost | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {}); // A client that vanishes ends its session through the reader.
    if (!host) return socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void servePgliteSession(socket, host);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the database server has no TCP address");

  const url = adminUrl(address.port);
  const database = await open().catch((error: unknown) => {
    server.close();
    throw error;
  });
  host = await createHost(database, url, patienceMs);
  return {
    adminUrl: url,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      await database.close();
    },
  };
}

async function createHost(database: PGlite, adminUrl: string, patienceMs: number): Promise<SessionHost> {
  const execute = async (bytes: Buffer) => Buffer.from(await database.execProtocolRaw(bytes));
  const gate = createGate();
  let last: object | undefined;
  return {
    adminUrl,
    greeting: await execute(startupMessage(adminUrl)),
    execute,
    async enter(session) {
      const leave = await gate.enter(patienceMs);
      if (last !== undefined && last !== session) {
        await execute(simpleQuery("reset session authorization; reset all"));
      }
      last = session;
      return leave;
    },
  };
}

// PGlite answers a startup message with all that a client is told at first: parameters, key, "ready".
function startupMessage(adminUrl: string): Buffer {
  const { username, pathname } = new URL(adminUrl);
  const parameters = `user\0${username}\0database\0${pathname.slice(1)}\0\0`;
  // Protocol version 3.0; the first message of a connection has no type byte.
  return encode("-", Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(parameters)])).subarray(1);
}
