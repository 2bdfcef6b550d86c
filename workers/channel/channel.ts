import { DurableObject } from "cloudflare:workers";
import { BATCH_SIZE } from "../../shared/campaigns/lease.ts";
import { nextSlot, sliceOf } from "../../shared/campaigns/pace.ts";

const FREE_AT = "free_at";

/**
 * Owns one number's pace: hands out the moments at which campaigns may send from it. People's messages ask nobody. It stores
 * from when on the number is free, before it gives a moment away: a restart gives none away twice. Addressed by the
 * channel's id.
 */
export class Channel extends DurableObject<Env> {
  /** The moment (unix ms) for one slice of a pace, at least `lead_ms` ahead. */
  async slot(per_second: number, lead_ms: number): Promise<number> {
    const known = (await this.ctx.storage.get<number>(FREE_AT)) ?? 0;
    const { at, free_at } = nextSlot(known, Date.now(), {
      per_second,
      slice: sliceOf(per_second, BATCH_SIZE),
      lead_ms,
    });
    await this.ctx.storage.put(FREE_AT, free_at);
    return at;
  }
}
