import { NO_LATENCY } from "../measure/sample.ts";
import type { Sample } from "../measure/sample.ts";
import type { Percentiles } from "../measure/statistics.ts";

/** So many units in so many milliseconds. */
export function sampleOf(units: number, ms: number, latency: Percentiles = NO_LATENCY): Sample {
  return {
    rate: (units * 1000) / ms,
    latency,
    processor: { workerd: NaN, proxy: NaN, postgres: NaN },
    sql_calls: NaN,
  };
}

/** The most moments (unix ms) that lie within one second, wherever it begins. */
export function mostInASecond(moments: readonly number[]): number {
  const sorted = Float64Array.from(moments).toSorted();
  let most = 0;
  for (let end = 0, start = 0; end < sorted.length; end++) {
    while ((sorted[end] ?? 0) - (sorted[start] ?? 0) >= 1000) start++;
    most = Math.max(most, end - start + 1);
  }
  return most;
}

/**
 * What was achieved of the pace: each slice is one moment, so the stretch from the first to the last lacks the last one's own
 * time, which is added.
 */
export function achieved(moments: readonly number[]): number {
  if (moments.length === 0) return 0;
  const distinct = [...new Set(moments)].toSorted((a, b) => a - b);
  const span = (distinct.at(-1) ?? 0) - (distinct[0] ?? 0);
  return (moments.length * 1000) / (span * (distinct.length / Math.max(1, distinct.length - 1)));
}
