import { expect, test } from "vitest";
import { ERRORS, classify } from "./errors.ts";

/** Written by hand from Meta's list, so that a slip in the table shows. */
const EXPECTED: Record<string, number[]> = {
  auth: [0, 190],
  retry: [1, 2, 4, 80007, 130429, 131000, 131016, 131057, 131064, 133004, 133016],
  retry_pair: [131056],
  stop_channel: [368, 130497, 131031, 131042, 131048],
  never: [
    3, 10, 33, 100, 200, 250, 299, 130472, 131005, 131008, 131009, 131021, 131026, 131030, 131037, 131045, 131047,
    131049, 131050, 131051, 131052, 131053, 131055, 131059, 131062, 131063, 132000, 132001, 132005, 132007, 132008,
    132012, 132015, 132016, 132068, 132069, 132999, 133010, 134011, 135000, 137000, 2388040, 2388293, 2388299,
  ],
};

const ROWS = Object.entries(EXPECTED).flatMap(([name, codes]) => codes.map((code): [number, string] => [code, name]));

test.each(ROWS)("F86: code %i is %s", (code, expected) => {
  const info = classify(code, { http_status: 400 });
  expect(info.class).toBe(expected);
  expect(info.title).not.toBe("Unknown error");
});

test.each(ROWS)("F86: code %i keeps its class whatever the hints say", (code, expected) => {
  expect(classify(code, { http_status: 503, is_transient: true }).class).toBe(expected);
  expect(classify(code, { http_status: 401, is_transient: false }).class).toBe(expected);
});

test("F86: every row of the table has a test row", () => {
  const tested = new Set(ROWS.map(([code]) => code));
  const single = ERRORS.flatMap(([code]) => (typeof code === "number" ? [code] : code.slice(0, 1)));
  expect(single.filter((code) => !tested.has(code) && code !== 2_388_000)).toEqual([]);
});

test("no code stands in the table twice", () => {
  const codes = ERRORS.map(([code]) => String(code));
  expect(new Set(codes).size).toBe(codes.length);
});

test.each([
  [{ http_status: 400 }, "never"],
  [{ http_status: 400, is_transient: true }, "retry"],
  [{ http_status: 500 }, "retry"],
  [{ http_status: 429 }, "retry"],
  [{ http_status: 401 }, "auth"],
  [{}, "never"],
])("F86: an unknown code with %j is %s", (hints, expected) => {
  expect(classify(999_999, hints).class).toBe(expected);
});

test.each([300, 199, 131999, 133000])("a code next to a range is not of it: %i", (code) => {
  expect(classify(code).title).toBe("Unknown error");
});
