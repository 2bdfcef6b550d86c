import { expect, test } from "vitest";
import { call, callAs } from "./call.ts";
import type { Exec, Session, Statement } from "./exec.ts";
import { sessionStatement } from "./session.ts";

function recording(rows: Record<string, unknown>[][]) {
  const calls: [Session, Statement[]][] = [];
  const exec: Exec = async (session, statements) => {
    calls.push([session, statements]);
    return rows;
  };
  return { exec, calls };
}

test("a function of ours runs as the Worker, with its argument as one parameter", async () => {
  const { exec, calls } = recording([[{ result: { ok: true } }]]);
  expect(await call(exec, "health_v1", { text: "'; drop table x; --" })).toEqual({ ok: true });
  expect(calls).toEqual([
    [
      { role: "switchboard_worker" },
      [{ text: "select switchboard.health_v1($1::jsonb) as result", params: ['{"text":"\'; drop table x; --"}'] }],
    ],
  ]);
});

test("a command authenticates its caller first, in the same transaction, every time", async () => {
  const { exec, calls } = recording([[{}], [{ result: 7 }]]);
  const credentials = { key_hash: "a".repeat(64), scope: "write" };
  expect(await callAs(exec, credentials, "mark_read_v1", {})).toBe(7);
  const [, statements] = calls[0] ?? [];
  expect(statements?.map(({ text }) => text)).toEqual([
    "select switchboard.authenticate_key_v1($1, $2)",
    "select switchboard.mark_read_v1($1::jsonb) as result",
  ]);
  expect(statements?.[0]?.params).toEqual(["a".repeat(64), "write"]);
});

test("role and claims are set for the transaction only, as parameters", () => {
  expect(sessionStatement({ role: "authenticated", claims: { sub: "it's me" } })).toEqual({
    text: "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
    params: ["authenticated", '{"role":"authenticated","sub":"it\'s me"}'],
  });
});
