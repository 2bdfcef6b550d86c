import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../dev/database/embedded.ts";
import { startNeonProxy } from "../../dev/database/neon-proxy.ts";
import type { Hooks } from "../../dev/database/neon-proxy.ts";
import { connectPostgres, loginUrl } from "../../dev/database/postgres.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { migrate } from "../../dev/migrate.ts";
import { freePort } from "../../dev/ports.ts";

/** A database that can go away. */
export interface Interruptible {
  adminUrl: string;
  workerUrl: string;
  fetchEndpoint: string;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const LOGIN = "authenticator";
const PASSWORD = "password-of-the-worker";
const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

export interface OwnPostgresOptions {
  /** See `neon-proxy.ts`. */
  hooks?: Hooks;
  /** How it goes: by default Postgres' "immediate" shutdown, in which no process of it says goodbye to anybody. */
  signal?: "SIGQUIT" | "SIGKILL";
}

/** After a SIGKILL the server's children take a moment to notice, and no other may start before. */
const RESTART_TRIES = 20;

/** A Postgres of its own: going away, it is stopped at once as in a crash, and coming back it recovers from its log. */
export async function startInterruptiblePostgres({
  hooks = {},
  signal = "SIGQUIT",
}: OwnPostgresOptions = {}): Promise<Interruptible> {
  const directory = await mkdtemp(join(tmpdir(), "chaos-postgres-"));
  const port = await freePort();
  const start = () => startEmbeddedPostgres({ directory, port, persistent: true });
  let server = await start();
  const { adminUrl } = server;
  await migrate({ database: adminUrl, directory: MIGRATIONS, loginPassword: PASSWORD });
  const logins = { [LOGIN]: PASSWORD };
  const backend = connectPostgres({ adminUrl, logins });
  const proxy = await startNeonProxy({ backend, logins, hooks });
  return {
    adminUrl,
    workerUrl: loginUrl(adminUrl, LOGIN, PASSWORD),
    fetchEndpoint: proxy.fetchEndpoint,
    async goAway() {
      process.kill(server.pid, signal);
      await server.stop();
    },
    async comeBack() {
      for (let tried = 1; ; tried++) {
        try {
          server = await start();
          return;
        } catch (error) {
          if (tried === RESTART_TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async close() {
      await proxy.close();
      await backend.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One database on the tests' cluster: going away, every connection to it is cut. */
export function interruptible({ adminUrl, workerUrl, fetchEndpoint, availability, drop }: TestDatabase): Interruptible {
  return {
    adminUrl,
    workerUrl,
    fetchEndpoint,
    goAway: async () => void Object.assign(availability, { state: "down" }),
    comeBack: async () => void Object.assign(availability, { state: "up" }),
    close: drop,
  };
}
