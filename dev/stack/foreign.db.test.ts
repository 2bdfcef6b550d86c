import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../database/embedded.ts";
import type { EmbeddedPostgres } from "../database/embedded.ts";
import { loginUrl } from "../database/postgres.ts";
import { isForeign, prepareForeign } from "./foreign.ts";

// a server of its own: roles belong to a whole server, and here there are to be none
let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startEmbeddedPostgres({ settings: { fsync: "off" } });
});
afterAll(() => server.stop());

const LOGIN = "authenticator";

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function asWorker(loginPassword: string, role: string) {
  const sql = `select set_config('role', '${role}', false), current_user as role`;
  await query(loginUrl(server.adminUrl, LOGIN, loginPassword), sql);
}

test("who may not make roles is told so in one line", async () => {
  await query(server.adminUrl, "create role owner login password 'weak'");
  const adminUrl = loginUrl(server.adminUrl, "owner", "weak");
  expect(await isForeign(adminUrl)).toBe(true);
  await expect(prepareForeign({ adminUrl, login: LOGIN, loginPassword: "first" })).rejects.toThrow(
    /^DATABASE_URL: its administrator can make no role authenticator that may act as anon, .+ \(.+\)$/,
  );
});

test("roles that are missing are made, by an administrator who is no superuser too", async () => {
  await query(server.adminUrl, "create role maker login createrole password 'weak'; create role anon nologin");
  await query(server.adminUrl, "grant anon to maker with admin option");
  await prepareForeign({
    adminUrl: loginUrl(server.adminUrl, "maker", "weak"),
    login: LOGIN,
    loginPassword: "first",
  });
  for (const role of ["anon", "authenticated", "service_role"]) await asWorker("first", role);
  await expect(asWorker("first", "maker")).rejects.toThrow(/permission denied/);
  const rights = `select rolsuper or rolbypassrls or rolinherit or rolcreaterole as more
    from pg_roles where rolname = '${LOGIN}'`;
  expect(await query(server.adminUrl, rights)).toEqual([{ more: false }]);
});

test("a login that is there gets a password only where its own does not fit", async () => {
  const stored = () => query(server.adminUrl, `select rolpassword from pg_authid where rolname = '${LOGIN}'`);
  const before = await stored();
  await prepareForeign({ adminUrl: server.adminUrl, login: LOGIN, loginPassword: "first" });
  expect(await stored()).toEqual(before);
  await prepareForeign({ adminUrl: server.adminUrl, login: LOGIN, loginPassword: "second" });
  await asWorker("second", "anon");
  await expect(asWorker("first", "anon")).rejects.toThrow(/password authentication failed/);
});
