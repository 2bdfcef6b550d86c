import { DurableObject } from "cloudflare:workers";
import { ingest } from "../../shared/ingest/ingest.ts";
import { backoffMs } from "../../shared/spool/backoff.ts";
import { drain } from "../../shared/spool/drain.ts";
import type { Drained } from "../../shared/spool/drain.ts";
import { prepare } from "../../shared/spool/schema.ts";
import { createSpoolStore } from "../../shared/spool/store.ts";
import type { SpoolStatus, SpoolStore } from "../../shared/spool/store.ts";
import type { SpooledWebhook } from "../../shared/spool/webhook.ts";
import { report } from "../report.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat, pulse } from "../cron/pulse.ts";
import { toolsOf } from "../tools.ts";
import { readEvents } from "../webhooks/read-events.ts";

const FAILURES = "failures";
const FIRST_LOOK_MS = 1_000;
/** One alarm's work; another follows at once. */
const PASS_MS = 10_000;
/** After a pass that left something refused, and after a fault of ours. */
const LATER_MS = 10_000;
/** A line that has moved for so long and is not at its end would not end while others join it. */
const LONGEST_LINE_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Owns webhooks that were answered with 200 while Postgres could not take them, and brings them there in the order in
 * which they came. Addressed by a number; each keeps its share of the accounts.
 */
export class Spool extends DurableObject<Env> {
  #store: SpoolStore | undefined;
  /** Since when the line has been moving, unix milliseconds. */
  #moving_since: number | null = null;
  #told: boolean | undefined;
  #telling: Promise<void> = Promise.resolve();

  /** Keeps a webhook. When this returns it is on disk: answers leave an object only after its writes. */
  async accept(webhook: SpooledWebhook): Promise<void> {
    const store = this.#stored();
    this.ctx.storage.transactionSync(() => store.add(webhook));
    await this.#arm(FIRST_LOOK_MS);
    this.ctx.waitUntil(this.#tell());
  }

  /** Keeps a webhook if others wait for whom it should not overtake; otherwise its caller is to store it in Postgres. */
  async join(webhook: SpooledWebhook): Promise<boolean> {
    const moved = this.#moving_since === null ? 0 : Date.now() - this.#moving_since;
    if (moved > LONGEST_LINE_MS || !this.#stored().isWaiting()) return false;
    await this.accept(webhook);
    return true;
  }

  async status(): Promise<SpoolStatus> {
    return this.#stored().status();
  }

  /** Makes sure that what waits has an alarm: one that is lost would be lost for good. */
  async nudge(): Promise<void> {
    if (this.#stored().isWaiting()) await this.#arm(0);
    await this.#tell();
  }

  /** Tries what was set aside yesterday or earlier once more: a later version of ours may be able to store it. */
  async revive(): Promise<void> {
    this.#stored().revive(Date.now() - DAY_MS);
    await this.nudge();
  }

  /** Never throws: an alarm that fails too often is dropped by the platform for good (F47). */
  override async alarm(): Promise<void> {
    let next: number | null = LATER_MS;
    try {
      next = await this.#pass();
    } catch (error) {
      report("spool.alarm", error);
    }
    await this.#tell();
    if (next !== null) await this.#arm(next);
  }

  /** @returns milliseconds until the next pass, null when nothing waits */
  async #pass(): Promise<number | null> {
    const { exec, now, random, log } = toolsOf(this.env);
    const waking: Promise<void>[] = [];
    const passed = await drain(
      {
        store: this.#stored(),
        deliver: async ({ provider, received_at, body }) => {
          const events = await readEvents(provider, body, received_at);
          const { wake } = await ingest(exec, { provider, received_at, events });
          // not waited for one by one, and the sweep finds whoever was not woken
          waking.push(wakeAll(this.env, wake).catch((error) => report("spool.wake", error)));
        },
        now,
        log,
      },
      PASS_MS,
    );
    await Promise.all(waking);
    if (passed.delivered > 0) {
      log("info", "spool.drained", { spool: this.#number(), ...passed });
      await beat(this.env, now()).catch((error) => report("spool.pulse", error));
    }
    return this.#plan(passed, now(), random());
  }

  async #plan({ delivered, end }: Drained, now: number, random: number): Promise<number | null> {
    this.#moving_since = end === "pause" && delivered > 0 ? (this.#moving_since ?? now) : null;
    if (end === "away") {
      // kept in storage: an object that sleeps between two attempts would begin anew with each
      const failures = delivered > 0 ? 1 : ((await this.ctx.storage.get<number>(FAILURES)) ?? 0) + 1;
      await this.ctx.storage.put(FAILURES, failures);
      return backoffMs(failures, random);
    }
    await this.ctx.storage.delete(FAILURES);
    return { empty: null, refused: LATER_MS, pause: 0 }[end];
  }

  /** Tells the Pulse whether anything is here, so that nobody has to ask sixteen objects. In order, the newest last. */
  #tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tellNow()).catch((error) => report("spool.untold", error));
    return this.#telling;
  }

  async #tellNow(): Promise<void> {
    const holds = !this.#stored().isEmpty();
    if (holds === this.#told) return;
    await pulse(this.env).spoolHolds(this.#number(), holds);
    this.#told = holds;
  }

  #stored(): SpoolStore {
    if (this.#store) return this.#store;
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => prepare(sql));
    this.#store = createSpoolStore(sql);
    return this.#store;
  }

  #number(): number {
    return Number(this.ctx.id.name);
  }

  /** An alarm that is due earlier stands. */
  async #arm(in_ms: number): Promise<void> {
    const at = Date.now() + in_ms;
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }
}
