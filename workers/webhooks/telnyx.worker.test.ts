import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { newAccountKey, signedRequest, webhookBody } from "../../shared/channels/telnyx/fixtures.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { randomDigits, TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import { userClient } from "../../test/support/client.ts";
import { row, sql } from "../../test/support/database.ts";
import { eventually, openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, resetSimulators } from "../../test/support/simulators.ts";
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

const filesOf = ({ channel_id }: Account) =>
  sql<{ state: string; reason: string | null; mime_type: string; storage_url: string | null }>`
    select f.state, f.reason, f.mime_type, f.storage_url from public.media_files f
    join public.messages m on m.id = f.message_id where m.channel_id = ${channel_id} order by m.seq`;

describe("another secret in the address", () => {
  const rotate = async ({ org_id, owner }: Scene, overlap_hours?: number) => {
    const sb = await userClient(owner.user_id);
    const { data, error } = await sb.functions.invoke("rotate-webhook-secret", { body: { org_id, overlap_hours } });
    expect([error, JSON.stringify(data)]).toEqual([null, expect.stringContaining("former_valid_until")]);
    const { webhook_secret } = await row<{ webhook_secret: string }>`
      select webhook_secret from public.organizations where id = ${org_id}`;
    return webhook_secret;
  };

  test("counts at once, and so does the one before while the two overlap: no webhook is lost", async () => {
    const scene = await openScene();
    const account = await connect(scene);
    const secret = await rotate(scene);
    expect(secret).not.toBe(account.webhook_secret);
    expect((await deliver(account, received(account.number, { text: "Old" }))).status).toBe(200);
    expect((await deliver(account, received(account.number, { text: "New" }), { secret })).status).toBe(200);
    expect(await lines(account)).toEqual([{ content: "Old" }, { content: "New" }]);
  });

  test("without an overlap the one before is nobody's, and another organization's admin changes none", async () => {
    const scene = await openScene();
    const account = await connect(scene);
    const secret = await rotate(scene, 0);
    expect((await deliver(account, received(account.number))).status).toBe(404);
    expect((await deliver(account, received(account.number), { secret })).status).toBe(200);
    const stranger = await userClient((await openScene()).owner.user_id);
    const { error } = await stranger.functions.invoke("rotate-webhook-secret", { body: { org_id: scene.org_id } });
    expect(error?.context).toMatchObject({ status: 404 });
  });
});

describe("an MMS by Telnyx", () => {
  const mms = (account: Account, ...urls: string[]) =>
    received(account.number, { text: "Look", media: urls.map((url) => ({ url, content_type: "image/gif" })) });
  const settled = (account: Account) =>
    eventually(async () => {
      const files = await filesOf(account);
      return files.length > 0 && files.every(({ state }) => state !== "pending") && files;
    });

  test("is stored at once, and its file is fetched", async () => {
    const account = await connect(await openScene());
    await deliver(account, mms(account, `${env.TELNYX_API_URL}/sample.gif`));
    expect(await lines(account)).toEqual([{ content: "Look" }]);
    const [file] = await settled(account);
    expect(file).toMatchObject({ state: "stored", mime_type: "image/gif" });
    expect(await (await env.MEDIA_BUCKET.get(file?.storage_url ?? ""))?.text()).toBe("GIF89a");
  });

  test("F23: whose file is not at Telnyx has a text, and a file that nobody has asked for", async () => {
    const account = await connect(await openScene());
    await deliver(account, mms(account, "https://169.254.169.254/latest/meta-data", "http://127.0.0.1:9/x"));
    const failed = { state: "failed", reason: "address is not at one of the provider's hosts", storage_url: null };
    expect(await settled(account)).toMatchObject([failed, failed]);
    expect(await lines(account)).toEqual([{ content: "Look" }, { content: "[image]" }]);
  });

  test("F23: keeps its file's address from everybody: it opens the file to whoever has it", async () => {
    const scene = await openScene();
    const account = await connect(scene);
    const end = await fault({ provider: "telnyx", operation: "media", kind: "error", value: "10015" });
    const url = `${env.TELNYX_API_URL}/sample.gif?mark=${crypto.randomUUID()}`;
    await deliver(account, mms(account, url));
    await eventually(async () => (await filesOf(account))[0]?.reason);
    await end();
    const shown = await sql`select to_jsonb(f) as row from public.media_files f where f.org_id = ${scene.org_id}
      union all select o.record from switchboard.outbox o where o.org_id = ${scene.org_id} and o.table_name = 'media_files'`;
    expect(shown.length).toBeGreaterThan(1);
    expect(JSON.stringify(shown)).not.toContain(url);
  });
});

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
