import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without flags, everything is as most people want it", () => {
  expect(parseOptions([])).toEqual({ port: 8787, data: ".data", quiet: false, demo: true, migrate: true });
});

test.each([
  [["--port", "9000"], { port: 9000 }],
  [["--port=0"], { port: 0 }],
  [["--data", "elsewhere"], { data: "elsewhere" }],
  [["--quiet"], { quiet: true }],
  [["--no-demo"], { demo: false }],
  [["--no-migrate"], { migrate: false }],
])("%j", (args, expected) => {
  expect(parseOptions(args)).toMatchObject(expected);
});

test.each([
  [["--colour"], "Unknown option '--colour'"],
  [["here"], "Unexpected argument 'here'"],
  [["--port"], "Option '--port <value>' argument missing"],
  [["--port", "http"], "--port http is not a port number"],
  [["--port", "65536"], "--port 65536 is not a port number"],
  [["--quiet=yes"], "Option '--quiet' does not take an argument"],
  [["--data="], "--data needs a folder"],
])("%j is refused in one line that lists the flags", (args, complaint) => {
  expect(() => parseOptions(args)).toThrow(complaint);
  expect(() => parseOptions(args)).toThrow(/^[^\n]*Usage: npm start -- \[--port N\][^\n]*$/);
});
