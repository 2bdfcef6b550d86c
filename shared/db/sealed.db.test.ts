import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import { fillBusinessTables, SEALED } from "../../test/factories/every-table.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import { createTenant } from "../../test/factories/tenant.ts";
import type { Exec } from "./exec.ts";
import { createNeonExec } from "./neon.ts";

interface SealedColumn {
  table_name: string;
  column_name: string;
  data_type: string;
}

/** Random values and digests: kept from every door, but not ciphertext. */
const NOT_CIPHERTEXT = new Set(["webhook_secret", "key_hash", "invitation_token", "tool_token_hash"]);
const CHECK_VIOLATION = "23514";
const INSUFFICIENT_PRIVILEGE = "42501";

let database: TestDatabase;
let exec: Exec;
let admin: Client;
let tenant: Tenant;
let columns: SealedColumn[];

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  ({ rows: columns } = await admin.query(`
    select s.*, c.data_type from switchboard.sealed_columns s
    join information_schema.columns c using (table_name, column_name) where c.table_schema = 'public' order by 1, 2`));
  tenant = await createTenant(exec);
  await fillBusinessTables(exec, tenant);
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const nameOf = ({ table_name, column_name }: SealedColumn) => `${table_name}.${column_name}`;
const ciphertext = () => columns.filter(({ column_name }) => !NOT_CIPHERTEXT.has(column_name));

/** Sets a sealed column of every row; text becomes bytes where the column holds bytes. */
const write = ({ table_name, column_name, data_type }: SealedColumn, value: string) => {
  const text = `update public.${table_name} set ${column_name} = $1${data_type === "bytea" ? "::text::bytea" : ""}`;
  return exec({ role: "switchboard_worker" }, [{ text, params: [value] }]);
};

test("every column that holds a secret is registered", () => {
  expect(columns.map(nameOf)).toEqual([
    "api_keys.key_hash",
    "businesses.webhook_secret",
    "calls.tool_token_hash",
    "channels.access_token",
    "organizations.telnyx_account_sid_encrypted",
    "organizations.telnyx_api_key_encrypted",
    "organizations.telnyx_public_key_encrypted",
    "organizations.ultravox_api_key_encrypted",
    "organizations.webhook_secret",
    "twilio_accounts.auth_token",
    "user_invitations.invitation_token",
  ]);
});

test.each(["anon", "authenticated", "service_role"] as const)("no sealed column is readable by %s", async (role) => {
  const reads = columns.map(({ table_name, column_name }) =>
    exec({ role }, [{ text: `select ${column_name} from public.${table_name}` }]).then(
      () => "read",
      (error: { code?: string }) => error.code,
    ),
  );
  expect(await Promise.all(reads)).toEqual(columns.map(() => INSUFFICIENT_PRIVILEGE));
});

test("a view that has a sealed column's name shows nothing in it", async () => {
  await Promise.all(ciphertext().map((column) => write(column, SEALED)));
  const { rows: views } = await admin.query(
    `
    select v.table_name, v.column_name from information_schema.views i
    join information_schema.columns v using (table_schema, table_name)
    where v.table_schema = 'public' and v.column_name = any ($1)`,
    [columns.map(({ column_name }) => column_name)],
  );
  const shown = await exec(
    { role: "service_role" },
    views.map(({ table_name, column_name }) => ({ text: `select distinct ${column_name} from public.${table_name}` })),
  );
  expect(shown.flatMap((rows) => rows.flatMap(Object.values)).filter((value) => value !== null)).toEqual([]);
  expect(views.map(({ table_name }) => table_name)).toContain("agencies");
});

describe("ciphertext columns", () => {
  test.each([
    ["plain text", "EAAsecret"],
    ["the mark alone", "sealed.v1."],
    ["another version", SEALED.replace("v1", "v3")],
    ["too little to be ciphertext", "sealed.v1.test.AAAA"],
  ])("refuse %s", async (_, value) => {
    const writes = ciphertext().map((column) =>
      write(column, value).then(
        () => `${nameOf(column)} took it`,
        (error: { code?: string }) => error.code,
      ),
    );
    expect(await Promise.all(writes)).toEqual(ciphertext().map(() => CHECK_VIOLATION));
  });

  test("take what is sealed", async () => {
    await expect(Promise.all(ciphertext().map((column) => write(column, SEALED)))).resolves.toHaveLength(6);
  });
});

test("the change feed never holds a sealed column", async () => {
  await admin.query("truncate switchboard.outbox");
  await Promise.all(ciphertext().map((column) => write(column, SEALED)));
  await exec({ role: "switchboard_worker" }, [
    { text: "update public.businesses set webhook_secret = gen_random_uuid(), name = 'Renamed'" },
    { text: "update public.organizations set webhook_secret = repeat('a', 64), name = 'Renamed'" },
  ]);
  const { rows } = await admin.query("select table_name, record from switchboard.outbox");
  expect(new Set(rows.map(({ table_name }) => table_name))).toEqual(
    new Set(["businesses", "channels", "organizations"]),
  );
  const held = rows.flatMap(({ table_name, record }) => Object.keys(record).map((column) => `${table_name}.${column}`));
  expect(held.filter((name) => columns.some((column) => nameOf(column) === name))).toEqual([]);
  expect(JSON.stringify(rows)).not.toContain("sealed.v1");
});
