import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import {
  checkHistory,
  parseMigration,
  withoutUnavailable,
  type Applied,
  type Migration,
} from "./database/migration.ts";

/** Runs SQL on one session: several statements when there are no parameters. */
export type RunSql = (text: string, params?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

export interface MigrateOptions {
  /** An administrator's connection string, or a function that runs SQL on one session as administrator. */
  database: string | RunSql;
  /** Folder of `NNNN_name.sql` files. */
  directory: string;
  /** Becomes the password of the Worker's login role. */
  loginPassword?: string | undefined;
  /** That role; made when it is missing. Another than `authenticator` where that one belongs to a platform. */
  login?: string | undefined;
  /** Told of each block that was left out. */
  notice?: (line: string) => void;
}

const LOGIN = "authenticator";
// Any fixed number: it only has to differ from other advisory locks in the same database.
const LOCK = "select pg_advisory_xact_lock(7_462_001)";
const HISTORY = `
  create schema if not exists switchboard;
  create table if not exists switchboard.migrations (
    version int primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
  );`;

/**
 * Brings a database up to date: files in order, each in its own transaction under an advisory lock, so that two
 * processes may start at once and a kill leaves whole migrations only.
 * @returns the migrations applied by this call.
 * @throws one clear line when an applied file was changed or is missing, when numbers have a gap, or when SQL fails.
 */
export async function migrate(options: MigrateOptions): Promise<Migration[]> {
  const migrations = await readMigrations(options.directory);
  if (typeof options.database !== "string") return applyAll(options.database, migrations, options);
  const client = new Client({ connectionString: options.database });
  client.on("error", () => {});
  await client.connect();
  try {
    return await applyAll((text, params) => client.query(text, params), migrations, options);
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(names.map(async (name) => parseMigration(name, await readFile(join(directory, name), "utf8"))));
}

async function applyAll(run: RunSql, migrations: Migration[], options: MigrateOptions): Promise<Migration[]> {
  await inTransaction(run, () => run(HISTORY));
  const { rows } = await run("select name from pg_available_extensions");
  const extensions = new Set(rows.map((row) => String(row["name"])));
  const applied: Migration[] = [];
  for (const migration of migrations) {
    if (await applyOne(run, migrations, migration, extensions, options.notice)) applied.push(migration);
  }
  if (migrations.length === 0) checkHistory(migrations, await readHistory(run));
  if (options.loginPassword !== undefined) await setLogin(run, options.login ?? LOGIN, options.loginPassword);
  return applied;
}

// Whether the migration is still to do is read under the lock: another process may just have done it.
async function applyOne(
  run: RunSql,
  migrations: Migration[],
  migration: Migration,
  extensions: ReadonlySet<string>,
  notice: MigrateOptions["notice"],
): Promise<boolean> {
  return inTransaction(run, async () => {
    const done = checkHistory(migrations, await readHistory(run));
    if (migration.version <= done) return false;
    const { sql, skipped } = withoutUnavailable(migration.sql, extensions);
    for (const extension of skipped) {
      notice?.(`${migration.file}: left out what requires the extension ${extension}, which is not available here`);
    }
    try {
      await run(sql);
    } catch (cause) {
      throw new Error(`${migration.file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    const { version, name, sha256 } = migration;
    await run("insert into switchboard.migrations (version, name, sha256) values ($1, $2, $3)", [
      version,
      name,
      sha256,
    ]);
    return true;
  });
}

async function readHistory(run: RunSql): Promise<Applied[]> {
  const { rows } = await run("select version, name, sha256 from switchboard.migrations order by version");
  return rows.map((row) => ({
    version: Number(row["version"]),
    name: String(row["name"]),
    sha256: String(row["sha256"]),
  }));
}

/** A login may do nothing by itself; it takes one of four roles for the length of a transaction. */
async function setLogin(run: RunSql, login: string, password: string): Promise<void> {
  const { rows } = await run(
    `select exists (select from pg_roles where rolname = $1::text) as there,
      format('create role %I login noinherit', $1::text) as make,
      format('grant anon, authenticated, service_role, switchboard_worker to %I', $1::text) as allow,
      format('alter role %I with login password %L', $1::text, $2::text) as set_password`,
    [login, password],
  );
  const [sql = {}] = rows;
  if (sql["there"] !== true) {
    await run(String(sql["make"]));
    await run(String(sql["allow"]));
  }
  await run(String(sql["set_password"]));
}

async function inTransaction<T>(run: RunSql, work: () => Promise<T>): Promise<T> {
  await run("begin");
  try {
    await run(LOCK);
    const result = await work();
    await run("commit");
    return result;
  } catch (error) {
    await run("rollback");
    throw error;
  }
}

if (import.meta.main) {
  const database = process.env["DATABASE_ADMIN_URL"];
  const directory = join(import.meta.dirname, "..", "migrations");
  const loginPassword = process.env["WORKER_LOGIN_PASSWORD"];
  const login = process.env["WORKER_LOGIN"];
  try {
    if (!database) throw new Error("set DATABASE_ADMIN_URL to an administrator's connection string");
    const applied = await migrate({ database, directory, login, loginPassword, notice: (line) => console.log(line) });
    for (const { file, sha256 } of applied) console.log(`${file.padEnd(40)} ${sha256.slice(0, 12)}  applied`);
    console.log(applied.length === 0 ? "nothing to apply" : `${applied.length} applied`);
  } catch (error) {
    console.error(`migrate: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
