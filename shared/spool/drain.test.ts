import { expect, test } from "vitest";
import { DatabaseError, DatabaseUnavailable } from "../db/exec.ts";
import { drain } from "./drain.ts";
import { emptyStore, webhook } from "./fixtures.ts";
import { REFUSALS_ALLOWED } from "./store.ts";

/** A Spool with these bodies, all of one customer, and what its passes deliver. `failing` says what becomes of a delivery. */
function spoolOf(bodies: string[], failing: (text: string) => Error | undefined = () => undefined) {
  const store = emptyStore();
  for (const body of bodies) store.add(webhook(body));
  const delivered: string[] = [];
  let clock = 0;
  const pass = (pass_ms = Infinity) =>
    drain(
      {
        store,
        deliver: async ({ body }) => {
          clock += 1_000;
          const text = new TextDecoder().decode(body);
          const failure = failing(text);
          if (failure) throw failure;
          delivered.push(text);
        },
        now: () => clock,
        log: () => {},
      },
      pass_ms,
    );
  return { store, delivered, pass };
}

const refusal = (text: string) => (text === "bad" ? new DatabaseError("no", "22P02") : undefined);

test("everything is delivered, oldest first, and gone afterwards", async () => {
  const { store, delivered, pass } = spoolOf(["one", "two", "three"]);
  expect(await pass()).toEqual({ delivered: 3, end: "empty" });
  expect(delivered).toEqual(["one", "two", "three"]);
  expect(store.isEmpty()).toBe(true);
});

test("F181: while Postgres is away everything keeps its place, however often it is tried", async () => {
  let away = true;
  const { delivered, pass } = spoolOf(["one", "two"], () => (away ? new DatabaseUnavailable("gone") : undefined));
  for (let i = 0; i < 3 * REFUSALS_ALLOWED; i++) expect(await pass()).toEqual({ delivered: 0, end: "away" });
  away = false;
  await pass();
  expect(delivered).toEqual(["one", "two"]);
});

test("F3: one that is refused holds nobody up, and is set aside in the end", async () => {
  const { store, delivered, pass } = spoolOf(["one", "bad", "two"], refusal);
  expect(await pass()).toEqual({ delivered: 2, end: "refused" });
  expect(delivered).toEqual(["one", "two"]);
  for (let i = 1; i < REFUSALS_ALLOWED; i++) await pass();
  expect(store.status()).toMatchObject({ backlog: 0, poisoned: 1 });
  expect(await pass()).toEqual({ delivered: 0, end: "empty" });
});

test("a pass ends when its time is over, and the next one goes on", async () => {
  const bodies = Array.from({ length: 100 }, (_, i) => `${i}`);
  const { delivered, pass } = spoolOf(bodies);
  expect(await pass(2_000)).toEqual({ delivered: 60, end: "pause" });
  await pass(2_000);
  expect(delivered).toEqual(bodies);
});

test("customers go beside one another, at most six at once, and each one's lines in their order", async () => {
  const store = emptyStore();
  for (let i = 0; i < 40; i++) store.add(webhook(`${i % 10}:${Math.floor(i / 10)}`, { lane: `${i % 10}` }));
  const delivered: string[] = [];
  let under_way = 0;
  let most = 0;
  const deliver = async ({ body }: { body: Uint8Array }) => {
    most = Math.max(most, ++under_way);
    await Promise.resolve();
    delivered.push(new TextDecoder().decode(body));
    under_way -= 1;
  };
  await drain({ store, deliver, now: () => 0, log: () => {} }, Infinity);
  expect(most).toBe(6);
  for (let customer = 0; customer < 10; customer++) {
    const own = delivered.filter((text) => text.startsWith(`${customer}:`));
    expect(own).toEqual([0, 1, 2, 3].map((line) => `${customer}:${line}`));
  }
});

test("one that concerns several customers keeps its place among all", async () => {
  const store = emptyStore();
  for (const lane of ["a", "b", null, "a", "b"]) store.add(webhook(lane ?? "both", { lane }));
  const delivered: string[] = [];
  const deliver = async ({ body }: { body: Uint8Array }) => {
    const text = new TextDecoder().decode(body);
    // the first of each pair takes longer
    if (text === "a") await new Promise((resolve) => setTimeout(resolve, 5));
    delivered.push(text);
  };
  await drain({ store, deliver, now: () => 0, log: () => {} }, Infinity);
  expect(delivered).toEqual(["b", "a", "both", "b", "a"]);
});

test("what comes during a pass is part of it", async () => {
  const { store, delivered, pass } = spoolOf(["one"], (text) => {
    if (text === "one") store.add(webhook("late"));
    return undefined;
  });
  await pass();
  expect(delivered).toEqual(["one", "late"]);
});
