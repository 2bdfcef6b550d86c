import { afterEach, describe, expect, test } from "vitest";
import { newAccountKey, signedRequest, webhookBody } from "../../shared/channels/telnyx/fixtures.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { randomDigits, TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import { row, sql } from "../../test/support/database.ts";
import { openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { resetSimulators } from "../../test/support/simulators.ts";
import { ask } from "../../test/support/worker.ts";

afterEach(resetSimulators);

/** The scene's organization with a Telnyx account and one number of it. */
async function connect(scene: Scene) {
  const { org_id, business_id } = scene;
  const { public_key, private_key } = await newAccountKey();
  const vault = await openVault(TEST_MASTER_KEY);
  const column = "organizations.telnyx_public_key_encrypted";
  const sealed = await seal(vault, { column, row: org_id }, public_key);
  const { webhook_secret } = await row<{ webhook_secret: string }>`
    update public.organizations set telnyx_public_key_encrypted = convert_to(${sealed}, 'UTF8')
    where id = ${org_id} returning webhook_secret`;
  const number = `+1555${randomDigits(7)}`;
  const { id: channel_id } = await row<{ id: string }>`
    insert into public.channels (org_id, business_id, provider, platform, phone_number, phone_number_id)
    values (${org_id}, ${business_id}, 'telnyx', 'sms', ${number}, ${`${org_id}/${number}`}) returning id`;
  return { org_id, webhook_secret, private_key, number, channel_id };
}

type Account = Awaited<ReturnType<typeof connect>>;

const received = (number: string, change: Record<string, unknown> = {}) =>
  JSON.stringify(
    webhookBody("message.received", {
      id: crypto.randomUUID(),
      from: { phone_number: `+1650555${randomDigits(4)}` },
      to: [{ phone_number: number, status: "webhook_delivered" }],
      received_at: new Date().toISOString(),
      ...change,
    }),
  );

async function deliver(account: Account, bytes: string, { secret = account.webhook_secret, age_s = 0 } = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) - age_s);
  const { headers } = await signedRequest(account.private_key, bytes, timestamp);
  return ask(`/webhooks/telnyx/${secret}/messaging`, { method: "POST", body: bytes, headers });
}

const lines = ({ channel_id }: Account) =>
  sql<{ content: string }>`select content from public.messages where channel_id = ${channel_id} order by seq`;

const quarantined = ({ org_id }: Account) =>
  sql`select reason from switchboard.quarantined_events where account like ${`${org_id}/%`}`;

describe("an SMS by Telnyx", () => {
  test("is stored once, in the thread of its number", async () => {
    const account = await connect(await openScene());
    const bytes = received(account.number, { text: "Hello by Telnyx" });
    for (let n = 0; n < 2; n++) expect((await deliver(account, bytes)).status).toBe(200);
    expect(await lines(account)).toEqual([{ content: "Hello by Telnyx" }]);
  });

  test("F10: a wrong key or a stale time is 401, an unknown secret 404, and none leaves a row", async () => {
    const account = await connect(await openScene());
    const other = await connect(await openScene());
    const bytes = received(account.number);
    expect((await deliver({ ...account, private_key: other.private_key }, bytes)).status).toBe(401);
    expect((await deliver(account, bytes, { age_s: 310 })).status).toBe(401);
    expect((await deliver(account, bytes, { secret: "guessed" })).status).toBe(404);
    expect(await lines(account)).toEqual([]);
    expect(await quarantined(account)).toEqual([]);
  });

  test("an account's key vouches for its own organization's numbers only", async () => {
    const account = await connect(await openScene());
    const other = await connect(await openScene());
    expect((await deliver(account, received(other.number))).status).toBe(200);
    expect(await lines(other)).toEqual([]);
    expect(await quarantined(account)).toHaveLength(1);
    await expect(
      sql`update public.channels set phone_number_id = ${`${other.org_id}/+15550001111`} where id = ${account.channel_id}`,
    ).rejects.toThrow(/named by its organization/);
  });
});
