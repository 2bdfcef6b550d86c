import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { DatabaseError, DatabaseUnavailable } from "./exec.ts";
import type { Exec } from "./exec.ts";
import { createNeonExec } from "./neon.ts";
import { createPostgresExec } from "./postgres.ts";

let database: TestDatabase;
const execs: Record<string, Exec> = {};

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  execs["Neon's protocol"] = createNeonExec({
    connection_string: database.workerUrl,
    endpoint: database.fetchEndpoint,
  });
  execs["Postgres' own protocol"] = createPostgresExec({ connection_string: database.workerUrl });
});
afterAll(() => database.drop());

describe.each(["Neon's protocol", "Postgres' own protocol"])("over %s", (name) => {
  const exec: Exec = (session, statements) => (execs[name] as Exec)(session, statements);
  const who = { text: "select current_user as who, current_setting('request.jwt.claims') as claims" };

  test("F140: role and claims hold for one call only", async () => {
    const [rows] = await exec({ role: "authenticated", claims: { sub: "u1" } }, [who]);
    expect(rows).toEqual([{ who: "authenticated", claims: '{"role":"authenticated","sub":"u1"}' }]);
    const [next] = await exec({ role: "anon" }, [who]);
    expect(next).toEqual([{ who: "anon", claims: '{"role":"anon"}' }]);
  });

  test("F140: 1,000 calls of two tenants, 50 at a time, each see their own claims", async () => {
    const seen: boolean[] = [];
    const caller = async (tenant: string) => {
      for (let i = 0; i < 20; i++) {
        const [rows] = await exec({ role: "authenticated", claims: { sub: tenant } }, [
          { text: "select current_setting('request.jwt.claims')::jsonb ->> 'sub' as sub" },
        ]);
        seen.push(rows?.[0]?.["sub"] === tenant);
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => caller(`tenant-${i % 2}`)));
    expect(seen).toEqual(Array.from({ length: 1_000 }, () => true));
  });

  test("an error names SQLSTATE and detail, and undoes what the call did before it", async () => {
    const slug = `rolled-back-${name.length}`;
    const failing = exec({ role: "switchboard_worker" }, [
      { text: "insert into public.organizations (name, slug) values ('x', $1)", params: [slug] },
      { text: "select 1 / 0" },
    ]);
    await expect(failing).rejects.toMatchObject({ name: "DatabaseError", code: "22012" });
    await expect(failing).rejects.toBeInstanceOf(DatabaseError);
    const [rows] = await exec({ role: "switchboard_worker" }, [
      { text: "select count(*)::int as n from public.organizations where slug = $1", params: [slug] },
    ]);
    expect(rows).toEqual([{ n: 0 }]);
  });

  test("jsonb comes back as an object, a 64-bit count as text, null as null", async () => {
    const [rows] = await exec({ role: "switchboard_worker" }, [
      { text: `select '{"a": [1, "ü"]}'::jsonb as j, 9007199254740993::bigint as big, null::text as nothing` },
    ]);
    expect(rows).toEqual([{ j: { a: [1, "ü"] }, big: "9007199254740993", nothing: null }]);
  });

  test("the login role itself may read nothing", async () => {
    const reading = exec({ role: "anon" }, [{ text: "select count(*) from public.messages" }]);
    await expect(reading).rejects.toMatchObject({ code: "42501" });
  });
});

test("a database that is away is told apart from one that refuses", async () => {
  const away = createPostgresExec({ connection_string: "postgres://a:b@127.0.0.1:9/none", timeout_ms: 2_000 });
  await expect(away({ role: "anon" }, [])).rejects.toBeInstanceOf(DatabaseUnavailable);
  database.availability.state = "down";
  try {
    const exec = execs["Neon's protocol"] as Exec;
    await expect(exec({ role: "anon" }, [{ text: "select 1" }])).rejects.toBeInstanceOf(DatabaseUnavailable);
  } finally {
    database.availability.state = "up";
  }
});
