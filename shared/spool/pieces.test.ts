import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PIECE_BYTES, cut, join } from "./pieces.ts";

test("what is cut comes back as it was, in pieces of the size at most", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 20 }), (bytes, size) => {
      const pieces = cut(bytes, size);
      expect(join(pieces)).toEqual(bytes);
      for (const piece of pieces) expect(piece.byteLength).toBeLessThanOrEqual(size);
    }),
  );
});

test.each([
  [PIECE_BYTES, 1],
  [PIECE_BYTES + 1, 2],
  [3 * PIECE_BYTES, 3],
])("%i bytes make %i pieces", (size, expected) => {
  expect(cut(new Uint8Array(size))).toHaveLength(expected);
});
