import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { migrate } from "../migrate.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { startNeonProxy, type Availability, type Hooks } from "./neon-proxy.ts";
import { connectPostgres, loginUrl } from "./postgres.ts";

/** What a test process needs to know of the cluster; plain data, so that a test runner can hand it on. */
export interface TestCluster {
  adminUrl: string;
  /** The database with all migrations applied, from which each test's own is copied. */
  template: string;
  workerPassword: string;
}

export interface TestDatabase {
  adminUrl: string;
  /** Connection string of the Worker's login, for the Neon driver together with `fetchEndpoint`. */
  workerUrl: string;
  fetchEndpoint: string;
  availability: Availability;
  drop(): Promise<void>;
}

const LOGIN = "authenticator";
const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/** Starts one Postgres for a whole test run, with a migrated template. `stop` ends it and deletes its data. */
export async function startTestCluster(migrations = MIGRATIONS): Promise<TestCluster & { stop(): Promise<void> }> {
  const server = await startEmbeddedPostgres();
  const cluster = { adminUrl: server.adminUrl, template: "switchboard_template", workerPassword: randomName("") };
  try {
    await asAdmin(cluster, (client) => client.query(`create database ${cluster.template}`));
    const database = inDatabase(server.adminUrl, cluster.template);
    await migrate({ database, directory: migrations, loginPassword: cluster.workerPassword });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...cluster, stop: server.stop };
}

/**
 * A fresh database of its own for one test file or test, with its own proxy in this process.
 * @param hooks see `neon-proxy.ts`: count requests, delay them, or cut before or after the commit.
 */
export async function createTestDatabase(cluster: TestCluster, hooks: Hooks = {}): Promise<TestDatabase> {
  const name = randomName("test_");
  await asAdmin(cluster, (client) => client.query(`create database ${name} template ${cluster.template}`));
  const adminUrl = inDatabase(cluster.adminUrl, name);
  const logins = { [LOGIN]: cluster.workerPassword };
  const backend = connectPostgres({ adminUrl, logins });
  const proxy = await startNeonProxy({ backend, logins, hooks });
  return {
    adminUrl,
    workerUrl: loginUrl(adminUrl, LOGIN, cluster.workerPassword),
    fetchEndpoint: proxy.fetchEndpoint,
    availability: proxy.availability,
    async drop() {
      await proxy.close();
      await backend.close();
      await asAdmin(cluster, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

const randomName = (prefix: string) => prefix + randomBytes(8).toString("hex");

function inDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin(cluster: { adminUrl: string }, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: cluster.adminUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
