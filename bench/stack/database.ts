import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { startEmbeddedPostgres } from "../../dev/database/embedded.ts";
import { migrate } from "../../dev/migrate.ts";
import { readProcesses } from "../measure/processor.ts";

export interface BenchDatabase {
  /** The benchmark's own database, as administrator. */
  adminUrl: string;
  /** Runs SQL as administrator on one session. */
  query<Row extends object>(text: string, params?: unknown[]): Promise<Row[]>;
  /** Whether the server was started for this benchmark. */
  ours: boolean;
  /** The server's first process; null when it runs elsewhere. */
  pid: number | null;
  /** Password of the login `authenticator`, on our own server only. */
  loginPassword: string;
  close(): Promise<void>;
}

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * A migrated database of its own, dropped at the end: on a Postgres started for it, or on the server of
 * `BENCH_DATABASE_URL` (an administrator's connection string). Roles that the migrations make stay on that server; no
 * password is set there.
 */
export async function openDatabase(external: string | undefined): Promise<BenchDatabase> {
  const server = external === undefined ? await startEmbeddedPostgres() : undefined;
  const serverUrl = server?.adminUrl ?? external ?? "";
  const name = `bench_${randomBytes(6).toString("hex")}`;
  const loginPassword = randomBytes(16).toString("hex");
  let client: Client | undefined;
  const close = async () => {
    await client?.end().catch(() => {});
    await once(serverUrl, `drop database if exists ${name} with (force)`).catch(() => {});
    await server?.stop();
  };
  try {
    await once(serverUrl, `create database ${name}`);
    const adminUrl = inDatabase(serverUrl, name);
    await migrate({ database: adminUrl, directory: MIGRATIONS, loginPassword: server && loginPassword });
    const session = await connect(adminUrl);
    client = session;
    const query = async <Row extends object>(text: string, params: unknown[] = []) =>
      (await session.query<Row>(text, params)).rows;
    return {
      adminUrl,
      query,
      ours: server !== undefined,
      pid: server?.pid ?? (await localServer(session)),
      loginPassword,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The parent of our own backend, when that is a process of this machine. */
async function localServer(client: Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const own = readProcesses().find(({ pid, name }) => pid === rows[0]?.pid && name.startsWith("postgres"));
  return own?.parent ?? null;
}

async function once(url: string, statement: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on("error", () => {}); // told to the query that was under way
  await client.connect();
  return client;
}

function inDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
