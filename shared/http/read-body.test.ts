import { expect, test } from "vitest";
import { readBody } from "./read-body.ts";

const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request("http://worker/", { method: "POST", body, headers, duplex: "half" } as RequestInit);

/** A body of unknown length, in these pieces; says how many were taken. */
function streamed(...pieces: number[]) {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = pieces[taken];
        if (size === undefined) return controller.close();
        taken += 1;
        controller.enqueue(new Uint8Array(size).fill(taken));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken: () => taken };
}

test("the bytes exactly as they came", async () => {
  const bytes = new Uint8Array([0, 0xff, 0xfe, 0x0d, 0x0a]);
  expect(await readBody(post(bytes), 5)).toEqual(bytes);
});

test("pieces are put together in order", async () => {
  expect(await readBody(post(streamed(2, 1).body), 10)).toEqual(new Uint8Array([1, 1, 2]));
});

test("no body is no bytes", async () => {
  expect(await readBody(post(null), 10)).toEqual(new Uint8Array());
});

test.each([
  [10, 10],
  [11, null],
])("%d bytes under a limit of 10", async (size, expected) => {
  expect((await readBody(post(streamed(size).body), 10))?.byteLength ?? null).toBe(expected);
});

test("a length that says too much is refused before anything is read", async () => {
  const { body, taken } = streamed(5);
  expect(await readBody(post(body, { "content-length": "11" }), 10)).toBeNull();
  expect(taken()).toBe(0);
});

test("a length that lies is found out while reading, and reading stops", async () => {
  const { body, taken } = streamed(6, 6, 6, 6);
  expect(await readBody(post(body, { "content-length": "1" }), 10)).toBeNull();
  expect(taken()).toBeLessThan(4);
});
