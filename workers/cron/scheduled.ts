import { sweepCalls } from "../../shared/calls/sweep.ts";
import type { SweptCalls } from "../../shared/calls/sweep.ts";
import { describeError } from "../../shared/log.ts";
import { catchUp } from "../../shared/meaning/catch-up.ts";
import type { CaughtUp } from "../../shared/meaning/catch-up.ts";
import { prune } from "../../shared/operations/prune.ts";
import { refreshUsage } from "../../shared/operations/refresh-usage.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { watch } from "../../shared/operations/watch.ts";
import { reseal } from "../../shared/vault/reseal.ts";
import type { Watched } from "../../shared/operations/watch.ts";
import { lookAtCall } from "../calls/act.ts";
import { nudgeCampaigns } from "../campaigns/wake.ts";
import { wakeAll } from "../conversation/wake.ts";
import { enqueueMedia } from "../media/enqueue.ts";
import { nudgeSpools, reviveSpools } from "../spool/care.ts";
import { pulse } from "./pulse.ts";
import { releaseScheduled } from "./scheduled-messages.ts";
import { refreshTemplates } from "./templates.ts";
import { toolsOf } from "../tools.ts";
import type { Tools } from "../tools.ts";

const EVERY_MINUTE = "* * * * *";
const DAILY = "17 3 * * *";
const MONTHLY = "0 0 1 * *";
const SWEEP_LIMIT = 500;
const CALLS_LIMIT = 50;
/** The next trigger comes after a minute, and turns go before. */
const MEANING_BUDGET_MS = 20_000;
const RESEAL_BUDGET_MS = 10_000;

/**
 * The cron triggers of wrangler.toml. A trigger only nudges: what is due stands in Postgres, so that one that fires
 * twice, late or not at all changes nothing but the moment (F183).
 */
export async function scheduled(cron: string, env: Env): Promise<void> {
  const tools = toolsOf(env);
  try {
    await run(cron, env, tools);
  } catch (error) {
    tools.log("error", "cron.failed", { cron, error: describeError(error) });
    throw error;
  }
}

async function run(cron: string, env: Env, tools: Tools): Promise<void> {
  const { exec, log } = tools;
  switch (cron) {
    case EVERY_MINUTE: {
      await nudgeSpools(env, log);
      if (await pulse(env).mayRest()) return;
      const { due, next_due_in_ms } = await sweep(exec, SWEEP_LIMIT);
      if (due.length > 0) log("info", "cron.sweep", { due: due.length });
      await wakeAll(
        env,
        due.map((conversation_id) => ({ conversation_id, due_in_ms: 0 })),
      );
      const scheduledMessages = await releaseScheduled(env, tools);
      const campaigns = await nudgeCampaigns(env, tools);
      const media = await enqueueMedia(env, tools);
      const templates = await refreshTemplates(tools);
      const [calls, watched, meaning] = [await lookAtCalls(tools), await lookAround(tools), await understand(tools)];
      await renewSeals(tools);
      const next = [calls, watched, meaning, campaigns, media, templates, scheduledMessages].reduce<number | null>(
        (least, one) => soonest(least, one.next_due_in_ms),
        next_due_in_ms,
      );
      return pulse(env).swept({
        found:
          due.length +
          campaigns.due.length +
          media.due.length +
          calls.due.length +
          templates.read +
          scheduledMessages.released +
          meaning.indexed +
          meaning.rated,
        next_due_in_ms: next,
      });
    }
    case DAILY:
      await reviveSpools(env, log);
      await lookAround(tools, true);
      await renewSeals(tools, true);
      await refreshTemplates(tools, true);
      return log("info", "cron.daily", { ...(await refreshUsage(exec)), ...(await prune(exec)) });
    case MONTHLY:
      return log("info", "cron.monthly", await refreshUsage(exec));
    default:
      throw new Error(`No work is tied to cron "${cron}"`);
  }
}

/** Closes stuck calls, and does what calls wait for. A call that fails is found again by the next sweep. */
async function lookAtCalls(tools: Tools): Promise<SweptCalls> {
  try {
    const swept = await sweepCalls(tools.exec, CALLS_LIMIT);
    if (swept.closed > 0) tools.log("warn", "cron.calls_closed", { closed: swept.closed });
    for (const call_id of swept.due) await lookAtCall(call_id, { tools, origin: tools.config.PUBLIC_URL });
    return swept;
  } catch (error) {
    tools.log("error", "cron.calls_failed", { error: describeError(error) });
    return { closed: 0, due: [], next_due_in_ms: null };
  }
}

/** What the watchers find must not keep the work from being done: when they fail, the next sweep looks again. */
async function lookAround({ exec, log, now }: Tools, everything = false): Promise<Pick<Watched, "next_due_in_ms">> {
  try {
    const watched = await watch(exec, new Date(now()), everything);
    if (watched.raised > 0) log("warn", "cron.alerts", { raised: watched.raised });
    return watched;
  } catch (error) {
    log("error", "cron.watch_failed", { error: describeError(error) });
    return { next_due_in_ms: null };
  }
}

/** Search and moods may wait: when they fail, the next trigger goes on. */
async function understand(tools: Tools): Promise<CaughtUp> {
  try {
    return await catchUp(tools, MEANING_BUDGET_MS);
  } catch (error) {
    tools.log("error", "cron.meaning_failed", { error: describeError(error) });
    return { indexed: 0, rated: 0, next_due_in_ms: null };
  }
}

/** Old keys open what they have sealed for as long as it takes. */
async function renewSeals({ exec, vault, log, now }: Tools, everything = false): Promise<void> {
  try {
    const { masters } = await vault;
    const done = await reseal({ exec, masters, now, budget_ms: RESEAL_BUDGET_MS, everything });
    if (done.unopened > 0) log("error", "vault.unopened", { values: done.unopened });
    if (done.resealed + done.rewrapped > 0) log("info", "cron.reseal", { ...done });
  } catch (error) {
    log("error", "cron.reseal_failed", { error: describeError(error) });
  }
}

function soonest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
