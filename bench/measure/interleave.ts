import type { Sample } from "./sample.ts";

export interface Series<Name extends string = string> {
  name: Name;
  /** Measures for so many seconds, after a warm-up of its own. */
  measure(seconds: number): Promise<Sample>;
}

/**
 * Measures every series once a round, A B A B and not A A B B: when the machine drifts, it drifts for all of them.
 * @param seconds length of one measurement
 */
export async function interleave<Name extends string>(
  series: readonly Series<Name>[],
  { rounds, seconds, progress }: { rounds: number; seconds: number; progress: (line: string) => void },
): Promise<Map<Name, Sample[]>> {
  const samples = new Map<Name, Sample[]>(series.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, measure } of series) {
      const sample = await measure(seconds);
      progress(`round ${round}/${rounds}  ${name.trim()}: ${Math.round(sample.rate)}/s`);
      samples.get(name)?.push(sample);
    }
  }
  return samples;
}
