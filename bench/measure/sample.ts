import { median, percentiles } from "./statistics.ts";
import type { Percentiles } from "./statistics.ts";

/** What one round of one series found. NaN where a figure does not apply. */
export interface Sample {
  /** Units (messages, turns) a second. */
  rate: number;
  /** Milliseconds. */
  latency: Percentiles;
  /** Milliseconds of processor a unit, by process. */
  processor: Processor;
  /** SQL requests a unit of `calls_per`, counted at the proxy. */
  sql_calls: number;
}

export interface Processor {
  workerd: number;
  proxy: number;
  postgres: number;
}

export const NO_LATENCY: Percentiles = percentiles([]);

/** The median of each figure over the rounds. */
export function medianSample(samples: readonly Sample[]): Sample {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
  return {
    rate: of(({ rate }) => rate),
    latency: { p50: of((s) => s.latency.p50), p95: of((s) => s.latency.p95), p99: of((s) => s.latency.p99) },
    processor: {
      workerd: of((s) => s.processor.workerd),
      proxy: of((s) => s.processor.proxy),
      postgres: of((s) => s.processor.postgres),
    },
    sql_calls: of((s) => s.sql_calls),
  };
}

/** The rates of two series divided round by round, so that what slowed a whole round cancels. */
export function ratios(ours: readonly Sample[], ceiling: readonly Sample[]): number[] {
  return ours.map(({ rate }, round) => rate / (ceiling[round]?.rate ?? NaN));
}
