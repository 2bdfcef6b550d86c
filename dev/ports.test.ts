import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { choosePorts, freePort } from "./ports.ts";

let directory: string;
let occupant: Server | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchboard-ports-"));
});

afterEach(async () => {
  occupant?.close();
  occupant = undefined;
  await rm(directory, { recursive: true });
});

async function occupy(port: number): Promise<void> {
  occupant = createServer().listen(port, "127.0.0.1");
  await once(occupant, "listening");
}

test("gives each name its own port and the same ones again", async () => {
  const wanted = { database: undefined, proxy: undefined };
  const first = await choosePorts(directory, wanted);
  expect(first.database).not.toBe(first.proxy);
  expect(await choosePorts(directory, wanted)).toEqual(first);
});

test("never gives two names one port, even when the generator repeats itself", async () => {
  const free = await freePort();
  const position = (free - 20_000) / 12_000 + 1e-9;
  const draws = [position, position, position, (position + 0.1) % 1, (position + 0.2) % 1, (position + 0.3) % 1];
  const ports = await choosePorts(directory, { database: undefined, proxy: undefined }, () => draws.shift() ?? 0);
  expect(ports.proxy).not.toBe(ports.database);
});

test("keeps the ports of names that were not asked for this time", async () => {
  const { database } = await choosePorts(directory, { database: undefined });
  await choosePorts(directory, { proxy: undefined });
  expect(JSON.parse(await readFile(join(directory, "ports.json"), "utf8"))).toMatchObject({ database });
});

test("a fixed port is used and remembered", async () => {
  const port = await freePort();
  expect(await choosePorts(directory, { worker: port })).toEqual({ worker: port });
  expect(await choosePorts(directory, { worker: undefined })).toEqual({ worker: port });
});

test("refuses a fixed port in use, by name", async () => {
  const port = await freePort();
  await occupy(port);
  await expect(choosePorts(directory, { worker: port })).rejects.toThrow(`port ${port} (worker) is in use`);
});

test("refuses a kept port in use instead of moving it", async () => {
  const { database } = await choosePorts(directory, { database: undefined });
  await occupy(database);
  await expect(choosePorts(directory, { database: undefined })).rejects.toThrow(
    `port ${database} (database) is in use: stop what uses it`,
  );
});

test("says which file is broken", async () => {
  await writeFile(join(directory, "ports.json"), "{ half");
  await expect(choosePorts(directory, { database: undefined })).rejects.toThrow("ports.json is not valid JSON");
});
