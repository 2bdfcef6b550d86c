import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../../shared/db/call.ts";
import type { AuthFunction } from "../../shared/db/call.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
beforeAll(async () => void (db = await openHarness()));
afterAll(() => db.close());

interface Answer {
  session_id?: string;
  error?: { error_code: string };
}

const act = (name: AuthFunction, given: object) => call<Answer>(db.exec, name, given);
const fresh = () => crypto.randomUUID();

async function session(): Promise<{ token: string; session_id: string }> {
  const token = fresh();
  const { session_id = "" } = await act("auth_sign_up_v1", {
    email: `${fresh()}@example.test`,
    password: "correct horse",
    refresh_hash: token,
  });
  return { token, session_id };
}

const later = (token: string, seconds: number) =>
  db.rows("update auth.refresh_tokens set updated_at = updated_at - make_interval(secs => $2) where token = $1", [
    token,
    seconds,
  ]);

test("a refresh token used by many at once serves them all, in the one session", async () => {
  const { token, session_id } = await session();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => act("auth_refresh_v1", { refresh_hash: token, next_hash: fresh() })),
  );
  expect(new Set(answers.map((answer) => answer.session_id))).toEqual(new Set([session_id]));
});

test("a refresh token that comes back later is a copy: the session ends, for the thief and for the owner", async () => {
  const { token, session_id } = await session();
  const next = fresh();
  await act("auth_refresh_v1", { refresh_hash: token, next_hash: next });
  await later(token, 11);
  expect(await act("auth_refresh_v1", { refresh_hash: token, next_hash: fresh() })).toMatchObject({
    error: { error_code: "refresh_token_already_used" },
  });
  expect(await act("auth_refresh_v1", { refresh_hash: next, next_hash: fresh() })).toMatchObject({
    error: { error_code: "refresh_token_not_found" },
  });
  expect(await db.rows("select from auth.sessions where id = $1", [session_id])).toEqual([]);
});

test("of many who sign up with one address at once, one does", async () => {
  const email = `${fresh()}@example.test`;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      act("auth_sign_up_v1", { email, password: "correct horse", refresh_hash: fresh() }),
    ),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
});

test.each(["anon", "authenticated", "service_role"] as const)(
  "%s reaches neither users nor the acts on them",
  async (role) => {
    for (const text of [
      "select * from auth.users",
      "select * from auth.sessions",
      "select * from auth.refresh_tokens",
      "select switchboard.auth_sign_in_v1('{}')",
      "select switchboard.auth_delete_user_v1('{}')",
    ]) {
      await expect(db.exec({ role }, [{ text }])).rejects.toMatchObject({ code: "42501" });
    }
  },
);
