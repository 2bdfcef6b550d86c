import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import { createCallers } from "../../test/factories/callers.ts";
import { fillBusinessTables } from "../../test/factories/every-table.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import { createMember, createTenant, insert, randomDigits } from "../../test/factories/tenant.ts";
import type { Exec } from "./exec.ts";
import { createNeonExec } from "./neon.ts";

const CHECK_VIOLATION = { code: "23514" };
const UNIQUE_VIOLATION = { code: "23505" };
const FOREIGN_KEY_VIOLATION = { code: "23503" };
const LONG_AGO = "2020-01-01T00:00:00Z";

let database: TestDatabase;
let exec: Exec;
let admin: Client;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  [ours, theirs] = [await createTenant(exec), await createTenant(exec)];
  for (const tenant of [ours, theirs]) await fillBusinessTables(exec, tenant);
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function add(table: string, row: Record<string, unknown>) {
  const { text, params } = insert(`public.${table}`, row);
  const [rows] = await exec({ role: "switchboard_worker" }, [{ text: `${text} returning *`, params }]);
  return rows?.[0] ?? {};
}

const organization = (change: Record<string, unknown> = {}) =>
  add("organizations", { name: "Agency", slug: `agency-${randomDigits(12)}`, ...change });
const business = (change: Record<string, unknown> = {}) =>
  add("businesses", { org_id: ours.org_id, name: "Shop", slug: `shop-${randomDigits(12)}`, ...change });
const contact = ({ org_id, business_id }: Tenant, change: Record<string, unknown> = {}) =>
  add("contacts", { org_id, business_id, platform_id: randomDigits(12), ...change });

describe("an organization", () => {
  test.each([
    ["an empty name", { name: "" }],
    ["a name of blanks", { name: "  " }],
    ["a name too long", { name: "n".repeat(256) }],
    ["an empty slug", { slug: "" }],
    ["capitals in its slug", { slug: "Agency" }],
    ["a blank in its slug", { slug: "my agency" }],
    ["a slug too long", { slug: "s".repeat(101) }],
    ["an unknown plan", { plan: "BASIC" }],
    ["a threshold above one", { ai_confidence_threshold: 80 }],
    ["a negative budget", { monthly_ai_budget_usd: -1 }],
  ])("cannot have %s", async (_, change) => {
    await expect(organization(change)).rejects.toMatchObject(CHECK_VIOLATION);
  });

  test("cannot have another's slug", async () => {
    const { slug } = await organization();
    await expect(organization({ slug })).rejects.toMatchObject(UNIQUE_VIOLATION);
  });

  test("gets a webhook secret of its own, unless it brings one", async () => {
    const [one, two, given] = [await organization(), await organization(), await organization({ webhook_secret: "x" })];
    expect(one["webhook_secret"]).toMatch(/^[0-9a-f]{64}$/);
    expect(two["webhook_secret"]).not.toBe(one["webhook_secret"]);
    expect(given["webhook_secret"]).toBe("x");
  });
});

describe("a business", () => {
  test.each([
    ["a name of blanks", { name: " " }],
    ["capitals in its slug", { slug: "Shop" }],
    ["a temperature above one", { ai_temperature: 1.5 }],
  ])("cannot have %s", async (_, change) => {
    await expect(business(change)).rejects.toMatchObject(CHECK_VIOLATION);
  });

  test("shares its slug with another organization's, not with one of its own", async () => {
    const { slug } = await business();
    await expect(business({ slug, org_id: theirs.org_id })).resolves.toMatchObject({ slug });
    await expect(business({ slug })).rejects.toMatchObject(UNIQUE_VIOLATION);
  });
});

test("a phone number is one contact of a workspace", async () => {
  const phone = `+49151${randomDigits(8)}`;
  await contact(ours, { phone });
  await expect(contact(theirs, { phone })).resolves.toMatchObject({ phone_number: phone });
  await expect(contact(ours, { phone })).rejects.toMatchObject(UNIQUE_VIOLATION);
});

test("a template's name may be as long as the provider allows", async () => {
  const { org_id, business_id } = ours;
  const template = { org_id, business_id, waba_id: "1", language: "en", category: "UTILITY" };
  await expect(add("templates", { ...template, name: "n".repeat(512) })).resolves.toMatchObject({ status: "PENDING" });
  await expect(add("templates", { ...template, name: "n".repeat(513) })).rejects.toMatchObject(CHECK_VIOLATION);
});

test("an outgoing message is pending until the provider has said more", async () => {
  const { rows } = await admin.query(
    "update public.messages set delivery_status = null returning status, message_type",
  );
  expect(rows).toContainEqual({ status: "pending", message_type: "text" });
});

test("a row cannot point at another tenant's", async () => {
  const { org_id, business_id, channel_id } = ours;
  const talk = { org_id, business_id, channel_id };
  const theirContact = (await contact(theirs))["id"];
  await expect(add("conversations", { ...talk, contact_id: theirContact })).rejects.toMatchObject(
    FOREIGN_KEY_VIOLATION,
  );
  const ourContact = (await contact(ours))["id"];
  await expect(add("conversations", { ...talk, contact_id: ourContact })).resolves.toMatchObject({ org_id });
});

test("every table that tells when a row was changed keeps it by itself", async () => {
  const { rows: tables } = await admin.query(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'updated_at'
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`);
  expect(tables.length).toBeGreaterThan(10);
  const stale: string[] = [];
  for (const { name } of tables) {
    const { rows } = await admin.query(`update public.${name} set updated_at = $1 returning updated_at`, [LONG_AGO]);
    const kept = rows.length > 0 && rows.every(({ updated_at }) => updated_at > new Date(LONG_AGO));
    if (!kept) stale.push(name);
  }
  expect(stale).toEqual([]);
});

describe("users", () => {
  test("agency staff have an agency and no client, a client's own users have a client and no agency", async () => {
    const second = String((await business())["id"]);
    await createCallers(exec, ours, second);
    await createMember(exec, ours, { role: null, assigned: true });
    const { rows } = await admin.query(
      "select distinct role::text, agency_id is not null as agency, client_id is not null as client from public.users",
    );
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining([
        { role: "agency_owner", agency: true, client: false },
        { role: "agency_member", agency: true, client: false },
        { role: "client_admin", agency: false, client: true },
        { role: "client_viewer", agency: false, client: true },
      ]),
    );
  });

  test("cannot have an empty address", async () => {
    const { team_member_id } = ours.owner;
    const text = "update public.team_members set email = ' ' where id = $1";
    await expect(exec({ role: "switchboard_worker" }, [{ text, params: [team_member_id] }])).rejects.toMatchObject(
      CHECK_VIOLATION,
    );
  });
});
