import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { pgcrypto } from "@electric-sql/pglite/contrib/pgcrypto";
import { uuid_ossp } from "@electric-sql/pglite/contrib/uuid_ossp";
import { vector } from "@electric-sql/pglite-pgvector";
import type { Backend } from "./backend.ts";
import type { Logins } from "./login.ts";
import { servePglite } from "./pglite-server.ts";
import { connectPostgres } from "./postgres.ts";

export interface PgliteOptions {
  /** Data directory; in memory when absent. */
  directory?: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  port?: number;
  /** Login roles that may run batches beside the administrator. */
  logins?: Logins;
  /** How long a request waits for another client's open transaction, in milliseconds. */
  patienceMs?: number;
}

const adminUrl = (port: number) => `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;

/**
 * Opens the embedded database: Postgres compiled to WebAssembly, with no server to install. It is one session, so
 * batches run one after the other, and roles are assumed inside each transaction because its only login is a superuser.
 * @throws one line naming the directory when the data there cannot be opened.
 */
export async function openPglite(options: PgliteOptions = {}): Promise<Backend> {
  const { directory, logins = {}, patienceMs = 5_000 } = options;
  const server = await servePglite(() => openData(directory), { port: options.port ?? 0, adminUrl, patienceMs });
  const backend = connectPostgres({ adminUrl: server.adminUrl, logins, max: 1, assumeRoles: true });
  return {
    adminUrl: server.adminUrl,
    run: backend.run,
    async close() {
      await backend.close();
      await server.close();
    },
  };
}

async function openData(directory: string | undefined): Promise<PGlite> {
  const extensions = { vector, pg_trgm, pgcrypto, uuid_ossp };
  if (directory === undefined) return PGlite.create({ extensions });
  // Creating the files takes seconds. A kill meanwhile leaves half a database, which this mark tells from a damaged one.
  const mark = `${directory}.creating`;
  try {
    if (existsSync(mark) || (await isEmpty(directory))) {
      await mkdir(dirname(directory), { recursive: true });
      await writeFile(mark, "");
      await rm(directory, { recursive: true, force: true });
    }
    if (existsSync(directory) && !existsSync(mark) && !existsSync(join(directory, "PG_VERSION"))) {
      throw new Error("PG_VERSION is missing");
    }
    const database = await PGlite.create({ dataDir: directory, extensions });
    await rm(mark, { force: true });
    return database;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the database in ${directory} cannot be opened (${reason}): restore it, or move it away to start anew`,
      {
        cause,
      },
    );
  }
}

async function isEmpty(directory: string): Promise<boolean> {
  return !existsSync(directory) || (await readdir(directory)).length === 0;
}
