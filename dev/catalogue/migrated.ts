import { join } from "node:path";
import { Client } from "pg";
import { openPglite } from "../database/pglite.ts";
import type { RunSql } from "../migrate.ts";
import { migrate } from "../migrate.ts";

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/** A fresh database with every migration and every extension that the product can use, to read the catalogue of. */
export async function openMigrated(): Promise<{ run: RunSql; close(): Promise<void> }> {
  const database = await openPglite();
  await migrate({ database: database.adminUrl, directory: MIGRATIONS });
  const client = new Client({ connectionString: database.adminUrl });
  client.on("error", () => {});
  await client.connect();
  return {
    run: (statement, params) => client.query(statement, params),
    async close() {
      await client.end();
      await database.close();
    },
  };
}
