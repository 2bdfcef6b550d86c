import { expect, test } from "vitest";
import { createResponseReader } from "./response-reader.ts";

const bytes = (text: string) => Buffer.from(text);
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok";
const CHUNKED = "HTTP/1.1 503 Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

test("answers that follow one another on one connection, with a length and in chunks", () => {
  const reader = createResponseReader();
  expect([OK, CHUNKED, OK].map((answer) => reader.push(bytes(answer)))).toEqual([200, 503, 200]);
});

test.each([OK, CHUNKED])("an answer may arrive byte by byte", (answer) => {
  const reader = createResponseReader();
  const seen = [...bytes(answer)].map((byte) => reader.push(Buffer.of(byte)));
  expect(seen.slice(0, -1).every((status) => status === undefined)).toBe(true);
  expect(seen.at(-1)).toBe(answer === OK ? 200 : 503);
});

test("the length counts bytes, not characters", () => {
  const reader = createResponseReader();
  expect(reader.push(bytes("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nüü"))).toBe(200);
  expect(reader.push(bytes(OK))).toBe(200);
});

test("an answer that says nothing about its length is refused", () => {
  expect(() => createResponseReader().push(bytes("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("without a length");
});
