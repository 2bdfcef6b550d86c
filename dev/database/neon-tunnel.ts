import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { DatabaseError } from "pg";
import { checkLogin, refusal, type Logins } from "./login.ts";
import { askForPassword, fatalError, passwordOf, takeFirstMessage, takeMessage } from "./wire.ts";

/**
 * Carries one WebSocket connection of the driver to Postgres' TCP port.
 *
 * With its default `pipelineConnect: "password"` the driver sends startup, password and first query in one burst and
 * expects to be asked for a cleartext password, whatever the server would ask. So the login happens here, and only then
 * is the server brought in.
 */
export function tunnel(client: Duplex, adminUrl: string, logins: Logins): void {
  let buffer: Buffer = Buffer.alloc(0);
  let startup: { parameters: Record<string, string>; bytes: Buffer } | undefined;

  const onData = (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (!startup) {
      const taken = takeFirstMessage(buffer);
      if (!taken) return;
      buffer = taken.rest;
      if (taken.message.kind === "cancel") return client.end();
      if (taken.message.kind === "encryption") client.write("N");
      else {
        startup = taken.message;
        client.write(askForPassword());
      }
    }
    const password = takeMessage(buffer);
    if (!password) return;
    client.off("data", onData);
    client.pause();
    const { user = "", database = user } = startup.parameters;
    try {
      if (password.message.type !== "p") throw refusal("08P01", "expected a password message");
      checkLogin({ user, password: passwordOf(password.message), database }, adminUrl, logins);
    } catch (error) {
      return fail(
        client,
        error instanceof DatabaseError ? error.code : undefined,
        error instanceof Error ? error.message : "",
      );
    }
    join(client, adminUrl, startup.bytes, password.message.bytes, password.rest);
  };
  client.on("data", onData);
}

function join(client: Duplex, adminUrl: string, startup: Buffer, password: Buffer, early: Buffer): void {
  const { hostname, port } = new URL(adminUrl);
  const server = connect(Number(port || 5432), hostname);
  server.setNoDelay(true);
  server.write(startup);
  let buffer: Buffer = Buffer.alloc(0);

  const onData = (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    const taken = takeMessage(buffer);
    if (!taken) return;
    const method = taken.message.type === "R" ? taken.message.bytes.readUInt32BE(5) : undefined;
    if (method === 3) {
      buffer = taken.rest;
      server.write(password);
      return;
    }
    server.off("data", onData);
    if (method !== undefined && method !== 0) {
      server.destroy();
      return fail(client, "0A000", "the WebSocket tunnel needs a server with trust or password authentication");
    }
    client.write(buffer);
    server.write(early);
    server.pipe(client);
    client.pipe(server);
  };
  server.on("data", onData);
  server.on("error", () => client.destroy());
  server.on("close", () => client.end());
  client.on("close", () => server.destroy());
}

function fail(client: Duplex, code: string | undefined, message: string): void {
  client.end(fatalError(code ?? "XX000", message));
}
