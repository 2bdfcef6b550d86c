import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { visibleEvents } from "../../shared/feed/feed.ts";
import { handleRest } from "../../shared/rest/handle.ts";
import type { RestTools } from "../../shared/rest/handle.ts";
import { refusalOf } from "../../shared/rest/respond/error.ts";
import { loadSchema } from "../../shared/rest/schema/load.ts";
import { restSettings } from "../../shared/rest/settings.ts";
import { CALLERS, createCallers } from "../factories/callers.ts";
import type { Caller, CallerName } from "../factories/callers.ts";
import { fillBusinessTables, fillOrganizationTables } from "../factories/every-table.ts";
import { createMember, createTenant, insert } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";

/** Whose rows a table holds, and so who sees them. */
type Reach = "organization" | "its admins" | "business" | "organization or business" | "marked settings";
/** Who changes a column of it: those who act in the workspace, those who manage it, the organization's admins. */
type Writer = "acts_in" | "manages" | "admin";

/** Written by hand: what each table is for, and the one column by which a change of it is tried. */
const TABLES: Record<
  string,
  { reach: Reach; key: "id" | "key" | "org_id" | "business_id"; update?: [Writer, object]; insert?: boolean }
> = {
  ai_errors: { reach: "business", key: "business_id" },
  ai_responses: { reach: "business", key: "business_id" },
  ai_turns: { reach: "business", key: "business_id" },
  ai_usage_metrics: { reach: "its admins", key: "org_id" },
  alerts: { reach: "organization or business", key: "org_id" },
  api_keys: { reach: "its admins", key: "org_id" },
  app_config: { reach: "marked settings", key: "key" },
  businesses: { reach: "business", key: "id", update: ["manages", { ai_system_prompt: "Be brief." }] },
  call_events: { reach: "business", key: "business_id" },
  calls: { reach: "business", key: "business_id" },
  campaign_recipients: { reach: "business", key: "business_id" },
  campaigns: { reach: "business", key: "business_id" },
  channels: { reach: "business", key: "business_id", update: ["manages", { label: "Shop" }] },
  consent_records: { reach: "business", key: "business_id" },
  contact_identities: { reach: "business", key: "business_id" },
  contact_merges: { reach: "business", key: "business_id" },
  contacts: { reach: "business", key: "business_id", update: ["acts_in", { notes: "called" }] },
  conversations: { reach: "business", key: "business_id", update: ["acts_in", { ai_enabled: false }] },
  data_access_audit: { reach: "its admins", key: "org_id" },
  media_files: { reach: "business", key: "business_id" },
  messages: { reach: "business", key: "business_id", update: ["acts_in", { read: true }], insert: true },
  organizations: { reach: "organization", key: "id", update: ["admin", { branding: {} }] },
  scheduled_messages: { reach: "business", key: "business_id" },
  send_attempts: { reach: "business", key: "business_id" },
  team_assignments: { reach: "business", key: "business_id" },
  team_members: { reach: "organization or business", key: "org_id" },
  templates: { reach: "business", key: "business_id" },
  twilio_accounts: { reach: "business", key: "business_id" },
  usage_periods: { reach: "organization", key: "org_id" },
  user_invitations: { reach: "its admins", key: "org_id" },
};
const NAMES = Object.keys(TABLES);

let database: TestDatabase;
let exec: Exec;
let tools: RestTools;
let ours: Tenant;
let theirs: Tenant;
let second: string;
let callers: Record<CallerName, Caller>;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  [ours, theirs] = [await createTenant(exec), await createTenant(exec)];
  second = crypto.randomUUID();
  await exec({ role: "switchboard_worker" }, [
    insert("public.businesses", { id: second, org_id: ours.org_id, name: "Second", slug: "second" }),
  ]);
  for (const tenant of [ours, theirs]) await fillOrganizationTables(exec, tenant);
  for (const tenant of [ours, { ...ours, business_id: second }, theirs]) {
    await fillBusinessTables(exec, tenant);
    await createMember(exec, tenant);
  }
  callers = await createCallers(exec, ours, second);
  const settings = restSettings({
    REST_SCHEMAS: "public",
    REST_MAX_ROWS: 1000,
    REST_AGGREGATES: false,
    DATABASE_FOREIGN: false,
    REST_EXPLAIN: false,
    REST_TX_ROLLBACK: true,
  });
  tools = { exec, settings, schema: await loadSchema(exec, ["public"]) };
});
afterAll(() => database.drop());

test("the table above lists every table that there is", async () => {
  const admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  const { rows } = await admin.query(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
  );
  await admin.end();
  expect(rows.map(({ relname }) => relname)).toEqual(NAMES.toSorted());
});

type Row = Record<string, unknown>;

/** Through the data door, as the caller; every change is rolled back. */
async function door(caller: Caller, method: string, path: string, body?: object): Promise<Row[] | number> {
  const { pathname, searchParams } = new URL(`http://door/${path}`);
  const headers = new Headers({ prefer: "return=representation, tx=rollback" });
  const request = {
    method,
    resource: pathname.slice(1),
    path: pathname,
    parameters: searchParams,
    headers,
    body: body ? JSON.stringify(body) : "",
  };
  try {
    const { response } = await handleRest(request, { role: "authenticated", claims: caller.claims }, tools);
    return JSON.parse(String(response.body ?? "[]")) as Row[];
  } catch (error) {
    return refusalOf(error, "authenticated").status;
  }
}

/** The owners of what a caller may see of a table: organizations or businesses. */
function seenBy({ organization = false, admin = false, businesses = [] }: Caller, name: string): string[] {
  const { reach = "business", key } = TABLES[name] ?? {};
  const whole = (yes: boolean) => (yes ? [ours.org_id] : []);
  switch (reach) {
    case "organization":
      return whole(organization);
    case "its admins":
      return whole(admin);
    case "organization or business":
      return whole(organization || businesses.length > 0);
    case "marked settings":
      return whole(organization);
    default:
      return key === "org_id" ? whole(organization) : businesses;
  }
}

const ownersIn = (rows: Row[] | number, key: string) =>
  Array.isArray(rows) ? [...new Set(rows.map((row) => String(row[key])))].toSorted() : rows;

describe.each(CALLERS)("F142: %s", (name) => {
  test("reads through the data door what is within reach, table by table", async () => {
    const seen: Record<string, unknown> = {};
    for (const table of NAMES) {
      const { key = "id", reach } = TABLES[table] ?? {};
      const rows = await door(callers[name], "GET", `${table}?select=${key}`);
      seen[table] =
        reach === "marked settings"
          ? Array.isArray(rows) && rows.length > 0
            ? [ours.org_id]
            : []
          : ownersIn(rows, key);
    }
    expect(seen).toEqual(Object.fromEntries(NAMES.map((table) => [table, seenBy(callers[name], table).toSorted()])));
  });

  test("sees no more by way of another table: embedded in its workspaces, and in another tenant's", async () => {
    for (const table of NAMES.filter(isPartOfBusiness)) {
      const hint = { team_assignments: "!team_assignments_org_id_business_id_fkey" }[table] ?? "";
      const rows = await door(callers[name], "GET", `businesses?select=id,rows:${table}${hint}(business_id)`);
      const embedded = Array.isArray(rows) ? rows.flatMap((row) => row["rows"] as Row[]) : rows;
      expect([table, ownersIn(embedded, "business_id")]).toEqual([table, seenBy(callers[name], table).toSorted()]);
    }
  });

  test("is shown by the change feed just what the data door shows it", async () => {
    for (const table of NAMES.filter((one) => !["app_config", "usage_periods", "ai_usage_metrics"].includes(one))) {
      const [all = []] = await exec({ role: "switchboard_worker" }, [{ text: `select id from public.${table}` }]);
      const events = all.map(({ id }, i) => ({ seq: i + 1, table, type: "UPDATE" as const, record: { id }, at: "" }));
      const viewer = { role: "authenticated", claims: { ...callers[name].claims, role: "authenticated" } };
      const [shown = []] = await visibleEvents(exec, ours.org_id, [viewer], events);
      const rows = await door(callers[name], "GET", `${table}?select=id`);
      expect([table, shown.map(({ record }) => record["id"]).toSorted()]).toEqual([
        table,
        (rows as Row[]).map(({ id }) => id).toSorted(),
      ]);
    }
  });

  test("changes what it may, and nothing else", async () => {
    for (const table of NAMES) {
      const { key = "id", update } = TABLES[table] ?? {};
      const [writer, change] = update ?? [undefined, { created_at: "2026-01-01T00:00:00Z" }];
      const rows = await door(callers[name], "PATCH", `${table}?select=${key}`, change);
      const { admin = false, acts_in = [], manages = [] } = callers[name];
      const allowed = { acts_in, manages, admin: admin ? [ours.org_id] : [] };
      // without the right nothing is refused that is not there for the caller either
      expect([table, ownersIn(rows, key)]).toEqual([table, writer ? allowed[writer].toSorted() : noRight(table)]);
    }
  });

  test("deletes nothing, and makes nothing but what it says", async () => {
    for (const table of NAMES) {
      expect([table, await door(callers[name], "DELETE", `${table}?select=*`)]).toEqual([table, 403]);
      if (TABLES[table]?.insert) continue;
      const made = await door(callers[name], "POST", `${table}?columns=${table === "app_config" ? "key" : "id"}`, {
        id: crypto.randomUUID(),
        key: "x",
      });
      expect([table, made]).toEqual([
        table,
        tools.schema.relations.get(`public.${table}`)?.columns.has(table === "app_config" ? "key" : "id") ? 403 : 400,
      ]);
    }
  });
});

/** Its rows can be embedded in those of their workspace. */
const isPartOfBusiness = (table: string) =>
  TABLES[table]?.key === "business_id" &&
  tools.schema.relationships.some(
    ({ from, to, cardinality }) => from.name === "businesses" && to.name === table && cardinality === "one-to-many",
  );

/** A column that nobody is granted is refused before any row is looked at; one that is not there is no column. */
const noRight = (table: string) =>
  tools.schema.relations.get(`public.${table}`)?.columns.has("created_at") ? 403 : 400;

test("F140: of a thousand interleaved requests by two tenants none answers a foreign row", async () => {
  const owners = [ours, theirs].map((tenant) => ({ claims: { sub: tenant.owner.user_id }, org_id: tenant.org_id }));
  const foreign: unknown[] = [];
  let rows = 0;
  for (let round = 0; round < 25; round++) {
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const caller = owners[(i + round) % 2];
        const table = ["messages", "contacts", "conversations", "channels"][i % 4];
        const answer = await door({ claims: caller?.claims ?? {} }, "GET", `${table}?select=org_id`);
        if (!Array.isArray(answer)) foreign.push(answer);
        else {
          rows += answer.length;
          foreign.push(...answer.filter(({ org_id }) => org_id !== caller?.org_id));
        }
      }),
    );
  }
  expect(foreign).toEqual([]);
  expect(rows).toBeGreaterThan(1000);
});
