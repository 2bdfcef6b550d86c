import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, startTestCluster } from "./test-database.ts";

let migrations: string;
let cluster: Awaited<ReturnType<typeof startTestCluster>>;

beforeAll(async () => {
  migrations = await mkdtemp(join(tmpdir(), "switchboard-migrations-"));
  await writeFile(join(migrations, "0001_roles.sql"), "create role authenticator login; create table notes (n int);");
  await writeFile(join(migrations, "0002_rights.sql"), "grant all on notes to authenticator;");
  cluster = await startTestCluster(migrations);
});

afterAll(async () => {
  await cluster.stop();
  await rm(migrations, { recursive: true });
});

async function countNotes(database: { workerUrl: string; fetchEndpoint: string }): Promise<unknown> {
  neonConfig.fetchEndpoint = () => database.fetchEndpoint;
  return (await neon(database.workerUrl)`insert into notes values (1) returning (select count(*)::int from notes)`)[0];
}

test("each database is a migrated one of its own", async () => {
  const [one, two] = await Promise.all([createTestDatabase(cluster), createTestDatabase(cluster)]);
  expect(await countNotes(one)).toEqual({ count: 0 });
  expect(await countNotes(one)).toEqual({ count: 1 });
  expect(await countNotes(two)).toEqual({ count: 0 });
  await Promise.all([one.drop(), two.drop()]);
});

test("dropping removes it even while somebody is connected", async () => {
  const database = await createTestDatabase(cluster);
  const lingering = new Client({ connectionString: database.adminUrl });
  lingering.on("error", () => {});
  await lingering.connect();
  await database.drop();
  const name = new URL(database.adminUrl).pathname.slice(1);
  const admin = new Client({ connectionString: cluster.adminUrl });
  await admin.connect();
  const { rows } = await admin.query("select from pg_database where datname = $1", [name]);
  await admin.end();
  expect(rows).toEqual([]);
});
