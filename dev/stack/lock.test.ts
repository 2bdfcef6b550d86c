import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "./lock.ts";
import { processStart } from "./process-start.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Processes 1 and 2 run, each since its own time; no other does. */
const startOf = async (pid: number) =>
  new Map([
    [1, "monday"],
    [2, "tuesday"],
  ]).get(pid);
const lock = (pid: number) => lockFolder(directory, { pid, startOf });
const leftBy = (holder: string, name = "lock") => symlink(holder, join(directory, name));
const inUseBy = (pid: number) =>
  `${directory} is in use by process ${pid}; stop that, or use --data with another folder`;

test("a folder in use is refused, by the name of who has it", async () => {
  await lock(1);
  await expect(lock(2)).rejects.toThrow(inUseBy(1));
});

test("a refusal leaves the lock with its holder", async () => {
  await lock(1);
  await lock(2).catch(() => {});
  await expect(lock(2)).rejects.toThrow(inUseBy(1));
});

test("a released folder is free, and nothing stays in it", async () => {
  const release = await lock(1);
  await release();
  expect(await readdir(directory)).toEqual([]);
  await lock(2);
});

test.each([
  ["runs no more", "3 monday"],
  ["has left its id to a later process", "1 sunday"],
])("a holder that %s counts for nothing", async (_, holder) => {
  await leftBy(holder);
  await lock(2);
  await expect(lock(1)).rejects.toThrow(inUseBy(2));
  expect(await readdir(directory)).toEqual(["lock"]);
});

test("one killed while it cleared a dead holder's lock does not block the folder", async () => {
  await leftBy("3 monday");
  await leftBy("4 monday", "lock.stale");
  await lock(1);
  expect(await readdir(directory)).toEqual(["lock"]);
});

test.each([
  ["free", undefined],
  ["left by a dead process", "3 monday"],
])("of two at once one gets a folder that is %s", async (_, holder) => {
  if (holder) await leftBy(holder);
  const results = await Promise.allSettled([lock(1), lock(2)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("the slower of two that found the same dead holder does not remove the quicker one's lock", async () => {
  await leftBy("3 monday");
  const found = Promise.withResolvers<void>();
  const quicker = Promise.withResolvers<void>();
  const slow = lockFolder(directory, {
    pid: 2,
    startOf: async (pid) => {
      if (pid === 3) {
        found.resolve();
        await quicker.promise;
      }
      return startOf(pid);
    },
  });
  await found.promise;
  await lock(1);
  quicker.resolve();
  await expect(slow).rejects.toThrow(inUseBy(1));
});

test("a process's start is the same each time, and gone with the process", async () => {
  const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const { pid = 0 } = child;
  const start = await processStart(pid);
  expect(start).toMatch(/\d/);
  expect(await processStart(pid)).toBe(start);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await processStart(pid)).toBeUndefined();
});
