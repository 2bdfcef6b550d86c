import { expect, test } from "vitest";
import { createCleanup } from "./cleanup.ts";

test("what was started last ends first, and everything ends once", async () => {
  const ended: string[] = [];
  const cleanup = createCleanup();
  for (const name of ["database", "worker"]) void cleanup.adopt(Promise.resolve(name), async (it) => ended.push(it));
  await Promise.all([cleanup.run(), cleanup.run()]);
  expect(ended).toEqual(["worker", "database"]);
});

test("an interruption waits for what is just starting and ends it", async () => {
  const ended: string[] = [];
  const cleanup = createCleanup();
  const starting = Promise.withResolvers<string>();
  void cleanup.adopt(starting.promise, async (it) => ended.push(it));
  const done = cleanup.run();
  starting.resolve("database");
  await done;
  expect(ended).toEqual(["database"]);
});

test("what did not start, or begins after the end, stands in nobody's way", async () => {
  const ended: string[] = [];
  const cleanup = createCleanup();
  const failed = cleanup.adopt(Promise.reject(new Error("no port")), async () => ended.push("never"));
  await expect(failed).rejects.toThrow("no port");
  await cleanup.run();
  await cleanup.adopt(Promise.resolve("late"), async (it) => ended.push(it));
  await Promise.resolve();
  expect(ended).toEqual(["late"]);
});
