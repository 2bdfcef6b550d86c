import { expect, test } from "vitest";
import { call, callAs } from "./call.ts";
import type { Exec, Session, Statement } from "./exec.ts";
import { sessionStatements } from "./session.ts";

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
      [
        {
          text: "select switchboard.health_v1($1::jsonb) as result, nullif(current_setting('switchboard.feed', true), '') as feed",
          params: ['{"text":"\'; drop table x; --"}'],
        },
      ],
    ],
  ]);
});

test("a command runs in its caller's session", async () => {
  const { exec, calls } = recording([[{ result: 7 }]]);
  const session = { key_hash: "a".repeat(64), scope: "write", role: "switchboard_worker" } as const;
  expect(await callAs(exec, session, "mark_read_v1", {})).toBe(7);
  expect(calls).toEqual([
    [
      session,
      [
        {
          text: "select switchboard.mark_read_v1($1::jsonb) as result, nullif(current_setting('switchboard.feed', true), '') as feed",
          params: ["{}"],
        },
      ],
    ],
  ]);
});

const TAKE = "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)";

test("role and claims are set for the transaction only, as parameters", () => {
  expect(sessionStatements({ role: "authenticated", claims: { sub: "it's me" } })).toEqual([
    { text: TAKE, params: ["authenticated", '{"role":"authenticated","sub":"it\'s me"}'] },
  ]);
});

test("F143: a key is looked up at the head of every transaction, before its role is taken", () => {
  const key_hash = "a".repeat(64);
  const asWorker = [
    { text: TAKE, params: ["switchboard_worker", '{"role":"switchboard_worker"}'] },
    { text: "select switchboard.authenticate_key_v1($1, $2)", params: [key_hash, "write"] },
  ];
  expect(sessionStatements({ key_hash, scope: "write", role: "switchboard_worker" })).toEqual(asWorker);
  expect(sessionStatements({ key_hash, scope: "write", role: "authenticated" })).toEqual([
    ...asWorker,
    { text: "select set_config('role', $1, true)", params: ["authenticated"] },
  ]);
});
