import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestCluster } from "../../dev/database/test-database.ts";
import type { RoleSession } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { handleRest } from "../../shared/rest/handle.ts";
import type { RestSettings } from "../../shared/rest/handle.ts";
import { refusalOf } from "../../shared/rest/respond/error.ts";
import { loadSchema } from "../../shared/rest/schema/load.ts";

export interface Answered {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

/** Headers, and beside them what else a request may have. */
export type Asked = Record<string, unknown> & { settings?: Partial<RestSettings> };

/** The settings of a door to one schema, everything switched on. */
export const settingsFor = (schema: string, foreign: boolean): RestSettings => ({
  schemas: [schema, "public"],
  max_rows: 100,
  aggregates: true,
  plans: true,
  rollback: true,
  statement_timeout_ms: 5_000,
  foreign,
});

/** A database of its own with the tables of a script in test/database, and the data door to it without HTTP. */
export async function openDoor(cluster: TestCluster, script: string, session: RoleSession, settings: RestSettings) {
  const database = await createTestDatabase(cluster);
  const admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(readFileSync(join(import.meta.dirname, "../database", script), "utf8"));
  await admin.end();
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const tools = { exec, settings, schema: await loadSchema(exec, settings.schemas) };

  /** One request; what it writes is rolled back unless `tx=commit` is among its preferences. */
  async function ask(path: string, { method = "GET", body, settings: own, ...headers }: Asked = {}): Promise<Answered> {
    const { pathname, searchParams } = new URL(`http://door/${path}`);
    const prefer = [headers["prefer"], "tx=rollback"].filter(Boolean).join(", ");
    const request = {
      method: String(method),
      resource: decodeURIComponent(pathname.slice(1)),
      parameters: searchParams,
      headers: new Headers({ ...(headers as Record<string, string>), prefer }),
      body: typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body),
    };
    try {
      const { response } = await handleRest(request, session, { ...tools, settings: { ...settings, ...own } });
      const type = response.headers.find(([name]) => name === "content-type")?.[1] ?? "";
      const parsed = response.body && /^[^;]*json/.test(type) ? JSON.parse(String(response.body)) : response.body;
      return { status: response.status, body: parsed, headers: Object.fromEntries(response.headers) };
    } catch (error) {
      const refusal = refusalOf(error, session.role);
      return { ...refusal, headers: Object.fromEntries(refusal.headers) };
    }
  }
  return { ask, tools, database };
}
