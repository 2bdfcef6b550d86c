import type { Cleanup } from "./stack/cleanup.ts";
import type { Line } from "./report.ts";

export interface BenchOptions {
  /** Length of one measured round. */
  seconds: number;
  /** How often each thing is measured. */
  rounds: number;
  /** How many people a campaign goes to; for the campaign benchmark only. */
  recipients: number;
  /** Told what is going on, a line at a time. */
  progress: (line: string) => void;
  cleanup: Cleanup;
}

/** A bound that must hold on every machine, unlike a rate. */
export interface Check {
  name: string;
  ok: boolean;
  found: string;
}

export interface Outcome {
  name: string;
  /** The headline: our rate, the ceiling's in the same run, and the median of their ratios round by round. */
  ours: number;
  ceiling: number;
  ratio: number;
  /** Milliseconds; what they are of is said by `unit`. */
  p50: number;
  p95: number;
  p99: number;
  unit: string;
  checks: Check[];
  /** Everything that was measured, for the table. */
  lines: Line[];
  /** What the numbers were measured on. */
  notes: string[];
}

export interface Benchmark {
  /** One line for the list. */
  description: string;
  run(options: BenchOptions): Promise<Outcome>;
}
