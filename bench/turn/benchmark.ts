import type { Benchmark, Check } from "../benchmark.ts";
import { interleave } from "../measure/interleave.ts";
import { medianSample, ratios } from "../measure/sample.ts";
import type { Sample } from "../measure/sample.ts";
import { median, percentiles } from "../measure/statistics.ts";
import { describeMachine } from "../stack/machine.ts";
import { startStack } from "../stack/stack.ts";
import type { Stack } from "../stack/stack.ts";
import { addTenant } from "../stack/tenant.ts";
import { createJournal } from "./journal.ts";
import { turnSeries } from "./series.ts";

/** Customers who wait for a reply at the same time. */
const CALLERS = [1, 8, 32] as const;
/** The headline is taken here. */
const HEADLINE = 8;
/** Ingest; begin, commit and record. */
const SQL_A_TURN = 4;

export const benchmark: Benchmark = {
  description: "a customer's first line to the reply's provider call, beside the same calls without a thought between",
  async run({ seconds, rounds, progress, cleanup }) {
    const stack = await startStack(cleanup, progress);
    const tenant = await addTenant(stack, { ai_enabled: true, delay_seconds: 0 });
    const journal = createJournal(stack.database);
    const pairs = CALLERS.map((callers) => ({
      ours: {
        name: `turns, ${callers} at once`,
        measure: turnSeries(stack, journal, { target: "ours", callers, tenant }),
      },
      ceiling: {
        name: `  ceiling: the same calls, ${callers}`,
        measure: turnSeries(stack, journal, { target: "ceiling", callers, tenant }),
      },
      callers,
    }));
    const series = pairs.flatMap(({ ours, ceiling }) => [ours, ceiling]);
    const samples = await interleave(series, { rounds, seconds, progress });
    const of = (name: string): Sample[] => samples.get(name) ?? [];
    const main = pairs.find(({ callers }) => callers === HEADLINE) ?? pairs[0];
    if (!main) throw new Error("nothing to measure");
    const [ours, ceiling] = [of(main.ours.name), of(main.ceiling.name)];
    return {
      name: "turn",
      unit: "turns a second; latencies are from the deadline (ai_due_at) to the reply's provider call",
      ours: medianSample(ours).rate,
      ceiling: medianSample(ceiling).rate,
      ratio: median(ratios(ours, ceiling)),
      ...medianSample(ours).latency,
      checks: [...journal.checks(), sqlBudget(pairs.flatMap((pair) => of(pair.ours.name)))],
      lines: pairs.flatMap((pair) => [
        { name: pair.ours.name, samples: of(pair.ours.name), against: of(pair.ceiling.name) },
        { name: pair.ceiling.name, samples: of(pair.ceiling.name) },
      ]),
      notes: [...journal.stages(), await alarmLateness(stack), ...(await describeMachine(stack, { rounds, seconds }))],
    };
  },
};

function sqlBudget(samples: Sample[]): Check {
  const found = samples.map(({ sql_calls }) => sql_calls);
  const ok = found.length > 0 && found.every((calls) => calls <= SQL_A_TURN);
  return {
    name: `at most ${SQL_A_TURN} SQL requests a turn`,
    ok,
    found: `${Math.min(...found)} to ${Math.max(...found)}`,
  };
}

/** What the runtime itself adds: bare objects, one after another, on the Worker that does nothing else. */
async function alarmLateness({ workers }: Stack): Promise<string> {
  const response = await fetch(`${workers.ceiling.url}/alarm`);
  const { p50, p95, p99 } = percentiles((await response.json()) as number[]);
  return `the runtime's own alarms, set for now on bare objects, are late by ${p50} / ${p95} / ${p99} ms (p50 / p95 / p99)`;
}
