import { expect, test } from "vitest";
import type { Call, Provider } from "./http.ts";
import { createRequestLog } from "./request-log.ts";

function call(change: Partial<Call> = {}): Call {
  return {
    method: "POST",
    path: "/v25.0/1/messages",
    query: new URLSearchParams(),
    headers: {},
    params: [],
    bytes: Buffer.alloc(0),
    body: { type: "text" },
    ...change,
  };
}

function filled(count: number, limit = 100, provider: Provider = "meta") {
  const log = createRequestLog(limit);
  for (let at = 1; at <= count; at++) log.begin(provider, call(), at * 1000);
  return log;
}

test("credentials are shown by their last four characters only", () => {
  const log = createRequestLog(10);
  const headers = { authorization: "Bearer secret-1234", "x-goog-api-key": "secret-5678", accept: "*/*" };
  log.begin("meta", call({ headers, query: new URLSearchParams({ key: "secret-9012" }) }), 0);
  const shown = JSON.stringify(log.list({}));
  expect(shown).not.toContain("secret");
  expect(log.list({})[0]?.headers).toEqual({ authorization: "…1234", "x-goog-api-key": "…5678", accept: "*/*" });
});

test("since an id leaves out that request, since a time keeps the one at it", () => {
  const log = filled(3);
  expect(log.list({ since: { id: 2 } }).map((record) => record.id)).toEqual([3]);
  expect(log.list({ since: { at: 2000 } }).map((record) => record.id)).toEqual([2, 3]);
});

test("only the wanted provider is listed", () => {
  const log = filled(2);
  log.begin("gemini", call(), 9000);
  expect(log.list({ provider: "gemini" }).map((record) => record.id)).toEqual([3]);
});

test("no more than the newest are kept", () => {
  expect(
    filled(25, 10)
      .list({})
      .map((record) => record.id),
  ).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
});

test("ids go on rising after a clear", () => {
  const log = filled(2);
  log.clear();
  log.begin("meta", call(), 3000);
  expect(log.list({}).map((record) => record.id)).toEqual([3]);
});

test("a log of no size records nothing", () => {
  expect(filled(3, 0).list({})).toEqual([]);
});
