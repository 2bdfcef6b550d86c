import { expect, test } from "vitest";
import { handshake } from "./handshake.ts";

const TOKEN = "verify-me";

function query(changes: Record<string, string | null> = {}): URLSearchParams {
  const fields = { "hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": TOKEN, ...changes };
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

test("a subscription with our token gets its challenge back", async () => {
  expect(await handshake(query(), TOKEN)).toBe("1158201444");
});

test.each([
  ["a wrong token", { "hub.verify_token": "verify-you" }],
  ["no token", { "hub.verify_token": null }],
  ["another mode", { "hub.mode": "unsubscribe" }],
  ["no mode", { "hub.mode": null }],
  ["no challenge", { "hub.challenge": null }],
  ["markup for a challenge", { "hub.challenge": "<script>" }],
])("%s is refused", async (_, changes) => {
  expect(await handshake(query(changes), TOKEN)).toBeNull();
});

test("an empty token of ours refuses an empty one of theirs", async () => {
  expect(await handshake(query({ "hub.verify_token": "" }), "")).toBeNull();
});
