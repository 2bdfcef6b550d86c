import { expect, test } from "vitest";
import { parseStat, treeTicks } from "./processor.ts";

const line = (pid: number, name: string, parent: number, times: string) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 10 0 0 0 ${times} 20 0 1 0 100 0 0`;

test("a line gives parent, name and the four times added up", () => {
  expect(parseStat(line(7, "workerd", 3, "10 20 300 4000"))).toEqual({
    pid: 7,
    name: "workerd",
    parent: 3,
    ticks: 4330,
  });
});

test("a name with spaces and parentheses does not shift the fields", () => {
  expect(parseStat(line(8, "postgres: a) S 9 (b", 3, "1 1 1 1"))).toMatchObject({ parent: 3, ticks: 4 });
});

test("what is no such line is null", () => {
  expect(parseStat("")).toBeNull();
  expect(parseStat("cat: no such file")).toBeNull();
});

test("a tree is the process with its children and theirs, and nobody else", () => {
  const all = [
    { pid: 1, name: "main", parent: 0, ticks: 1 },
    { pid: 2, name: "child", parent: 1, ticks: 10 },
    { pid: 3, name: "grandchild", parent: 2, ticks: 100 },
    { pid: 4, name: "stranger", parent: 0, ticks: 1000 },
  ];
  expect(treeTicks(1, all)).toBe(111);
  expect(treeTicks(2, all)).toBe(110);
  expect(treeTicks(9, all)).toBeUndefined();
});
