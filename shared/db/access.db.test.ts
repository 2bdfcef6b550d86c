import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { Caller, CallerName } from "../../test/factories/callers.ts";
import { CALLERS, createCallers } from "../../test/factories/callers.ts";
import { fillBusinessTables, fillOrganizationTables } from "../../test/factories/every-table.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import { createMember, createTenant, insert } from "../../test/factories/tenant.ts";
import type { Exec, Session } from "./exec.ts";
import { createNeonExec } from "./neon.ts";

const FOR_ADMINS = new Set(["api_keys", "ai_usage_metrics", "user_invitations", "data_access_audit"]);
/** Some of their rows belong to the organization, some to one business. */
const PARTLY_SHARED = new Set(["team_members", "alerts"]);
const AS_WORKER = { role: "switchboard_worker" } as const;
const INSUFFICIENT_PRIVILEGE = "42501";

let database: TestDatabase;
let exec: Exec;
/** Every table with tenants' rows, and the column that says whose a row is. */
let tables: { name: string; key: string }[];
let views: string[];
let ours: Tenant;
let theirs: Tenant;
let second: string;
let callers: Record<CallerName, Caller>;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  await readRelations();
  ours = await createTenant(exec);
  theirs = await createTenant(exec);
  second = crypto.randomUUID();
  const row = { id: second, org_id: ours.org_id, name: "Second", slug: "second" };
  await exec(AS_WORKER, [insert("public.businesses", row)]);
  for (const tenant of [ours, theirs]) await fillOrganizationTables(exec, tenant);
  for (const tenant of [ours, { ...ours, business_id: second }, theirs]) {
    await fillBusinessTables(exec, tenant);
    await createMember(exec, tenant);
  }
  callers = await createCallers(exec, ours, second);
});
afterAll(() => database.drop());

/** From the catalogue, so that a new table cannot be forgotten. */
async function readRelations(): Promise<void> {
  const admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  const found = await admin.query(`
    select c.relname as name, c.relkind = 'v' as is_view, case
        when c.relname in ('organizations', 'businesses') then 'id'
        when bool_or(a.attname = 'business_id' and a.attnotnull) then 'business_id' else 'org_id' end as key
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and c.relname <> 'app_config'
    group by c.relname, c.relkind`);
  await admin.end();
  tables = found.rows.filter(({ is_view }) => !is_view);
  views = found.rows.filter(({ is_view }) => is_view).map(({ name }) => name);
}

const as = (caller: CallerName) => ({ role: "authenticated", claims: callers[caller].claims }) as const;
const relations = () => [...tables.map(({ name }) => name), ...views];

/** By table, whose rows a session sees. */
async function owners(session: Session): Promise<Record<string, string[]>> {
  const results = await exec(
    session,
    tables.map(({ name, key }) => ({ text: `select distinct ${key}::text as owner from public.${name}` })),
  );
  const seen = results.map((rows) => rows.map(({ owner }) => String(owner)).toSorted());
  return Object.fromEntries(tables.map(({ name }, index) => [name, seen[index] ?? []]));
}

function reachOf({ organization = false, admin = false, businesses = [] }: Caller): Record<string, string[]> {
  const whole = (seen: boolean) => (seen ? [ours.org_id] : []);
  const reach = ({ name, key }: { name: string; key: string }) => {
    if (FOR_ADMINS.has(name)) return whole(admin);
    if (PARTLY_SHARED.has(name)) return whole(organization || businesses.length > 0);
    return name === "organizations" || key === "org_id" ? whole(organization) : businesses.toSorted();
  };
  return Object.fromEntries(tables.map((table) => [table.name, reach(table)]));
}

test("every table has rows of both tenants here, so that seeing none means something", async () => {
  const organizations = [ours.org_id, theirs.org_id].toSorted();
  const businesses = [ours.business_id, second, theirs.business_id].toSorted();
  const all = tables.map(({ name, key }) => {
    return [name, key === "business_id" || name === "businesses" ? businesses : organizations];
  });
  expect(await owners(AS_WORKER)).toEqual(Object.fromEntries(all));
});

describe.each(CALLERS)("%s", (caller) => {
  test("sees in every table the rows within reach, and no others", async () => {
    expect(await owners(as(caller))).toEqual(reachOf(callers[caller]));
  });

  test("sees through every view what is within reach, and nothing else", async () => {
    const statements = views.map((view) => ({ text: `select * from public.${view}` }));
    const seen = JSON.stringify(await exec(as(caller), statements));
    const { organization, businesses = [] } = callers[caller];
    const known = [theirs.org_id, theirs.business_id, theirs.owner.user_id, ours.org_id, ours.business_id, second];
    // a business names its organization
    const reach = new Set([...businesses, ...(organization || businesses.length > 0 ? [ours.org_id] : [])]);
    expect(known.filter((id) => seen.includes(id))).toEqual(known.filter((id) => reach.has(id)));
  });
});

test("a client's own user knows only the people assigned to its businesses", async () => {
  const people = { text: "select id from public.team_members order by id" };
  const assigned = {
    text: "select team_member_id as id from public.team_assignments where business_id = $1 order by 1",
    params: [ours.business_id],
  };
  const [seen] = await exec(as("a client's own user"), [people]);
  expect(seen).not.toEqual([]);
  expect([seen]).toEqual(await exec(AS_WORKER, [assigned]));
});

test("people write a contact's notes, in their businesses only", async () => {
  const text = "update public.contacts set notes = 'called' where business_id = $1 returning business_id";
  const statements = [ours.business_id, second, theirs.business_id].map((id) => ({ text, params: [id] }));
  const written = await exec(as("an agent with an assignment"), statements);
  expect(written).toEqual([[{ business_id: ours.business_id }], [], []]);
});

describe("F141: without a context", () => {
  test("no row of any table or view is seen", async () => {
    const statements = relations().map((relation) => ({ text: `select 1 from public.${relation}` }));
    const seen = await exec({ role: "authenticated" }, statements);
    expect(Object.fromEntries(relations().map((name, index) => [name, seen[index]]))).toEqual(
      Object.fromEntries(relations().map((name) => [name, []])),
    );
  });

  test("the role of callers without a key is refused by every table and view", async () => {
    const outcomes = relations().map((name) =>
      outcome(() => exec({ role: "anon" }, [{ text: `table public.${name}` }])),
    );
    expect(await Promise.all(outcomes)).toEqual(relations().map(() => INSUFFICIENT_PRIVILEGE));
  });

  test("the login that has taken no role is refused by every table and view", async () => {
    const login = new Client({ connectionString: database.workerUrl });
    await login.connect();
    const outcomes: unknown[] = [];
    for (const name of relations()) outcomes.push(await outcome(() => login.query(`table public.${name}`)));
    await login.end();
    expect(outcomes).toEqual(relations().map(() => INSUFFICIENT_PRIVILEGE));
  });
});

async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}
