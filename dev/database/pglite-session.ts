import type { Socket } from "node:net";
import { DatabaseError } from "pg";
import { GateTimeout } from "./gate.ts";
import { checkLogin, refusal } from "./login.ts";
import { readMessages, type MessageReader } from "./message-reader.ts";
import { askForPassword, copyInResponse, fatalError, passwordOf, simpleQuery, transactionStatus } from "./wire.ts";
import type { Message } from "./wire.ts";

/** What all client connections of one PGlite share. */
export interface SessionHost {
  /** The administrator's connection string: the only login, because whoever is let in is a superuser. */
  adminUrl: string;
  /** The server's answer to a successful login. */
  greeting: Buffer;
  /** Runs one whole exchange: PGlite cannot wait for the rest of it. */
  execute(exchange: Buffer): Promise<Buffer>;
  /** Waits for the session's turn and returns the function that ends it. @throws GateTimeout */
  enter(session: object): Promise<() => void>;
}

/** Serves one client until it leaves. A transaction that is open then is rolled back. Never rejects. */
export async function servePgliteSession(socket: Socket, host: SessionHost): Promise<void> {
  const reader = readMessages(socket);
  let leave: (() => void) | undefined;
  try {
    if (!(await logIn(reader, socket, host))) return;
    for (let exchange = await readExchange(reader, socket); exchange; exchange = await readExchange(reader, socket)) {
      leave ??= await host.enter(socket);
      const answer = await host.execute(exchange);
      socket.write(answer);
      if (transactionStatus(answer) !== "I") continue;
      leave();
      leave = undefined;
    }
  } catch (error) {
    // What the client still has on the way (a pipelined COMMIT, say) must not run without what failed: cut it off.
    socket.write(toFatal(error));
  } finally {
    if (leave) await host.execute(simpleQuery("rollback")).catch(() => {});
    leave?.();
    socket.destroySoon();
  }
}

async function logIn(reader: MessageReader, socket: Socket, host: SessionHost): Promise<boolean> {
  let first = await reader.first();
  while (first?.kind === "encryption") {
    socket.write("N");
    first = await reader.first();
  }
  // PGlite has no second process that could cancel a running statement.
  if (first?.kind !== "startup") return false;
  const { user = "", database = user } = first.parameters;
  socket.write(askForPassword());
  const answer = await reader.next();
  if (answer?.type !== "p") return false;
  checkLogin({ user, password: passwordOf(answer), database }, host.adminUrl, {});
  socket.write(host.greeting);
  return true;
}

// Query, FunctionCall, Sync and Flush are what a client waits for an answer after.
const ENDS_EXCHANGE = new Set(["Q", "F", "S", "H"]);

async function readExchange(reader: MessageReader, socket: Socket): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (let message = await reader.next(); message && message.type !== "X"; message = await reader.next()) {
    parts.push(message.bytes);
    if (copiesFromClient(message)) {
      if (message.type !== "Q") throw refusal("0A000", "COPY FROM STDIN needs the simple query protocol here");
      return readCopy(reader, socket, parts);
    }
    if (ENDS_EXCHANGE.has(message.type)) return Buffer.concat(parts);
  }
  return undefined;
}

// PGlite exits when a COPY wants rows that are not there yet, so they are collected first.
async function readCopy(reader: MessageReader, socket: Socket, parts: Buffer[]): Promise<Buffer | undefined> {
  socket.write(copyInResponse());
  for (let message = await reader.next(); message; message = await reader.next()) {
    parts.push(message.bytes);
    if (message.type === "c" || message.type === "f") return Buffer.concat(parts);
  }
  return undefined;
}

const COPY_FROM_CLIENT = /^\s*copy\b[^\0;]*\bfrom\s+stdin\b/i;

const copiesFromClient = ({ type, bytes }: Message): boolean =>
  (type === "Q" && COPY_FROM_CLIENT.test(bytes.toString("latin1", 5))) ||
  // Parse carries the statement's name before its text.
  (type === "P" && COPY_FROM_CLIENT.test(bytes.toString("latin1", bytes.indexOf(0, 5) + 1)));

function toFatal(error: unknown): Buffer {
  if (error instanceof DatabaseError) return fatalError(error.code ?? "XX000", error.message);
  if (error instanceof GateTimeout) {
    return fatalError(
      "55P03",
      `another client holds a transaction open on this one-session database: ${error.message}`,
    );
  }
  return fatalError("XX000", error instanceof Error ? error.message : String(error));
}
