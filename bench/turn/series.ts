import type { Tenant } from "../../test/factories/tenant.ts";
import type { TurnResult } from "../load/turns.ts";
import type { Series } from "../measure/interleave.ts";
import { WARM_UP_SECONDS, meter } from "../measure/meter.ts";
import { percentiles } from "../measure/statistics.ts";
import type { Stack, Target } from "../stack/stack.ts";
import type { Journal } from "./journal.ts";

/** More than can be done in a second. */
const TURNS_A_SECOND = 400;

let customers = 0;
let built = 0;

/** Whole turns of people who write for the first time, `callers` of them at once. */
export function turnSeries(
  stack: Stack,
  journal: Journal,
  { target, callers, tenant }: { target: Target; callers: number; tenant: Tenant },
): Series["measure"] {
  const path = target === "ours" ? "/webhooks/meta" : "/turn";
  return async (seconds) => {
    const count = Math.ceil(TURNS_A_SECOND * (seconds + WARM_UP_SECONDS));
    await stack.load.call("prepareTurns", {
      url: stack.workers[target].url + path,
      endless: false,
      app_secret: stack.app_secret,
      phone_number_id: tenant.phone_number_id,
      waba_id: tenant.waba_id,
      prefix: `wamid.turn.${++built}.`,
      count,
      batch: 1,
      first_customer: customers,
      customers: count,
      at: Math.floor(Date.now() / 1000),
    });
    customers += count;
    const run = (length: number) => stack.load.call("runTurns", { callers, seconds: length });
    const { result, sample } = await meter(stack, { target, units: 1, seconds }, run);
    const late = target === "ours" ? await journal.enter(result, callers) : bareLateness(result);
    return { ...sample, latency: percentiles(late) };
  };
}

/** The ceiling's reference is the moment of its first statement. */
function bareLateness({ arrivals }: TurnResult): number[] {
  return arrivals.map(({ at, reference }) => at - Number(reference));
}
