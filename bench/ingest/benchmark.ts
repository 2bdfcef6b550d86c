import type { Benchmark, Check } from "../benchmark.ts";
import { interleave } from "../measure/interleave.ts";
import type { Series } from "../measure/interleave.ts";
import { medianSample, ratios } from "../measure/sample.ts";
import type { Sample } from "../measure/sample.ts";
import { median } from "../measure/statistics.ts";
import { describeMachine } from "../stack/machine.ts";
import { startStack } from "../stack/stack.ts";
import { createLedger } from "./ledger.ts";
import { watchScans } from "./scans.ts";
import { openScene } from "./scene.ts";
import { postgresSeries, webhookSeries } from "./series.ts";

const BATCH = 100;

/** Each of our series with the ceiling that it is held against. */
const PAIRS = {
  "single POSTs, 8 callers": "  ceiling: verify + one statement",
  "single POSTs, 64 callers": "  ceiling: verify + one statement, 64",
  "POSTs of 100, 8 callers": "  ceiling: verify + one statement, of 100",
  "ingest_v1 in Postgres, single": "  ceiling: bare insert",
  "ingest_v1 in Postgres, of 100": "  ceiling: bare insert, of 100",
  "new people, single, AI off": "single POSTs, 8 callers",
  "new people, single, AI on (a wake each)": "new people, single, AI off",
} as const;
type Ours = keyof typeof PAIRS;
type Name = Ours | (typeof PAIRS)[Ours];

export const benchmark: Benchmark = {
  description: "signed webhooks through the Worker into Postgres, beside what the same parts can do at most",
  async run({ seconds, rounds, progress, cleanup }) {
    const stack = await startStack(cleanup, progress);
    const scene = await openScene(stack);
    const ledger = createLedger(stack.database);
    const scans = await watchScans(stack.database);

    const ours = (shape: { callers: number; batch: number }) =>
      webhookSeries(stack, ledger, {
        ...shape,
        target: "ours",
        path: "/webhooks/meta",
        tenant: scene.quiet,
        people: "known",
      });
    const ceiling = (shape: { callers: number; batch: number }) =>
      webhookSeries(stack, ledger, {
        ...shape,
        target: "ceiling",
        path: "/verify",
        tenant: scene.quiet,
        people: "known",
      });
    const strangers = (tenant: typeof scene.quiet) =>
      webhookSeries(stack, ledger, {
        target: "ours",
        path: "/webhooks/meta",
        callers: 8,
        batch: 1,
        tenant,
        people: "new",
      });
    const inPostgres = (kind: "ingest" | "insert", batch: number) =>
      postgresSeries(stack, ledger, scene, { kind, batch });

    const measures: Record<Name, Series["measure"]> = {
      "single POSTs, 8 callers": ours({ callers: 8, batch: 1 }),
      "  ceiling: verify + one statement": ceiling({ callers: 8, batch: 1 }),
      "single POSTs, 64 callers": ours({ callers: 64, batch: 1 }),
      "  ceiling: verify + one statement, 64": ceiling({ callers: 64, batch: 1 }),
      "POSTs of 100, 8 callers": ours({ callers: 8, batch: BATCH }),
      "  ceiling: verify + one statement, of 100": ceiling({ callers: 8, batch: BATCH }),
      "ingest_v1 in Postgres, single": inPostgres("ingest", 1),
      "  ceiling: bare insert": inPostgres("insert", 1),
      "ingest_v1 in Postgres, of 100": inPostgres("ingest", BATCH),
      "  ceiling: bare insert, of 100": inPostgres("insert", BATCH),
      "new people, single, AI off": strangers(scene.quiet),
      "new people, single, AI on (a wake each)": strangers(scene.asking),
    };
    const series = (Object.keys(measures) as Name[]).map((name) => ({ name, measure: measures[name] }));
    const samples = await interleave(series, { rounds, seconds, progress });
    const of = (name: Name): Sample[] => samples.get(name) ?? [];

    const headline = medianSample(of("single POSTs, 8 callers"));
    const bar = of(PAIRS["single POSTs, 8 callers"]);
    return {
      name: "ingest",
      unit: "durable messages a second; latencies are the acknowledgement's",
      ours: headline.rate,
      ceiling: medianSample(bar).rate,
      ratio: median(ratios(of("single POSTs, 8 callers"), bar)),
      ...headline.latency,
      checks: [...ledger.checks(), oneRequestEach(of), await scans()],
      lines: series.map(({ name }) => ({
        name,
        samples: of(name),
        against: name in PAIRS ? of(PAIRS[name as Ours]) : undefined,
      })),
      notes: await describeMachine(stack, { rounds, seconds }),
    };
  },
};

/** The whole POST in one SQL request at most, whatever its size and whether it wakes anybody. */
function oneRequestEach(of: (name: Name) => Sample[]): Check {
  const found = (Object.keys(PAIRS) as Ours[]).flatMap(of).map(({ sql_calls }) => sql_calls);
  const counted = found.filter((calls) => !Number.isNaN(calls));
  const ok = counted.length > 0 && counted.every((calls) => calls <= 1);
  return {
    name: "at most one SQL request a POST",
    ok,
    found: `${Math.min(...counted).toFixed(2)} to ${Math.max(...counted).toFixed(2)}`,
  };
}
