import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import { SEALED } from "../../test/factories/every-table.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import { createTenant, TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { createNeonExec } from "../db/neon.ts";
import { newDataKey, openEnvelope } from "./data-keys.ts";
import { openVault } from "./keys.ts";
import { reseal } from "./reseal.ts";
import { headerOf, seal, unseal } from "./seal.ts";
import { dataKeyStore, encryptionKeys } from "./store.ts";

const OTHER = btoa("another-master-key-for-rotation!");
const COLUMNS = [
  "channels.access_token",
  "organizations.telnyx_account_sid_encrypted",
  "organizations.telnyx_api_key_encrypted",
  "organizations.telnyx_public_key_encrypted",
  "organizations.ultravox_api_key_encrypted",
  "twilio_accounts.auth_token",
];

let database: TestDatabase;
let exec: Exec;
let admin: Client;
let tenant: Tenant;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** A secret in each column that holds one, sealed by the master key itself, as before there were data keys. */
beforeEach(async () => {
  await admin.query("truncate switchboard.encryption_keys");
  await admin.query("delete from public.twilio_accounts");
  for (const column of COLUMNS.filter((name) => !name.startsWith("twilio"))) {
    const [table, name] = column.split(".");
    await admin.query(`update public.${table} set ${name} = null`);
  }
  tenant = await createTenant(exec);
  const vault = await openVault(TEST_MASTER_KEY);
  for (const column of COLUMNS.filter((name) => name.startsWith("organizations."))) {
    const sealed = await seal(vault, { column, row: tenant.org_id }, `secret of ${column}`);
    await admin.query(
      `update public.organizations set ${column.split(".")[1]} = convert_to($1, 'UTF8') where id = $2`,
      [sealed, tenant.org_id],
    );
  }
  const id = crypto.randomUUID();
  const token = await seal(vault, { column: "twilio_accounts.auth_token", row: id }, "secret of Twilio");
  await admin.query(
    "insert into public.twilio_accounts (id, org_id, business_id, account_sid, auth_token) values ($1, $2, $3, 'AC1', $4)",
    [id, tenant.org_id, tenant.business_id, token],
  );
});

async function values(): Promise<{ column: string; row: string; value: string }[]> {
  const { rows } = await admin.query(`
    select s.table_name || '.' || s.column_name as column, r.row_id as row, r.value
    from switchboard.sealed_columns s cross join lateral switchboard.sealed_values(s) r where s.ciphertext order by 1`);
  return rows;
}

const headers = async () => [...new Set((await values()).map(({ value }) => headerOf(value)))];

async function opened(master = TEST_MASTER_KEY) {
  const vault = openEnvelope(await openVault(master), dataKeyStore(exec), Date.now);
  return Promise.all((await values()).map(({ value, ...place }) => unseal(vault, place, value)));
}

const renew = async (master = TEST_MASTER_KEY, everything = false) =>
  reseal({ exec, masters: await openVault(master), now: Date.now, budget_ms: 60_000, everything });

const rotate = async (version: number) =>
  call(exec, "add_encryption_key_v1", await newDataKey(await openVault(TEST_MASTER_KEY), version));

test("what master keys have sealed moves under the first data key, in every column, and opens as before", async () => {
  const before = await opened();
  expect((await values()).map(({ column }) => column)).toEqual(COLUMNS);
  expect(await renew()).toEqual({ rewrapped: 0, resealed: 6, unopened: 0 });
  expect(await headers()).toEqual(["sealed.v2.1"]);
  expect(await opened()).toEqual(before);
  expect(before).not.toContain(null);
  expect(await renew()).toEqual({ rewrapped: 0, resealed: 0, unopened: 0 });
});

test("a new data key takes over what the one before has sealed; until then the old one opens it", async () => {
  await renew();
  const before = await opened();
  await rotate(2);
  expect(await headers()).toEqual(["sealed.v2.1"]);
  expect(await opened()).toEqual(before);
  await renew();
  expect(await headers()).toEqual(["sealed.v2.2"]);
  expect(await opened()).toEqual(before);
});

test("a new master key takes the data keys over, after which the old one opens nothing", async () => {
  await renew();
  await rotate(2);
  const before = await opened();
  expect(await renew(`${OTHER},${TEST_MASTER_KEY}`)).toMatchObject({ rewrapped: 2 });
  expect(await opened(OTHER)).toEqual(before);
  expect(await opened()).toEqual(before.map(() => null));
});

test("two sweeps at once, and a value that somebody replaces meanwhile: nothing is lost", async () => {
  const place = { column: "channels.access_token", row: tenant.channel_id };
  const vault = openEnvelope(await openVault(TEST_MASTER_KEY), dataKeyStore(exec), Date.now);
  let replacing: Promise<unknown> | undefined;
  const replace = async () => {
    const token = await seal(vault, place, "a newer token");
    await admin.query("update public.channels set access_token = $1 where id = $2", [token, tenant.channel_id]);
  };
  const racing: Exec = async (session, statements) => {
    if (statements.some(({ text }) => text.includes("reseal_v1"))) await (replacing ??= replace());
    return exec(session, statements);
  };
  const masters = await openVault(TEST_MASTER_KEY);
  const one = { exec: racing, masters, now: Date.now, budget_ms: 60_000 };
  const done = await Promise.all([reseal(one), reseal(one)]);
  expect(done.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(5);
  const { rows } = await admin.query("select access_token from public.channels where id = $1", [tenant.channel_id]);
  expect(await unseal(vault, place, rows[0].access_token)).toBe("a newer token");
});

test("a value that no key opens is left as it is, and holds nothing up", async () => {
  await admin.query("update public.channels set access_token = $1 where id = $2", [SEALED, tenant.channel_id]);
  expect(await renew()).toEqual({ rewrapped: 0, resealed: 5, unopened: 1 });
  expect((await values())[0]?.value).toBe(SEALED);
});

test("a sweep looks no further once a key has settled, unless it is to look at everything", async () => {
  await renew();
  expect(await encryptionKeys(exec)).toMatchObject({ settled: false });
  await admin.query("update switchboard.encryption_keys set created_at = now() - interval '11 minutes'");
  await renew();
  expect(await encryptionKeys(exec)).toMatchObject({ settled: true });
  await createTenant(exec);
  expect(await renew()).toMatchObject({ resealed: 0 });
  expect(await renew(TEST_MASTER_KEY, true)).toMatchObject({ resealed: 1 });
});

test("without time left no batch is begun", async () => {
  const masters = await openVault(TEST_MASTER_KEY);
  expect(await reseal({ exec, masters, now: () => 0, budget_ms: 0 })).toMatchObject({ resealed: 0 });
});

test.each(["anon", "authenticated", "service_role"] as const)("%s reads no wrapped key", async (role) => {
  await renew();
  await expect(exec({ role }, [{ text: "select * from switchboard.encryption_keys" }])).rejects.toMatchObject({
    code: "42501",
  });
});
