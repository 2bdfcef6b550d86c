import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGate, GateTimeout } from "./gate.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("lets one in at a time, in order of arrival", async () => {
  const gate = createGate();
  const order: string[] = [];
  const visit = async (name: string) => {
    const leave = await gate.enter(1_000);
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
    leave();
  };
  await Promise.all(["a", "b", "c"].map(visit));
  expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
});

test("gives up when its patience ends, and no earlier", async () => {
  const gate = createGate();
  await gate.enter(0);
  const outcome = vi.fn<(error: unknown) => void>();
  const waiting = gate.enter(500).catch(outcome);
  await vi.advanceTimersByTimeAsync(499);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(outcome.mock.lastCall?.[0]).toBeInstanceOf(GateTimeout);
});

test("one that gave up does not keep the place from the next", async () => {
  const gate = createGate();
  const leave = await gate.enter(0);
  const impatient = gate.enter(10).catch(() => "gave up");
  const patient = gate.enter(1_000);
  await vi.advanceTimersByTimeAsync(10);
  expect(await impatient).toBe("gave up");
  leave();
  await expect(patient).resolves.toBeTypeOf("function");
});

test("leaving twice does not let two in", async () => {
  const gate = createGate();
  const leave = await gate.enter(0);
  const second = gate.enter(1_000);
  leave();
  leave();
  await second;
  const third = gate.enter(10).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10);
  expect(await third).toBeInstanceOf(GateTimeout);
});
