import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { loginUrl } from "../../dev/database/postgres.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import { fillBusinessTables, fillOrganizationTables } from "../../test/factories/every-table.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import { createMember, createTenant } from "../../test/factories/tenant.ts";
import { asServiceError } from "../errors.ts";
import type { Exec } from "./exec.ts";
import { createNeonExec } from "./neon.ts";
import { createPostgresExec } from "./postgres.ts";

const LOGIN = "passes_by";
const PASSWORD = "for this test";
const INSUFFICIENT_PRIVILEGE = "42501";

let database: TestDatabase;
let exec: Exec;
let admin: Client;
let tables: string[];
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({
    connection_string: database.workerUrl,
    endpoint: database.fetchEndpoint,
    check_login: true,
  });
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(`drop role if exists ${LOGIN}; create role ${LOGIN} login bypassrls password '${PASSWORD}'`);
  await admin.query(`grant switchboard_worker, authenticator to ${LOGIN}`);
  [ours, theirs] = [await createTenant(exec), await createTenant(exec)];
  for (const tenant of [ours, theirs]) {
    await fillOrganizationTables(exec, tenant);
    await fillBusinessTables(exec, tenant);
    await createMember(exec, tenant);
  }
  const { rows } = await admin.query(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') order by 1",
  );
  tables = rows.map(({ relname }) => relname);
});
afterAll(async () => {
  await admin.query(`drop role ${LOGIN}`);
  await admin.end();
  await database.drop();
});

describe("F139: a login that passes by row-level security", () => {
  test.each([
    ["a superuser", () => database.adminUrl],
    ["one with BYPASSRLS", () => loginUrl(database.adminUrl, LOGIN, PASSWORD)],
  ])("%s is refused with a reason, and nothing is done", async (_who, url) => {
    const guarded = createPostgresExec({ connection_string: url(), check_login: true });
    const write = { text: "update public.organizations set name = 'Taken'" };
    for (let time = 1; time <= 2; time++) {
      const error = await guarded({ role: "switchboard_worker" }, [write]).catch(asServiceError);
      expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining("BYPASSRLS") });
    }
    const { rows } = await admin.query("select name from public.organizations where name = 'Taken'");
    expect(rows).toEqual([]);
  });

  test("the login that the migration makes is taken, and its answers are those of the statements", async () => {
    const [first, second] = await exec({ role: "anon" }, [{ text: "select 1 as one" }, { text: "select 2 as two" }]);
    expect([first, second]).toEqual([[{ one: 1 }], [{ two: 2 }]]);
  });

  test("no role of ours does, and no tenant's table lets its owner", async () => {
    const { rows: roles } = await admin.query(`select rolname from pg_roles
      where rolname ~ '^switchboard_|^(authenticator|anon|authenticated|service_role)$' and (rolsuper or rolbypassrls)`);
    const { rows: open } = await admin.query(`select relname from pg_class where relkind in ('r', 'p')
      and relnamespace in ('public'::regnamespace, 'switchboard'::regnamespace) and relname <> 'migrations'
      and not (relrowsecurity and relforcerowsecurity)`);
    expect([roles, open]).toEqual([[], []]);
  });
});

describe("F141: without a context", () => {
  test.each([
    ["anon", { role: "anon" }],
    ["a user whose claims name nobody", { role: "authenticated" }],
    ["a user of no team", { role: "authenticated", claims: { sub: crypto.randomUUID(), role: "authenticated" } }],
  ] as const)("%s sees no row of any table or view", async (_who, session) => {
    const seen: string[] = [];
    for (const table of tables.filter((name) => name !== "app_config")) {
      const count = { text: `select count(*)::integer as rows from public.${table}` };
      const found = await exec(session, [count]).catch((error: { code?: string }) => error.code);
      if (found !== INSUFFICIENT_PRIVILEGE && (found as { rows: number }[][])[0]?.[0]?.rows !== 0) seen.push(table);
    }
    expect(seen).toEqual([]);
  });

  test("the bare login reads nothing at all", async () => {
    const bare = new Client({ connectionString: loginUrl(database.adminUrl, LOGIN, PASSWORD) });
    await bare.connect();
    await bare.query("set role authenticator");
    const codes = await Promise.all(
      tables.map((table) => bare.query(`select from public.${table} limit 1`).catch(({ code }) => code)),
    );
    await bare.end();
    expect(codes).toEqual(tables.map(() => INSUFFICIENT_PRIVILEGE));
  });
});

test("F140: a thousand transactions of two tenants, interleaved over pooled connections, see no foreign row", async () => {
  const question = { text: "select org_id, count(*)::integer as rows from public.conversations group by org_id" };
  const nobody = { role: "authenticated", claims: {} } as const;
  const as = (user_id: string) => ({ role: "authenticated", claims: { sub: user_id, role: "authenticated" } }) as const;
  const foreign: unknown[] = [];
  const LANES = 20;
  const lane = async (number: number) => {
    for (let i = 0; i < 1000 / LANES; i++) {
      const tenant = (i + number) % 2 === 0 ? ours : theirs;
      const session = i % 10 === 9 ? nobody : as(tenant.owner.user_id);
      const [rows = []] = await exec(session, [question]);
      const expected = session === nobody ? [] : [{ org_id: tenant.org_id, rows: 1 }];
      if (JSON.stringify(rows) !== JSON.stringify(expected)) foreign.push(rows);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  expect(foreign).toEqual([]);
});
