import type { Benchmark, Check } from "../benchmark.ts";
import { createLedger } from "../ingest/ledger.ts";
import { medianSample } from "../measure/sample.ts";
import type { Sample } from "../measure/sample.ts";
import { median } from "../measure/statistics.ts";
import { describeMachine } from "../stack/machine.ts";
import { startStack } from "../stack/stack.ts";
import { FLOOD, NEIGHBOUR_RATE, OWN_RATE, createPhases } from "./phases.ts";

/** How much longer the neighbour's acknowledgements may take. */
const MAX_RATIO = 1.2;

export const benchmark: Benchmark = {
  description: "one tenant's acknowledgements while another sends fifty times as much as it does otherwise",
  async run({ seconds, rounds, progress, cleanup }) {
    const stack = await startStack(cleanup, progress);
    const ledger = createLedger(stack.database);
    const measure = await createPhases(stack, ledger);
    const calm: Sample[] = [];
    const flooded: Sample[] = [];
    for (let round = 1; round <= rounds; round++) {
      const phases = [
        { name: "calm", factor: 1, samples: calm },
        { name: "flooded", factor: FLOOD, samples: flooded },
      ];
      // in turn the other way round: a machine that slows down favours neither
      for (const { name, factor, samples } of round % 2 === 1 ? phases : phases.toReversed()) {
        const sample = await measure({ factor, seconds, round });
        progress(`round ${round}/${rounds}  ${name}: the neighbour's p95 is ${sample.latency.p95.toFixed(1)} ms`);
        samples.push(sample);
      }
    }
    const moved = median(flooded.map(({ latency }, i) => latency.p95 / (calm[i]?.latency.p95 ?? NaN)));
    const neighbour = `neighbour at ${NEIGHBOUR_RATE}/s beside`;
    return {
      name: "fairness",
      unit: "ms: the neighbour's acknowledge p95, ours under the flood, the ceiling without it",
      ours: medianSample(flooded).latency.p95,
      ceiling: medianSample(calm).latency.p95,
      ratio: moved,
      ...medianSample(flooded).latency,
      checks: [...ledger.checks(), staysPut(moved)],
      lines: [
        { name: `${neighbour} ${OWN_RATE}/s`, samples: calm },
        { name: `${neighbour} ${OWN_RATE * FLOOD}/s`, samples: flooded },
      ],
      notes: [
        "a second, and the processor's columns, are of both tenants' messages; latencies are the neighbour's alone",
        ...(await describeMachine(stack, { rounds, seconds })),
      ],
    };
  },
};

function staysPut(moved: number): Check {
  return {
    name: `the neighbour's acknowledge p95 moves by less than ${Math.round((MAX_RATIO - 1) * 100)} %`,
    ok: moved < MAX_RATIO,
    found: `${moved < 1 ? "" : "+"}${((moved - 1) * 100).toFixed(0)} %`,
  };
}
