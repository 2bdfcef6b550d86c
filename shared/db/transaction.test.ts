import { expect, test } from "vitest";
import { DatabaseError } from "./exec.ts";
import { asExec } from "./transaction.ts";

/** A database that gives up the first `losses` transactions with this SQLSTATE. */
function losing(losses: number, code: string) {
  let runs = 0;
  const exec = asExec(async (statements) => {
    runs += 1;
    if (runs <= losses) throw new DatabaseError("lost", code);
    return statements.map(() => [{ run: runs }]);
  });
  return { exec, runs: () => runs };
}
const one = [{ text: "select 1" }];

test.each(["40P01", "40001"])("a transaction that lost a race (%s) runs again until it wins", async (code) => {
  const { exec } = losing(5, code);
  expect(await exec({ role: "switchboard_worker" }, one)).toEqual([[{ run: 6 }]]);
});

test("one that only ever loses ends with the database's own error", async () => {
  const { exec, runs } = losing(Infinity, "40P01");
  await expect(exec({ role: "switchboard_worker" }, one)).rejects.toThrow("lost");
  expect(runs()).toBe(6);
});

test("any other refusal is final", async () => {
  const { exec, runs } = losing(1, "23505");
  await expect(exec({ role: "switchboard_worker" }, one)).rejects.toThrow("lost");
  expect(runs()).toBe(1);
});
