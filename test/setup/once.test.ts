import { expect, test } from "vitest";
import { once } from "./once.ts";

function counted() {
  const calls: string[] = [];
  const shared = once(
    async () => calls.push("start"),
    async () => void calls.push("stop"),
  );
  return { calls, shared };
}

test("two holders share one start, and the last release stops it", async () => {
  const { calls, shared } = counted();
  await Promise.all([shared.hold(), shared.hold()]);
  await shared.release();
  expect(calls).toEqual(["start"]);
  await shared.release();
  expect(calls).toEqual(["start", "stop"]);
});

test("a holder that comes after the stop starts anew", async () => {
  const { calls, shared } = counted();
  await shared.hold();
  await shared.release();
  await shared.hold();
  expect(calls).toEqual(["start", "stop", "start"]);
});
