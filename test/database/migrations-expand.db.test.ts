import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { migrate } from "../../dev/migrate.ts";

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * What running code may rely on: functions as they are called, columns that are read or written, and rights. A column
 * that must be given counts as a demand on whoever inserts.
 */
const SURFACE = `
  select format('function %s returns %s', p.oid::regprocedure, p.prorettype::regtype) as thing
  from pg_proc p where p.pronamespace = 'switchboard'::regnamespace and p.proname ~ '_v[0-9]+$'
  union all
  select format('column %s.%s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod))
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace in ('public'::regnamespace, 'switchboard'::regnamespace) and c.relkind in ('r', 'v')
    and a.attnum > 0 and not a.attisdropped
  union all
  select format('%s may %s %s.%s', g.grantee, g.privilege_type, g.table_name, g.column_name)
  from information_schema.column_privileges g
  where g.table_schema in ('public', 'switchboard') and g.grantee in ('authenticated', 'service_role', 'switchboard_worker')
  union all
  select format('%s may call %s', r.rolname, p.oid::regprocedure)
  from pg_proc p cross join (values ('authenticated'), ('switchboard_worker')) r (rolname)
  where p.pronamespace = 'switchboard'::regnamespace and has_function_privilege(r.rolname, p.oid, 'execute')
    and p.prorettype <> 'trigger'::regtype`;

const DEMANDS = `
  select format('%s.%s', a.attrelid::regclass, a.attname) as thing
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace in ('public'::regnamespace, 'switchboard'::regnamespace) and c.relkind = 'r' and a.attnum > 0
    and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''`;

/** Nothing ran on a schema before this one was whole. */
const FIRST_RELEASE = "0014_watchers.sql";

/** The last step of an expand, migrate and contract, taken when no code that used the thing can be running any more. */
const CONTRACTED = new Set<string>([]);

let client: Client;
let directory: string;
let database: string;
const cluster = inject("cluster");
const name = `expand_${crypto.randomUUID().replaceAll("-", "")}`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchboard-expand-"));
  await asAdmin((admin) => admin.query(`create database ${name}`));
  const url = new URL(cluster.adminUrl);
  url.pathname = `/${name}`;
  database = url.href;
  client = new Client({ connectionString: database });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await asAdmin((admin) => admin.query(`drop database ${name} with (force)`));
  await rm(directory, { recursive: true });
});

async function asAdmin(work: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: cluster.adminUrl });
  await admin.connect();
  await work(admin).finally(() => admin.end());
}

const things = async (query: string) => new Set((await client.query(query)).rows.map(({ thing }) => String(thing)));

/** What it demands of tables that were there before: a new table's columns are nobody's burden yet. */
const of = (tables: Set<string>, demands: Set<string>) =>
  [...demands].filter((demand) =>
    [...tables].some((column) => column.startsWith(`column ${demand.split(".").slice(0, -1).join(".")}.`)),
  );

test("F184: no migration takes away what code that is still running uses, or asks more of its inserts", async () => {
  const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith(".sql")).toSorted();
  let before: { surface: Set<string>; demands: Set<string> } | undefined;
  for (const file of files) {
    await cp(join(MIGRATIONS, file), join(directory, file));
    await migrate({ database, directory });
    const after = { surface: await things(SURFACE), demands: await things(DEMANDS) };
    if (before && file > FIRST_RELEASE) {
      const { surface, demands } = before;
      const gone = [...surface].filter((thing) => !after.surface.has(thing) && !CONTRACTED.has(thing));
      expect({ file, gone }).toEqual({ file, gone: [] });
      const asked = of(surface, after.demands).filter((demand) => !demands.has(demand));
      expect({ file, asked }).toEqual({ file, asked: [] });
    }
    before = after;
  }
  expect(before?.surface.size).toBeGreaterThan(500);
});
