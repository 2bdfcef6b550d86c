import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Exec, Row } from "../../shared/db/exec.ts";
import type { Change } from "./change.ts";
import { watchFeed } from "./watch.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const row = (id: number, content: string): Row => ({
  xid: "7",
  id,
  table_name: "messages",
  operation: "INSERT",
  record: { id: `m${id}`, content },
  contact: "Maya",
  turn: null,
});

/** An outbox whose next answers are given; an Error stands for a database that is away. */
async function watch(...answers: (Row[] | Error)[]) {
  const asked: unknown[][] = [];
  const heard: string[] = [];
  const exec: Exec = async (_, [statement]) => {
    if (!statement?.params) return [[{ xid: "7", id: 100 }]];
    asked.push(statement.params);
    const answer = answers.shift() ?? [];
    if (answer instanceof Error) throw answer;
    return [answer];
  };
  const feed = await watchFeed(exec, (changes) => heard.push(...changes.map(contentOf)));
  return { feed, asked, heard };
}
const contentOf = ({ record }: Change) => String(record["content"]);

test("it goes on from the end of the outbox, and from where it was when the database comes back", async () => {
  const { feed, asked, heard } = await watch([row(101, "one")], new Error("away"), [row(102, "two")]);
  await vi.advanceTimersByTimeAsync(1_000);
  feed.stop();
  expect(heard).toEqual(["one", "two"]);
  expect(asked.slice(0, 4)).toEqual([
    ["7", 100],
    ["7", 101],
    ["7", 101],
    ["7", 102],
  ]);
});

test("waiting for a change ends with it, or with its patience", async () => {
  const { feed } = await watch([], [row(101, "one")]);
  const one = feed.until((change) => contentOf(change) === "one", 10_000);
  const two = feed.until((change) => contentOf(change) === "two", 10_000);
  await vi.advanceTimersByTimeAsync(10_000);
  feed.stop();
  expect(await Promise.all([one, two])).toEqual([true, false]);
});

test("after the stop nothing is asked", async () => {
  const { feed, asked } = await watch();
  feed.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([]);
});
