import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readMessages } from "./message-reader.ts";
import { encode, passwordOf, simpleQuery, takeFirstMessage, transactionStatus } from "./wire.ts";

function startup(parameters: Record<string, string>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`${text.join("")}\0`)]);
  return encode("-", body).subarray(1);
}

test("reads the startup parameters", () => {
  const taken = takeFirstMessage(startup({ user: "ana", database: "shop" }));
  expect(taken?.message).toMatchObject({ kind: "startup", parameters: { user: "ana", database: "shop" } });
});

test("tells requests for encryption and cancellation from a startup", () => {
  const untyped = (code: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(8, 0);
    bytes.writeUInt32BE(code, 4);
    return takeFirstMessage(bytes)?.message.kind;
  };
  expect([untyped(80877103), untyped(80877104), untyped(80877102)]).toEqual(["encryption", "encryption", "cancel"]);
});

test("puts messages together from single bytes", async () => {
  const bytes = Buffer.concat([
    startup({ user: "ana" }),
    encode("p", Buffer.from("secret\0")),
    simpleQuery("select 1"),
  ]);
  const reader = readMessages(Readable.from([...bytes].map((byte) => Buffer.from([byte]))));
  expect(await reader.first()).toMatchObject({ kind: "startup", parameters: { user: "ana" } });
  const password = await reader.next();
  expect(password && passwordOf(password)).toBe("secret");
  expect(await reader.next()).toEqual({ type: "Q", bytes: simpleQuery("select 1") });
  expect(await reader.next()).toBeUndefined();
});

test("splits messages that arrive in one piece", async () => {
  const reader = readMessages(Readable.from([Buffer.concat([simpleQuery("begin"), simpleQuery("commit")])]));
  expect([await reader.next(), await reader.next()].map((message) => message?.bytes)).toEqual([
    simpleQuery("begin"),
    simpleQuery("commit"),
  ]);
});

test("a message cut off by the end is not a message", async () => {
  const reader = readMessages(Readable.from([simpleQuery("select 1").subarray(0, -1)]));
  expect(await reader.next()).toBeUndefined();
});

test("reads the transaction status only from an answer that ends with it", () => {
  const ready = (status: string) => encode("Z", Buffer.from(status));
  expect(transactionStatus(Buffer.concat([encode("C", Buffer.from("BEGIN\0")), ready("T")]))).toBe("T");
  expect(transactionStatus(ready("I"))).toBe("I");
  expect(transactionStatus(encode("C", Buffer.from("SELECT 1\0")))).toBeUndefined();
});
