import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nextSlot, sliceOf, spreadOf } from "./pace.ts";

test("F102: no second, wherever it begins, holds more than the pace, however the slots are asked for", () => {
  const asks = fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), wait: fc.nat(400) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(fc.constantFrom(1, 3, 20, 80, 1000), asks, (per_second, list) => {
      let now = 0;
      let free = 0;
      const sent: number[] = [];
      for (const { share, wait } of list) {
        now += wait;
        const slice = sliceOf(per_second, 50);
        const slot = nextSlot(free, now, { per_second, slice, lead_ms: 50 });
        free = slot.free_at;
        const n = Math.max(1, Math.round(share * slice));
        sent.push(...Array.from({ length: n }, (_, i) => slot.at + i * spreadOf(per_second, slice)));
      }
      for (const [first, at] of sent.entries()) {
        // the message after a full second's worth is a second later at least
        expect((sent[first + per_second] ?? Infinity) - at).toBeGreaterThanOrEqual(1000 - 1e-6);
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
