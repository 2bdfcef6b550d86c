import { describe, expect, test } from "vitest";
import { decode, encode, encodeBytes } from "./frame.ts";
import type { Message } from "./frame.ts";

const message: Message = { join_ref: "1", ref: "2", topic: "realtime:room", event: "phx_join", payload: { a: "é" } };
const bytes = (...parts: (number[] | string)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)))
    .buffer;

describe("texts", () => {
  test("an array in version 2, an object in version 1; either is understood", () => {
    expect(encode(message, "2.0.0")).toBe('["1","2","realtime:room","phx_join",{"a":"é"}]');
    for (const version of ["1.0.0", "2.0.0"] as const) expect(decode(encode(message, version))).toEqual(message);
  });

  test("references may be numbers or missing", () => {
    expect(decode('{"topic":"phoenix","event":"heartbeat","ref":7}')).toEqual({
      join_ref: null,
      ref: "7",
      topic: "phoenix",
      event: "heartbeat",
      payload: {},
    });
  });

  test.each(["", "{", "null", "7", "[]", '["1","2",3,"x",{}]', '{"topic":"a"}'])("%s is no message", (frame) => {
    expect(decode(frame)).toBeNull();
  });
});

describe("bytes", () => {
  test("a client's broadcast of JSON", () => {
    const frame = bytes([3, 1, 1, 13, 3, 0, 1], "68realtime:roomcur", '{"x":1}');
    expect(decode(frame)).toEqual({
      join_ref: "6",
      ref: "8",
      topic: "realtime:room",
      event: "broadcast",
      payload: { type: "broadcast", event: "cur", payload: { x: 1 } },
    });
  });

  test("a client's broadcast of bytes stays bytes", () => {
    const frame = bytes([3, 0, 0, 1, 1, 2, 0], "te{}", [255, 0, 1]);
    expect(decode(frame)).toMatchObject({ topic: "t", payload: { event: "e", payload: Uint8Array.from([255, 0, 1]) } });
  });

  test.each([[[]], [[4, 0, 0, 0, 0, 0, 0]], [[3, 1, 1]]])("%j are no message", (frame) => {
    expect(decode(bytes(frame))).toBeNull();
  });

  test("what goes to a client names topic and event, and never one too long for its length", () => {
    expect(encodeBytes("t", "ev", Uint8Array.from([9]))).toEqual(new Uint8Array(bytes([4, 1, 2, 0, 0], "tev", [9])));
    expect(encodeBytes("t".repeat(256), "e", new Uint8Array())).toBeNull();
  });
});
