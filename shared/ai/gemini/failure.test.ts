import { GoogleGenerativeAIAbortError, GoogleGenerativeAIFetchError } from "@google/generative-ai";
import { expect, test } from "vitest";
import { classifyFailure } from "./failure.ts";

const KEY = "AIzaSyA-made-up-key-0123456789";

const refused = (status: number, details: Record<string, unknown>[] = [], message = "no") =>
  classifyFailure(new GoogleGenerativeAIFetchError(message, status, "", details as never), KEY);

test.each([429, 500, 502, 503, 504, 408])("F52: a status of %d may pass", (status) => {
  expect(refused(status).retry).toBe(true);
});

test.each([400, 401, 403, 404])("F52: a status of %d will not pass", (status) => {
  expect(refused(status)).toMatchObject({ retry: false, transient: false, retry_after_ms: null });
});

test("a bad key is a 400 with its own reason", () => {
  expect(refused(400, [{ "@type": "google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }])).toMatchObject({
    code: "API_KEY_INVALID",
    retry: false,
  });
});

test.each([
  ["7s", 7_000],
  ["1.25s", 1_250],
  ["0s", 0],
  ["soon", null],
])("a RetryInfo of %j is a wait of %j ms", (retryDelay, wait) => {
  expect(refused(429, [{ "@type": "google.rpc.RetryInfo", retryDelay }]).retry_after_ms).toBe(wait);
});

test("too many requests are tried again within the call only when the vendor names the wait", () => {
  expect(refused(429).transient).toBe(false);
  expect(refused(429, [{ retryDelay: "1s" }]).transient).toBe(true);
});

test("F52: a spent daily quota will not pass, whatever wait stands beside it", () => {
  const violations = [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }];
  expect(refused(429, [{ violations }, { retryDelay: "1s" }])).toMatchObject({
    code: "DAILY_QUOTA",
    retry: false,
    transient: false,
  });
});

test("a quota by the minute will pass", () => {
  expect(refused(429, [{ violations: [{ quotaId: "GenerateRequestsPerMinutePerProject" }] }]).retry).toBe(true);
});

test("F52: a timeout may pass, by whichever name the runtime throws it", () => {
  const aborts = [new GoogleGenerativeAIAbortError("x"), new DOMException("x", "AbortError")];
  expect(aborts.map((error) => classifyFailure(error, KEY))).toEqual(
    aborts.map(() => expect.objectContaining({ code: "TIMEOUT", retry: true, status: null })),
  );
});

test.each([new TypeError("fetch failed"), new SyntaxError("not JSON"), "a string", null, undefined, {}])(
  "F52: anything else thrown, %o, may pass",
  (error) => {
    expect(classifyFailure(error, KEY)).toMatchObject({ retry: true, status: null });
  },
);

test("details of an odd shape are ignored", () => {
  expect(refused(503, [{ reason: 5, retryDelay: null, violations: "x" }])).toMatchObject({ code: "UNAVAILABLE" });
  expect(refused(503, "text" as never).code).toBe("UNAVAILABLE");
});

test("no message carries a key", () => {
  const message = `GET /v1?key=secret123&x=1 with ${KEY} and AIzaSyB-someone-elses-key-999`;
  const told = refused(403, [], message).message;
  expect(told).not.toContain(KEY);
  expect(told).not.toContain("secret123");
  expect(told).not.toContain("someone-elses");
  expect(classifyFailure(new Error("bad header plain-key"), " plain-key\n").message).toBe("bad header [key]");
});

test("a message is bounded and keeps its text without a key", () => {
  expect(classifyFailure(new Error("x".repeat(10_000)), "").message).toBe("x".repeat(500));
});
