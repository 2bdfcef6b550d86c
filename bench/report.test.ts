import { expect, test } from "vitest";
import type { Outcome } from "./benchmark.ts";
import type { Sample } from "./measure/sample.ts";
import { humanReport, jsonReport } from "./report.ts";

const sample = (rate: number): Sample => ({
  rate,
  latency: { p50: 1, p95: 2, p99: 3 },
  processor: { workerd: 0.5, proxy: NaN, postgres: 0.25 },
  sql_calls: 1,
});

const outcome: Outcome = {
  name: "ingest",
  ours: 100,
  ceiling: 123_456.789,
  ratio: 0.8123456,
  p50: 1,
  p95: 2,
  p99: NaN,
  unit: "messages a second",
  checks: [{ name: "one SQL request a POST", ok: false, found: "1.5" }],
  lines: [
    { name: "ours", samples: [sample(80), sample(90), sample(70)], against: [sample(100), sample(100), sample(100)] },
    { name: "ceiling", samples: [sample(100)] },
  ],
  notes: ["2 processors"],
};

test("the JSON line has the fields by name, four digits of each number, and null for what is not known", () => {
  const line = jsonReport(outcome);
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toMatchObject({
    name: "ingest",
    ours: 100,
    ceiling: 123_500,
    ratio: 0.8123,
    p50: 1,
    p99: null,
    unit: "messages a second",
    checks: [{ name: "one SQL request a POST", ok: false, found: "1.5" }],
    series: [
      { name: "ours", rate: 80, ratio: 0.8 },
      { name: "ceiling", rate: 100, ratio: null },
    ],
  });
});

test("the table shows medians, the ratio with its range, a dash for what is not known, and each check", () => {
  const text = humanReport(outcome);
  const ours = text.split("\n").find((line) => line.startsWith("ours")) ?? "";
  expect(ours.split(/ +/)).toEqual([
    "ours",
    "80",
    "0.80",
    "0.70–0.90",
    "1.0",
    "2.0",
    "3.0",
    "0.500",
    "–",
    "0.250",
    "1.00",
  ]);
  expect(text).toContain("FAIL one SQL request a POST: 1.5");
});
