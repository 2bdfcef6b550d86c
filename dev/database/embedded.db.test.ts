import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { startEmbeddedPostgres } from "./embedded.ts";

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "switchboard-embedded-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test("is a real server with durable commits, and stopping it leaves nothing", async () => {
  const directory = await newDirectory();
  const server = await startEmbeddedPostgres({ directory });
  expect(await ask(server.adminUrl, "select current_setting('fsync'), current_setting('max_connections')")).toEqual([
    "on",
    "200",
  ]);
  await server.stop();
  expect(isRunning(server.pid)).toBe(false);
  expect(existsSync(directory)).toBe(false);
});

test("a persistent one keeps its data", async () => {
  const directory = await newDirectory();
  const first = await startEmbeddedPostgres({ directory, persistent: true });
  await ask(first.adminUrl, "create table kept as select 42 as n");
  await first.stop();
  const second = await startEmbeddedPostgres({ directory, persistent: true });
  expect(await ask(second.adminUrl, "select n from kept")).toEqual([42]);
  await second.stop();
});

test("says why the server does not start", async () => {
  const settings = { shared_buffers: "nonsense" };
  await expect(startEmbeddedPostgres({ settings })).rejects.toThrow(/Postgres did not start: .*shared_buffers/);
});

const OWNER = `
  const { startEmbeddedPostgres } = await import(process.argv[1]);
  const server = await startEmbeddedPostgres({ directory: process.argv[2] });
  process.stdout.write(server.pid + "\\n");
  setInterval(() => {}, 1_000);`;

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("ends with its owner, ended by %s", async (signal) => {
  const directory = await newDirectory();
  const module = join(import.meta.dirname, "embedded.ts");
  const owner = spawn(process.execPath, ["--input-type=module", "-e", OWNER, module, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve) => owner.stdout.once("data", (line) => resolve(Number(line))));
  expect(isRunning(pid)).toBe(true);
  owner.kill(signal);
  await expect.poll(() => isRunning(pid) || existsSync(directory), { timeout: 10_000 }).toBe(false);
});
