import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nextSlot, sliceOf } from "./pace.ts";

test("F102: no second, wherever it begins, holds more than the pace, however the slots are asked for", () => {
  const asks = fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), wait: fc.nat(400) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(fc.constantFrom(1, 3, 20, 80, 1000), asks, (per_second, list) => {
      let now = 0;
      let free = 0;
      const sent: { at: number; n: number }[] = [];
      for (const { share, wait } of list) {
        now += wait;
        const n = Math.max(1, Math.round(share * sliceOf(per_second, 50)));
        const slot = nextSlot(free, now, { per_second, slice: sliceOf(per_second, 50), lead_ms: 50 });
        free = slot.free_at;
        sent.push({ at: slot.at, n });
      }
      for (const { at } of sent) {
        const within = sent.filter((one) => one.at >= at && one.at < at + 1000);
        expect(within.reduce((sum, { n }) => sum + n, 0)).toBeLessThanOrEqual(per_second);
      }
    }),
  );
});

test("a number that is always asked sends at least 99 of 100 that it may", () => {
  for (const per_second of [80, 1000]) {
    const slice = sliceOf(per_second, 50);
    let free = 0;
    for (let slots = 0; slots < 1000; slots++) free = nextSlot(free, 0, { per_second, slice, lead_ms: 0 }).free_at;
    expect((1000 * slice * 1000) / free / per_second).toBeGreaterThan(0.99);
  }
});
