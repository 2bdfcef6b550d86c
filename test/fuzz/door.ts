import * as fc from "fast-check";
import { Client } from "pg";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestCluster, TestDatabase } from "../../dev/database/test-database.ts";
import type { Exec, Session, Statement } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { handleRest } from "../../shared/rest/handle.ts";
import type { RestTools } from "../../shared/rest/handle.ts";
import { refusalOf } from "../../shared/rest/respond/error.ts";
import { loadSchema } from "../../shared/rest/schema/load.ts";
import { fillBusinessTables, fillOrganizationTables } from "../factories/every-table.ts";
import { createMember, createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openCanary } from "./canary.ts";
import { NAME_MARK, VALUE_MARK, doorCases } from "./grammar.ts";
import type { DoorCase } from "./grammar.ts";

export interface DoorFuzzResult {
  cases: number;
  answers: Record<number, number>;
  failures: string[];
  /** The other tenant's rows by table, before and after. */
  canary: { before: Record<string, string>; after: Record<string, string> };
}

const SETTINGS = {
  schemas: ["public"],
  max_rows: 50,
  aggregates: true,
  plans: true,
  rollback: true,
  statement_timeout_ms: 5_000,
  foreign: false,
};
const LANES = 4;

/**
 * Asks the data door, as an owner of one organization and as nobody, whatever its grammar has a word for: no answer of
 * 500 or more, no name in a statement that the schema does not list, no value but as a parameter, and nothing of the
 * other organization in any answer.
 */
export async function fuzzDoor(
  cluster: TestCluster,
  { cases, seed, limit_ms, say }: { cases: number; seed: number; limit_ms: number; say?: (line: string) => void },
): Promise<DoorFuzzResult> {
  const database = await createTestDatabase(cluster);
  const canary = await openCanary(database.adminUrl);
  try {
    const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
    const [tenant, victim] = [await furnished(exec), await furnished(exec)];
    const before = await canary.read(victim.org_id);
    const schema = await loadSchema(exec, SETTINGS.schemas);
    const [own, others] = [await idsOf(database, tenant.org_id), await idsOf(database, victim.org_id)];
    const result: DoorFuzzResult = { cases: 0, answers: {}, failures: [], canary: { before, after: {} } };
    const callers: Session[] = [
      { role: "authenticated", claims: { sub: tenant.owner.user_id } },
      { role: "authenticated", claims: { sub: tenant.owner.user_id } },
      { role: "authenticated", claims: { sub: tenant.owner.user_id } },
      { role: "anon", claims: {} },
    ];
    const requests = doorCases(schema, "public", [...own.slice(0, 20), ...others.slice(0, 20)]);
    const property = fc.asyncProperty(requests, fc.constantFrom(...callers), async (one, caller) => {
      await check(one, caller, { exec, settings: SETTINGS, schema }, others, result);
      if (result.cases % 5_000 === 0) say?.(`${result.cases} requests to the data door`);
    });
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const numRuns = Math.ceil(cases / LANES);
      const run = await fc.check(property, { seed: seed + lane, numRuns, interruptAfterTimeLimit: limit_ms });
      if (!run.failed || run.counterexample === null) return;
      const [smallest, caller] = run.counterexample;
      const as = "key_hash" in caller ? "a key" : caller.role;
      result.failures.push(`seed ${seed + lane}: ${String(run.errorInstance)}\nas ${as}: ${JSON.stringify(smallest)}`);
    });
    await Promise.all(lanes);
    result.canary.after = await canary.read(victim.org_id);
    return result;
  } finally {
    await canary.close();
    await database.drop();
  }
}

async function furnished(exec: Exec): Promise<Tenant> {
  const tenant = await createTenant(exec);
  await fillOrganizationTables(exec, tenant);
  await fillBusinessTables(exec, tenant);
  await createMember(exec, tenant);
  return tenant;
}

/** What names a row of an organization: nobody else should ever be told it. */
async function idsOf({ adminUrl }: TestDatabase, org_id: string): Promise<string[]> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', c.table_schema, c.table_name) as name
       from information_schema.columns c join information_schema.columns i using (table_schema, table_name)
         join information_schema.tables t using (table_schema, table_name)
       where c.table_schema = 'public' and c.column_name = 'org_id' and i.column_name = 'id' and i.data_type = 'uuid'
         and t.table_type = 'BASE TABLE'`,
    );
    const found = [org_id];
    for (const { name } of tables) {
      const { rows } = await client.query<{ id: string }>(`select id from ${name} where org_id = $1`, [org_id]);
      found.push(...rows.map(({ id }) => id));
    }
    return found;
  } finally {
    await client.end();
  }
}

/** @throws an error that says what is wrong */
async function check(
  { method, resource, query, headers, body }: DoorCase,
  caller: Session,
  tools: RestTools,
  others: string[],
  seen: DoorFuzzResult,
): Promise<void> {
  const sent: Statement[] = [];
  const exec: Exec = (session, statements) => {
    sent.push(...statements);
    return tools.exec(session, statements);
  };
  const request = { method, resource, parameters: new URLSearchParams(query), headers: new Headers(headers), body };
  const { status, text } = await handleRest(request, caller, { ...tools, exec }).then(
    ({ response }) => ({ status: response.status, text: String(response.body ?? "") }),
    (error: unknown) => {
      const refusal = refusalOf(error, caller.role);
      return { status: refusal.status, text: JSON.stringify(refusal.body) };
    },
  );
  seen.cases += 1;
  seen.answers[status] = (seen.answers[status] ?? 0) + 1;
  if (status >= 500) throw new Error(`answered with ${status}: ${text.slice(0, 300)}`);
  for (const { text: sql } of sent) {
    if (sql.includes(VALUE_MARK)) throw new Error(`a value is part of a statement: ${sql}`);
    if (namesOnly(sql).includes(NAME_MARK)) throw new Error(`an unlisted name is part of a statement: ${sql}`);
  }
  const told = status < 300 ? others.find((id) => text.includes(id)) : undefined;
  if (told !== undefined) throw new Error(`${told} of another organization was told: ${text.slice(0, 300)}`);
}

const TOKEN = /E?'(?:[^'\\]|''|\\.)*'|(AS |"[^"]*_rows"\.|\br\.)?("(?:[^"]|"")*")/g;

/** The names in a statement, without its constants, which are keys of JSON, and without those that its results bear. */
const namesOnly = (sql: string) =>
  [...sql.matchAll(TOKEN)].map(([, borne, name]) => (borne === undefined ? name : "")).join(" ");
