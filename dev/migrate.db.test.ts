import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./database/embedded.ts";
import { migrate } from "./migrate.ts";

let server: EmbeddedPostgres;
let admin: Client;
let root: string;
let directory: string;
let database: string;
let tests = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  root = await mkdtemp(join(tmpdir(), "switchboard-migrate-"));
  const maintenance = new Client({ connectionString: server.adminUrl });
  await maintenance.connect();
  await maintenance.query("create role authenticator login");
  await maintenance.end();
});

afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

beforeEach(async () => {
  const name = `case_${++tests}`;
  directory = join(root, name);
  await mkdir(directory);
  const maintenance = new Client({ connectionString: server.adminUrl });
  await maintenance.connect();
  await maintenance.query(`create database ${name}`);
  await maintenance.end();
  database = server.adminUrl.replace(/[^/]*$/, name);
  admin = new Client({ connectionString: database });
  await admin.connect();
  await write("0001_first.sql", "create table first (n int);");
});

afterEach(() => admin.end());

const write = (file: string, sql: string) => writeFile(join(directory, file), sql);
const filesOf = (migrations: { file: string }[]) => migrations.map(({ file }) => file);
const exists = async (table: string) => (await admin.query("select to_regclass($1) as t", [table])).rows[0]?.t !== null;

test("applies files in order, once", async () => {
  await write("0002_second.sql", "alter table first add column m int;");
  expect(filesOf(await migrate({ database, directory }))).toEqual(["0001_first.sql", "0002_second.sql"]);
  expect(await migrate({ database, directory })).toEqual([]);
});

test("goes on from where it was and records what it did", async () => {
  const [first] = await migrate({ database, directory });
  await write("0002_second.sql", "select 1;");
  expect(filesOf(await migrate({ database, directory }))).toEqual(["0002_second.sql"]);
  const { rows } = await admin.query("select version, name, sha256 from switchboard.migrations order by version");
  expect(rows).toMatchObject([
    { version: 1, name: "first", sha256: first?.sha256 },
    { version: 2, name: "second" },
  ]);
});

test("a failing file leaves nothing of itself and all before it", async () => {
  await write("0002_second.sql", "create table second (n int); select 1/0;");
  await expect(migrate({ database, directory })).rejects.toThrow("0002_second.sql: division by zero");
  expect([await exists("first"), await exists("second")]).toEqual([true, false]);
});

test("refuses a file that was changed after it was applied", async () => {
  await migrate({ database, directory });
  await write("0001_first.sql", "create table other (n int);");
  await expect(migrate({ database, directory })).rejects.toThrow("0001_first.sql: changed after it was applied");
});

test("refuses an applied file that is gone", async () => {
  await migrate({ database, directory });
  await rm(join(directory, "0001_first.sql"));
  await expect(migrate({ database, directory })).rejects.toThrow("migration 1 (first), which is not among the files");
});

test("a gap is refused before anything is applied", async () => {
  await write("0003_third.sql", "select 1;");
  await expect(migrate({ database, directory })).rejects.toThrow("0003_third.sql: expected version 2");
  expect(await exists("first")).toBe(false);
});

test("several processes at once apply each file once", async () => {
  await write("0002_second.sql", "create table second (n int);");
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ database, directory })));
  expect(filesOf(applied.flat()).toSorted()).toEqual(["0001_first.sql", "0002_second.sql"]);
});

test("leaves out what an absent extension is required for, and says so", async () => {
  await write("0002_search.sql", "-- requires: vector\ncreate extension vector;\n-- end\ncreate table second (n int);");
  const notices: string[] = [];
  await migrate({ database, directory, notice: (line) => notices.push(line) });
  expect(await exists("second")).toBe(true);
  expect(notices).toEqual([expect.stringContaining("0002_search.sql: left out what requires the extension vector")]);
});

test("sets the password of the Worker's login, whatever characters it has", async () => {
  const loginPassword = 'it\'s \\ "odd" $1';
  await migrate({ database, directory, loginPassword });
  const url = new URL(database);
  url.username = "authenticator";
  url.password = encodeURIComponent(loginPassword);
  const login = new Client({ connectionString: url.href });
  await login.connect();
  expect((await login.query("select current_user")).rows).toEqual([{ current_user: "authenticator" }]);
  await login.end();
});
