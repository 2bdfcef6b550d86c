import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

test("a name alone has the defaults", () => {
  expect(parseArguments(["ingest"])).toEqual({
    name: "ingest",
    json: false,
    seconds: 5,
    rounds: 3,
    recipients: 100_000,
  });
});

test("flags may stand before and after the name", () => {
  expect(parseArguments(["--json", "turn", "--seconds", "0.5", "--rounds=1"])).toEqual({
    name: "turn",
    json: true,
    seconds: 0.5,
    rounds: 1,
    recipients: 100_000,
  });
});

test("no name is left to the caller, who knows the names", () => {
  expect(parseArguments([]).name).toBe("");
});

test.each([["0"], ["-1"], ["many"], ["121"], ["Infinity"], [""]])(
  "--seconds %j is refused with its bounds",
  (seconds) => {
    expect(() => parseArguments(["ingest", `--seconds=${seconds}`])).toThrow(
      "--seconds must be a number from 0.2 to 120",
    );
  },
);

test("an unknown flag and a second name are refused", () => {
  expect(() => parseArguments(["ingest", "--fast"])).toThrow("--fast");
  expect(() => parseArguments(["ingest", "turn"])).toThrow("one benchmark at a time: ingest, turn");
});
