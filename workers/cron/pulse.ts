import { DurableObject } from "cloudflare:workers";
import { AWAKE, afterSweep, mayRest } from "../../shared/operations/rest.ts";
import type { Rest } from "../../shared/operations/rest.ts";

const REST = "rest";
const SPOOL = "spool:";
/** How often one isolate tells that something was written: a hint needs no more. */
const BEAT_EVERY_MS = 60_000;

/**
 * Knows what would otherwise have to be asked of everybody: whether anything was written lately, so that the sweep of an
 * idle system does not keep the database awake, and which Spools hold something. There is one, and losing it costs a
 * sweep.
 */
export class Pulse extends DurableObject<Env> {
  async beat(): Promise<void> {
    await this.ctx.storage.put(REST, AWAKE);
  }

  async mayRest(): Promise<boolean> {
    return mayRest(await this.#rest(), Date.now());
  }

  async swept(result: { found: number; next_due_in_ms: number | null }): Promise<void> {
    await this.ctx.storage.put(REST, afterSweep(await this.#rest(), Date.now(), result));
  }

  async spoolHolds(number: number, holds: boolean): Promise<void> {
    await (holds ? this.ctx.storage.put(SPOOL + number, number) : this.ctx.storage.delete(SPOOL + number));
  }

  /** Numbers of the Spools that hold something, as far as they have told. */
  async spools(): Promise<number[]> {
    return [...(await this.ctx.storage.list<number>({ prefix: SPOOL })).values()];
  }

  async #rest(): Promise<Rest> {
    return (await this.ctx.storage.get<Rest>(REST)) ?? AWAKE;
  }
}

export function pulse(env: Env) {
  return env.PULSE.getByName("pulse");
}

const lastBeat = new WeakMap<object, number>();

/** Tells that something was written, at most once a minute an isolate. */
export async function beat(env: Env, now: number): Promise<void> {
  if (now - (lastBeat.get(env) ?? -Infinity) < BEAT_EVERY_MS) return;
  lastBeat.set(env, now);
  await pulse(env).beat();
}
