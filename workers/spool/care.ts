import { describeError } from "../../shared/log.ts";
import type { Log } from "../../shared/log.ts";
import type { SpoolStatus } from "../../shared/spool/store.ts";
import { pulse } from "../cron/pulse.ts";
import { spool } from "./stub.ts";

/** What all Spools hold together. One call while none holds anything. */
export async function spoolStatus(env: Env): Promise<SpoolStatus> {
  const numbers = await pulse(env).spools();
  const each = await Promise.all(numbers.map((number) => spool(env, number).status()));
  const oldest = each.flatMap(({ oldest_received_at }) => oldest_received_at ?? []);
  return {
    backlog: each.reduce((sum, { backlog }) => sum + backlog, 0),
    oldest_received_at: oldest.length === 0 ? null : Math.min(...oldest),
    poisoned: each.reduce((sum, { poisoned }) => sum + poisoned, 0),
  };
}

/** Makes sure that every Spool that holds something goes on. Never throws: what else is due must not wait for it. */
export function nudgeSpools(env: Env, log: Log): Promise<void> {
  return ofEach(env, log, (number) => spool(env, number).nudge());
}

/** Gives what was set aside its daily chance. Never throws. */
export function reviveSpools(env: Env, log: Log): Promise<void> {
  return ofEach(env, log, (number) => spool(env, number).revive());
}

async function ofEach(env: Env, log: Log, act: (number: number) => Promise<void>): Promise<void> {
  try {
    const numbers = await pulse(env).spools();
    await Promise.all(numbers.map(act));
  } catch (error) {
    log("error", "spool.care", { error: describeError(error) });
  }
}
