import { DurableObject } from "cloudflare:workers";
import { drain } from "../../shared/feed/feed.ts";
import { report } from "../report.ts";
import { toolsOf } from "../tools.ts";

const SUBSCRIBER = "subscriber:";
const SENT = "sent";
/** While somebody listens: a poke that was lost costs no more than this. */
const SWEEP_MS = 1_000;
const LONGEST_SWEEP_MS = 5_000;
const PAGE = 500;

/**
 * Owns an organization's change feed: numbers what has changed and hands it to the objects whose sockets listen. Addressed
 * by the organization's id. It stores who listens and how far they have heard; the changes are in Postgres.
 */
export class Hub extends DurableObject<Env> {
  #draining: Promise<void> | undefined;
  #again = false;
  #idle_sweeps = 0;

  /** Something was written. Whether anybody listens. */
  async poke(): Promise<boolean> {
    if ((await this.#subscribers()).length === 0) return false;
    this.#idle_sweeps = 0;
    await this.#drain();
    return true;
  }

  /** From now on a socket object hears of changes. Returns the number after which it will. */
  async subscribe(shard: string): Promise<number> {
    await this.#drain();
    const known = await this.ctx.storage.get<number>(SENT);
    const sent = known ?? (await drain(toolsOf(this.env).exec, this.#org(), undefined, PAGE)).last_seq;
    // the first to listen does not get what was written before
    if (known === undefined) await this.ctx.storage.put(SENT, sent);
    await this.ctx.storage.put(SUBSCRIBER + shard, shard);
    await this.#arm(SWEEP_MS);
    return sent;
  }

  async unsubscribe(shard: string): Promise<void> {
    await this.ctx.storage.delete(SUBSCRIBER + shard);
    if ((await this.#subscribers()).length === 0) await this.ctx.storage.deleteAll();
  }

  /** Never throws: an alarm that fails too often is dropped by the platform for good (F47). */
  override async alarm(): Promise<void> {
    try {
      if ((await this.#subscribers()).length === 0) return;
      await this.#drain();
    } catch (error) {
      report("hub.alarm", error, { org_id: this.ctx.id.name });
    }
    this.#idle_sweeps += 1;
    await this.#arm(Math.min(LONGEST_SWEEP_MS, SWEEP_MS * this.#idle_sweeps));
  }

  /** One after another; whoever asks meanwhile is served by one more round. */
  #drain(): Promise<void> {
    if (this.#draining) {
      this.#again = true;
      return this.#draining;
    }
    this.#draining = this.#rounds().finally(() => (this.#draining = undefined));
    return this.#draining;
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      while (await this.#round());
    } while (this.#again);
  }

  /** Hands on one page. Whether there may be more. */
  async #round(): Promise<boolean> {
    const subscribers = await this.#subscribers();
    const sent = await this.ctx.storage.get<number>(SENT);
    if (subscribers.length === 0 || sent === undefined) return false;
    const { events } = await drain(toolsOf(this.env).exec, this.#org(), sent, PAGE);
    const last = events.at(-1);
    if (!last) return false;
    this.#idle_sweeps = 0;
    await Promise.all(subscribers.map((shard) => this.#deliver(shard, events)));
    // after the handing on: a crash in between repeats, and the receivers know what they have had
    await this.ctx.storage.put(SENT, last.seq);
    return events.length === PAGE;
  }

  /** One that fails or has nobody left is no reason for the others to wait (F149). */
  async #deliver(shard: string, events: Parameters<Rpc["changes"]>[1]): Promise<void> {
    try {
      const rpc: Rpc = this.env.SOCKETS.getByName(shard);
      if (!(await rpc.changes(this.#org(), events))) await this.ctx.storage.delete(SUBSCRIBER + shard);
    } catch (error) {
      report("hub.deliver", error, { org_id: this.ctx.id.name, shard });
    }
  }

  async #subscribers(): Promise<string[]> {
    return [...(await this.ctx.storage.list<string>({ prefix: SUBSCRIBER })).values()];
  }

  #org(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("A Hub must be addressed by its organization's id");
    return name;
  }

  async #arm(in_ms: number): Promise<void> {
    const at = Date.now() + in_ms;
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }
}

/** What a Hub calls of a socket object. */
interface Rpc {
  changes(org_id: string, events: Awaited<ReturnType<typeof drain>>["events"]): Promise<boolean>;
}
