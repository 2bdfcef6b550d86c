import { Client } from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { openEnvelope } from "../../shared/vault/data-keys.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { unseal } from "../../shared/vault/seal.ts";
import { dataKeyStore } from "../../shared/vault/store.ts";
import { createTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { connectNumber } from "./number.ts";

const MASTER = btoa("connect-test-master-key-00000001");

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
const connect = (phone_number_id: string, access_token: string) =>
  connectNumber(worker(), MASTER, {
    shop: "Café Olé",
    phone_number_id,
    waba_id: "7",
    access_token,
  });
async function tokenOf(channel_id: string) {
  const { rows } = await admin.query("select access_token from channels where id = $1", [channel_id]);
  const place = { column: "channels.access_token", row: channel_id };
  const vault = openEnvelope(await openVault(MASTER), dataKeyStore(worker()), Date.now);
  return unseal(vault, place, rows[0].access_token);
}

test("a new number brings a shop, a sealed token and a key that the database knows by its hash only", async () => {
  const { channel_id, business_id, api_key } = await connect("1", "token one");
  expect(await tokenOf(channel_id)).toBe("token one");
  const { rows } = await admin.query(
    `select b.name, k.key_hash, c.ai_auto_send from channels c join businesses b on b.id = c.business_id
     join api_keys k on k.org_id = b.org_id where c.business_id = $1`,
    [business_id],
  );
  expect(rows).toEqual([{ name: "Café Olé", key_hash: await sha256Hex(api_key ?? ""), ai_auto_send: false }]);
});

test("a known number gets the new token and nothing else", async () => {
  const first = await connect("2", "token one");
  const second = await connect("2", "token two");
  expect(second).toEqual({ ...first, api_key: null });
  expect(await tokenOf(first.channel_id)).toBe("token two");
});
