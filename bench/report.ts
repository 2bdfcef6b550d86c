import type { Outcome } from "./benchmark.ts";
import { ratios } from "./measure/sample.ts";
import { medianSample } from "./measure/sample.ts";
import type { Sample } from "./measure/sample.ts";
import { median, range } from "./measure/statistics.ts";

/** One line of the table: a series, its samples, and what it is held against. */
export interface Line {
  name: string;
  samples: Sample[];
  against?: Sample[] | undefined;
}

const HEAD = [
  "",
  "a second",
  "of ceiling",
  "(range)",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "workerd",
  "proxy",
  "postgres",
  "SQL",
];

/** The table and the checks, for a person. */
export function humanReport({ name, unit, lines, checks, notes }: Outcome): string {
  return [
    `${name}: ${unit}`,
    "",
    table([HEAD, ...lines.map(cells)]),
    "",
    "workerd, proxy, postgres: milliseconds of processor a unit. SQL: requests a call. Medians of the rounds; ratios are",
    "taken round by round. On a shared machine rates vary by a third between runs; the ratios are what to compare.",
    ...notes,
    "",
    ...checks.map(({ name: check, ok, found }) => `${ok ? "ok  " : "FAIL"} ${check}: ${found}`),
  ].join("\n");
}

/** The line that scripts read. */
export function jsonReport({ lines, notes, ...summary }: Outcome): string {
  const series = lines.map(({ name, samples, against }) => ({
    name,
    ...medianSample(samples),
    ratio: against ? median(ratios(samples, against)) : null,
  }));
  return JSON.stringify({ ...summary, series, notes }, (_key, value: unknown) =>
    typeof value === "number" ? rounded(value) : value,
  );
}

function cells({ name, samples, against }: Line): string[] {
  const { rate, latency, processor, sql_calls } = medianSample(samples);
  const shares = against ? ratios(samples, against) : [];
  const [least, most] = range(shares);
  return [
    name,
    figure(rate, 0),
    against ? median(shares).toFixed(2) : "",
    shares.length > 1 ? `${figure(least, 2)}–${figure(most, 2)}` : "",
    ...[latency.p50, latency.p95, latency.p99].map((ms) => figure(ms, 1)),
    ...[processor.workerd, processor.proxy, processor.postgres].map((ms) => figure(ms, 3)),
    figure(sql_calls, 2),
  ];
}

function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

/** Four significant digits: what is beyond them is noise. JSON has no NaN. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}

/** Columns as wide as their widest cell, the first to the left, the others to the right. */
function table(rows: string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
