import { expect, test } from "vitest";
import { DatabaseError, DatabaseUnavailable } from "../db/exec.ts";
import { TooLate } from "../time/within.ts";
import { isRefusal } from "./refusal.ts";

const error = (code: string) => new DatabaseError("no", code);

test.each([
  ["it cannot be reached", new DatabaseUnavailable("gone")],
  ["it does not answer in time", new TooLate("late")],
  ["it shuts down", error("57P01")],
  ["it has no connection left", error("53300")],
  ["its disk is full", error("53100")],
  ["it does not know our login", error("28P01")],
  ["it is read-only for a failover", error("25006")],
  ["a migration is missing", error("42883")],
  ["it gave up a transaction to end a deadlock", error("40P01")],
])("F181: while %s, every webhook keeps waiting", (_, failure) => {
  expect(isRefusal(failure)).toBe(false);
});

test.each([
  ["its data", error("22P02")],
  ["a constraint", error("23514")],
  ["a function of ours", error("SB400")],
  ["an exception in a function", error("P0001")],
  ["our own code", new TypeError("not a list")],
])("a webhook that fails because of %s is refused", (_, failure) => {
  expect(isRefusal(failure)).toBe(true);
});
