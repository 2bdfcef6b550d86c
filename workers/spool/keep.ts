import type { ProviderEvent } from "../../shared/channels/events.ts";
import { ServiceError } from "../../shared/errors.ts";
import type { Ingested, Wake } from "../../shared/ingest/ingest.ts";
import { describeError } from "../../shared/log.ts";
import { createBreaker } from "../../shared/spool/breaker.ts";
import type { Breaker } from "../../shared/spool/breaker.ts";
import { accountOf, laneOf, spoolNumber } from "../../shared/spool/place.ts";
import { isRefusal } from "../../shared/spool/refusal.ts";
import type { SpooledWebhook } from "../../shared/spool/webhook.ts";
import { within } from "../../shared/time/within.ts";
import type { Tools } from "../tools.ts";
import { store } from "../webhooks/store.ts";
import { spool } from "./stub.ts";

export interface Incoming {
  webhook: Omit<SpooledWebhook, "lane">;
  /** What is in its body. */
  events: ProviderEvent[];
  /** Milliseconds that Postgres has for it. */
  budget_ms: number;
}

/** What one isolate knows of the outage; nothing depends on it but how long a provider waits and the order of storing. */
interface Outlook {
  postgres: Breaker;
  /** Numbers of the Spools in which something waits. */
  backlogs: Set<number>;
}

const outlooks = new WeakMap<object, Outlook>();

const NOBODY: Wake[] = [];

/**
 * How long one call to a Spool may take, milliseconds. One that is overloaded answers late, and a provider that waits in
 * vain counts the webhook as failed anyway: better to say so while it listens, and let it deliver again (F182).
 */
const SPOOL_PATIENCE_MS = 2_000;

/**
 * Makes a verified webhook durable: in Postgres, or in the Spool when Postgres does not take it in time. Behind others of
 * its account that wait in the Spool it waits too.
 * @returns conversations to be woken now; those of a webhook in the Spool are woken when it is drained
 * @throws ServiceError unavailable when the Spool fails as well (F8)
 */
export async function keep({ webhook: given, events, budget_ms }: Incoming, env: Env, tools: Tools): Promise<Wake[]> {
  const webhook = { ...given, lane: laneOf(events) };
  const { now, log } = tools;
  const { postgres, backlogs } = outlookOf(env);
  const place = () => spoolNumber(webhook.provider, accountOf(events));
  const kept = { provider: webhook.provider, items: events.length };

  if (backlogs.size > 0 && (await join(webhook, env, await place(), backlogs, tools))) {
    log("info", "webhook.spooled", { ...kept, reason: "others wait" });
    return NOBODY;
  }

  let reason = "Postgres has just been away";
  if (postgres.admits(now())) {
    try {
      const ingested = await within(budget_ms, store({ webhook, events }, env, tools));
      postgres.succeeded();
      log("info", "webhook.stored", { ...kept, ...tally(ingested) });
      return ingested.wake;
    } catch (error) {
      if (!isRefusal(error)) postgres.failed(now());
      reason = describeError(error);
    }
  }

  const number = await place();
  try {
    await within(SPOOL_PATIENCE_MS, spool(env, number).accept(webhook));
  } catch (cause) {
    throw new ServiceError("unavailable", "The event can be kept nowhere. Deliver it again.", undefined, { cause });
  }
  backlogs.add(number);
  log("warn", "webhook.spooled", { ...kept, spool: number, reason });
  return NOBODY;
}

/** Whether it stands in its account's line now. A line that is gone, or cannot be reached, is forgotten. */
async function join(
  webhook: SpooledWebhook,
  env: Env,
  number: number,
  backlogs: Set<number>,
  { log }: Tools,
): Promise<boolean> {
  if (!backlogs.has(number)) return false;
  try {
    if (await within(SPOOL_PATIENCE_MS, spool(env, number).join(webhook))) return true;
  } catch (error) {
    log("error", "spool.unreachable", { spool: number, error: describeError(error) });
  }
  backlogs.delete(number);
  return false;
}

function outlookOf(env: Env): Outlook {
  const outlook = outlooks.get(env) ?? { postgres: createBreaker(), backlogs: new Set() };
  outlooks.set(env, outlook);
  return outlook;
}

function tally({ outcomes, wake }: Ingested): Record<string, number> {
  const counts: Record<string, number> = { woken: wake.length };
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
