import { Client } from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createNeonExec } from "../../shared/db/neon.ts";
import { openEnvelope } from "../../shared/vault/data-keys.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { unseal } from "../../shared/vault/seal.ts";
import { dataKeyStore } from "../../shared/vault/store.ts";
import { createTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { seedDemo } from "./seed.ts";
import { SHOP } from "./shop.ts";

const MASTER = btoa("seed-test-master-key-00000000001");
const NUMBER = { phone_number_id: "100", phone_number: "+447700900001", waba_id: "200", access_token: "token one" };
const SECRETS = {
  demo_api_key: `abcd1234.${"k".repeat(40)}`,
  demo_password: "first password",
  vault_master_key: MASTER,
  twilio_account_sid: `AC${"1".repeat(32)}`,
  twilio_auth_token: "2".repeat(32),
  telnyx_api_key: "KEY0",
  ultravox_api_key: "u.v",
};

let database: TestDatabase;
let admin: Client;
beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const worker = () => createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });

function seed(change: { number?: Partial<typeof NUMBER>; secrets?: Partial<typeof SECRETS> } = {}) {
  return seedDemo({
    exec: worker(),
    adminUrl: database.adminUrl,
    number: { ...NUMBER, ...change.number },
    secrets: { ...SECRETS, ...change.secrets },
  });
}
const query = async (text: string, params: unknown[] = []) => (await admin.query(text, params)).rows;
const snapshot = () =>
  query(`select (select jsonb_agg(to_jsonb(c)) from channels c) as channels, (select jsonb_agg(to_jsonb(o)) from organizations o) as organizations,
    (select jsonb_agg(to_jsonb(u)) from auth.users u) as users, (select jsonb_agg(to_jsonb(k)) from api_keys k) as keys`);

test("seeding twice leaves the same rows, untouched", async () => {
  await seed();
  const before = await snapshot();
  await seed();
  expect(await snapshot()).toEqual(before);
});

test("two people may be given the shop's conversations, its owner and an agent", async () => {
  await seed();
  expect(
    await query(
      `select m.id, m.org_role, a.business_id from team_members m left join team_assignments a on a.team_member_id = m.id
       where m.org_id = $1 and m.active order by m.id`,
      [SHOP.organization_id],
    ),
  ).toEqual([
    { id: SHOP.team_member_id, org_role: "owner", business_id: null },
    { id: SHOP.agent.team_member_id, org_role: "agent", business_id: SHOP.business_id },
  ]);
});

test("what people have changed stays", async () => {
  await seed();
  await query("update channels set ai_delay_seconds = 30 where id = $1", [SHOP.channel_id]);
  await query("update businesses set ai_system_prompt = 'ours' where id = $1", [SHOP.business_id]);
  await seed();
  expect(await query("select ai_delay_seconds from channels where id = $1", [SHOP.channel_id])).toEqual([
    { ai_delay_seconds: 30 },
  ]);
  expect(await query("select ai_system_prompt from businesses")).toEqual([{ ai_system_prompt: "ours" }]);
});

test("the token is sealed for its row, and follows the environment", async () => {
  await seed({ number: { phone_number_id: "101", access_token: "token two" } });
  const [channel] = await query("select phone_number_id, access_token from channels where id = $1", [SHOP.channel_id]);
  expect(channel.phone_number_id).toBe("101");
  const place = { column: "channels.access_token", row: SHOP.channel_id };
  expect(
    await unseal(openEnvelope(await openVault(MASTER), dataKeyStore(worker()), Date.now), place, channel.access_token),
  ).toBe("token two");
});

test("the owner's password follows the data folder", async () => {
  const fits = (password: string) =>
    query("select encrypted_password = crypt($1, encrypted_password) as fits from auth.users where id = $2", [
      password,
      SHOP.user_id,
    ]);
  await seed();
  expect(await fits("first password")).toEqual([{ fits: true }]);
  await seed({ secrets: { demo_password: "second password" } });
  expect(await fits("second password")).toEqual([{ fits: true }]);
  expect(await fits("first password")).toEqual([{ fits: false }]);
});
