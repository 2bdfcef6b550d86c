import type { Benchmark, Check } from "../benchmark.ts";
import type { LoadResult } from "../load/post.ts";
import { interleave } from "../measure/interleave.ts";
import type { Series } from "../measure/interleave.ts";
import { meter } from "../measure/meter.ts";
import { medianSample } from "../measure/sample.ts";
import type { Sample } from "../measure/sample.ts";
import { median } from "../measure/statistics.ts";
import { describeMachine } from "../stack/machine.ts";
import { startStack } from "../stack/stack.ts";
import type { Stack } from "../stack/stack.ts";
import { addVoiceTenant } from "./tenant.ts";
import type { VoiceTenant } from "./tenant.ts";

const OURS = "call.initiated to the answer command";
const FLOOR = "  floor: the two provider calls alone";
/** Telnyx's own bound on a webhook; a caller hears nothing for as long. */
const BOUND_MS = 2_000;

export const benchmark: Benchmark = {
  description: "a call that comes in to the command that answers it, beside the two provider calls that this takes",
  async run({ seconds, rounds, progress, cleanup }) {
    const stack = await startStack(cleanup, progress);
    const tenant = await addVoiceTenant(stack);
    const results: LoadResult[] = [];
    const series = [
      { name: OURS, measure: calls(stack, tenant, results) },
      { name: FLOOR, measure: calls(stack, tenant) },
    ];
    const samples = await interleave(series, { rounds, seconds, progress });
    const [ours, floor] = [samples.get(OURS) ?? [], samples.get(FLOOR) ?? []];
    const added = ours.map(({ latency }, i) => latency.p50 - (floor[i]?.latency.p50 ?? NaN));
    return {
      name: "voice",
      unit: "ms, one call at a time: p95 from call.initiated to the answer command, ours and the floor",
      ours: medianSample(ours).latency.p95,
      ceiling: medianSample(floor).latency.p95,
      ratio: median(ours.map(({ latency }, i) => latency.p95 / (floor[i]?.latency.p95 ?? NaN))),
      ...medianSample(ours).latency,
      checks: [...(await kept(stack, tenant, results)), inTime(ours)],
      lines: [
        { name: OURS, samples: ours },
        { name: FLOOR, samples: floor },
      ],
      notes: [
        `of the p50, ${median(added).toFixed(1)} ms are ours: the signature, storing and the gate in one statement, both keys opened`,
        ...(await describeMachine(stack, { rounds, seconds })),
      ],
    };
  },
};

/** Calls one after the other; with `results` through our Worker, without at the providers alone. */
function calls(stack: Stack, tenant: VoiceTenant, results?: LoadResult[]): Series["measure"] {
  const { webhook_secret, api_key, number } = tenant;
  const url = results ? `${stack.workers.ours.url}/webhooks/telnyx/${webhook_secret}/voice` : null;
  return async (seconds) => {
    await stack.load.call("prepareCalls", { url, api_key, number });
    const run = (length: number) => stack.load.call("run", { callers: 1, seconds: length });
    const target = results ? "ours" : "ceiling";
    const { result, warm_up, sample } = await meter(stack, { target, units: 1, seconds }, run);
    results?.push(warm_up, result);
    return sample;
  };
}

/** Every call is in Postgres, once, with the agent that it was joined to. */
async function kept({ database }: Stack, { org_id }: VoiceTenant, results: LoadResult[]): Promise<Check[]> {
  const answered = results.reduce((sum, one) => sum + one.answered, 0);
  const failed = results.flatMap(({ failures }) => Object.entries(failures));
  const [row] = await database.query<{ calls: number; joined: number }>(
    "select count(*)::integer as calls, count(agent_call_id)::integer as joined from public.calls where org_id = $1",
    [org_id],
  );
  return [
    {
      name: "every call was answered once",
      ok: answered > 0 && failed.length === 0 && row?.calls === answered && row.joined === answered,
      found: `${answered} answered, ${row?.calls} stored, ${row?.joined} joined${failed.map(([why, n]) => `; ${n} × ${why}`).join("")}`,
    },
  ];
}

function inTime(samples: Sample[]): Check {
  const worst = Math.max(...samples.map(({ latency }) => latency.p95));
  return { name: `p95 within ${BOUND_MS} ms`, ok: worst < BOUND_MS, found: `${worst.toFixed(1)} ms at worst` };
}
