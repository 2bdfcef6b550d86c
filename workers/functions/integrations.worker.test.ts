import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unseal } from "../../shared/vault/seal.ts";
import { createMember } from "../../test/factories/tenant.ts";
import { client, userClient, run } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { openScene } from "../../test/support/scene.ts";
import { toolsOf } from "../tools.ts";
import type { Scene } from "../../test/support/scene.ts";
import {
  fault,
  registerAccount,
  registerTwilioAccount,
  requests,
  resetSimulators,
} from "../../test/support/simulators.ts";

let scene: Scene;
let owner: Client;
beforeEach(async () => {
  scene = await openScene();
  owner = await userClient(scene.owner.user_id);
});
afterEach(resetSimulators);

const newKey = () => `KEY${crypto.randomUUID()}`;
const org = () => ({ org_id: scene.org_id });

/** What stands in the organization's sealed column, opened. */
async function opened(column: string): Promise<string | null> {
  const { sealed } = await row<{ sealed: string | null }>`
    select convert_from((to_jsonb(o) ->> ${column})::bytea, 'UTF8') as sealed from public.organizations o where id = ${scene.org_id}`;
  const place = { column: `organizations.${column}`, row: scene.org_id };
  return sealed && unseal(await toolsOf(env).vault, place, sealed);
}

describe("Telnyx", () => {
  test("a key that Telnyx takes is stored sealed, with the account's public key", async () => {
    const api_key = newKey();
    const account = await registerAccount("telnyx", api_key);
    const { data } = await run(owner, "store-telnyx-credentials", { ...org(), api_key });
    expect(data).toMatchObject({
      telnyx: { connected: true, key_added_at: expect.any(String), key_validated_at: expect.any(String) },
      ultravox: { connected: false },
      telephony_configured: false,
    });
    expect(JSON.stringify(data)).not.toContain(api_key);
    expect(await opened("telnyx_api_key_encrypted")).toBe(api_key);
    expect(await opened("telnyx_public_key_encrypted")).toBe(account["public_key"]);
    expect(await opened("telnyx_account_sid_encrypted")).toBe(account["organization_id"]);
  });

  test("a wrong key says which and why, and nothing is stored", async () => {
    const api_key = newKey();
    const refused = await run(owner, "store-telnyx-credentials", { ...org(), api_key });
    expect(refused).toMatchObject({
      status: 400,
      error: { code: "invalid_input", details: { provider: "telnyx", nothing_stored: true } },
    });
    expect(refused.error?.message).toContain(
      "Telnyx does not know this API key (401, code 10009: Authentication failed)",
    );
    expect(JSON.stringify(refused)).not.toContain(api_key);
    expect(await opened("telnyx_api_key_encrypted")).toBeNull();
  });

  test("another account's public key is refused: no webhook would verify", async () => {
    const [api_key, other] = [newKey(), newKey()];
    await registerAccount("telnyx", api_key);
    const { public_key } = await registerAccount("telnyx", other);
    expect(await run(owner, "store-telnyx-credentials", { ...org(), api_key, public_key })).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining("another Telnyx account") },
    });
  });

  test("a provider that is away is not a wrong key, and the stored one stays", async () => {
    const [first, second] = [newKey(), newKey()];
    await registerAccount("telnyx", first);
    await registerAccount("telnyx", second);
    await run(owner, "store-telnyx-credentials", { ...org(), api_key: first });
    await fault({ provider: "telnyx", operation: "any", kind: "status", value: 502, count: 1 });
    expect(await run(owner, "store-telnyx-credentials", { ...org(), api_key: second })).toMatchObject({
      status: 503,
      error: { code: "unavailable", message: expect.stringContaining("Nothing was stored") },
    });
    expect(await opened("telnyx_api_key_encrypted")).toBe(first);
  });
});

describe("Ultravox", () => {
  test("a key that Ultravox takes is stored sealed; a wrong one says why", async () => {
    const api_key = `abcdefgh.${crypto.randomUUID()}`;
    const wrong = await run(owner, "save-ultravox-integration", { ...org(), api_key });
    expect(wrong).toMatchObject({ status: 400, error: { details: { provider: "ultravox" } } });
    expect(wrong.error?.message).toContain("Ultravox does not know this API key (403)");
    await registerAccount("ultravox", api_key);
    expect(await run(owner, "save-ultravox-integration", { ...org(), api_key })).toMatchObject({
      data: { ultravox: { connected: true } },
    });
    expect(await opened("ultravox_api_key_encrypted")).toBe(api_key);
  });
});

describe("who may", () => {
  test("only owners and admins connect, look or remove; others do not even reach the provider", async () => {
    const agent = await userClient((await createMember(exec, scene)).user_id);
    const stranger = await userClient((await openScene()).owner.user_id);
    const api_key = newKey();
    for (const [name, input] of [
      ["save-ultravox-integration", { ...org(), api_key }],
      ["store-telnyx-credentials", { ...org(), api_key }],
      ["get-integration-status", org()],
      ["remove-integration", { ...org(), provider: "telnyx" }],
    ] as const) {
      expect(await run(agent, name, input), name).toMatchObject({ status: 403 });
      expect(await run(stranger, name, input), name).toMatchObject({ status: 404 });
      expect(await run(client(scene.api_key), name, input), name).toMatchObject({ status: 403 });
    }
    expect([...(await requests("telnyx")), ...(await requests("ultravox"))]).toEqual([]);
  });
});

test("removing forgets the credentials and switches their numbers off, and does so once", async () => {
  const api_key = newKey();
  await registerAccount("telnyx", api_key);
  await run(owner, "store-telnyx-credentials", { ...org(), api_key });
  await row`insert into public.channels (org_id, business_id, provider, platform, phone_number) values (${scene.org_id}, ${scene.business_id}, 'telnyx', 'sms', '+15550001111') returning id`;
  for (let time = 1; time <= 2; time++) {
    expect(await run(owner, "remove-integration", { ...org(), provider: "telnyx" })).toMatchObject({
      data: { telnyx: { connected: false, key_added_at: null } },
    });
  }
  expect(await opened("telnyx_api_key_encrypted")).toBeNull();
  expect(
    await row`select array_agg(provider) as on from public.channels where org_id = ${scene.org_id} and active`,
  ).toEqual({
    on: ["meta"],
  });
});

test("what a command did is written down once, without its secret", async () => {
  const api_key = newKey();
  await registerAccount("telnyx", api_key);
  await run(owner, "store-telnyx-credentials", { ...org(), api_key });
  const written =
    await row`select array_agg(to_jsonb(a)) as rows from public.data_access_audit a where org_id = ${scene.org_id}`;
  expect(written["rows"]).toMatchObject([
    { command: "store-telnyx-credentials", operation: "INSERT", record_id: scene.org_id, user_id: scene.owner.user_id },
  ]);
  expect(JSON.stringify(written)).not.toContain(api_key);
});

describe("Twilio", () => {
  const newAccount = () => ({
    account_sid: `AC${crypto.randomUUID().replaceAll("-", "")}`,
    auth_token: crypto.randomUUID().replaceAll("-", ""),
    number: `+1202555${String(Math.floor(Math.random() * 9000) + 1000)}`,
  });
  const connect = ({ account_sid, auth_token }: ReturnType<typeof newAccount>, more = {}) =>
    run(owner, "connect-twilio", { ...org(), business_id: scene.business_id, account_sid, auth_token, ...more });
  const channels = () =>
    sql`select phone_number, active, capabilities from public.channels
      where business_id = ${scene.business_id} and provider = 'twilio' order by created_at`;

  test("its numbers become channels, the token is sealed, and Twilio posts their messages here", async () => {
    const account = newAccount();
    await registerTwilioAccount(account);
    const { data } = await connect(account);
    expect(data).toEqual({
      business_id: scene.business_id,
      account_sid: account.account_sid,
      webhook_type: "global",
      numbers: [{ channel_id: expect.any(String), phone_number: account.number, webhook_error: null }],
    });
    expect(await channels()).toEqual([
      { phone_number: account.number, active: true, capabilities: { voice: true, sms: true, mms: true } },
    ]);
    const stored = await row<{ id: string; auth_token: string; webhook_url: string }>`
      select id, auth_token, webhook_url from public.twilio_accounts where business_id = ${scene.business_id}`;
    const place = { column: "twilio_accounts.auth_token", row: stored.id };
    expect(await unseal(await toolsOf(env).vault, place, stored.auth_token)).toBe(account.auth_token);
    const own = (await requests("twilio")).filter(({ path }) => path.includes(account.account_sid));
    expect(own.at(-1)).toMatchObject({ method: "POST", body: { SmsUrl: stored.webhook_url } });
    expect(stored.webhook_url).toMatch(/\/webhooks\/twilio\/sms$/);
  });

  test("connected again nothing is doubled; another account takes the place of the first", async () => {
    const [first, second] = [newAccount(), newAccount()];
    await registerTwilioAccount(first);
    await registerTwilioAccount(second);
    await connect(first);
    await connect(first, { webhook_type: "per-number" });
    expect(await channels()).toHaveLength(1);
    const seen = await row`select webhook_url from public.twilio_accounts where business_id = ${scene.business_id}`;
    expect(seen).toEqual({ webhook_url: null });
    await connect(second);
    expect(await channels()).toMatchObject([
      { phone_number: first.number, active: false },
      { phone_number: second.number, active: true },
    ]);
  });

  test("a wrong token, a number of somebody else and a stranger's workspace are refused, and nothing is stored", async () => {
    const account = newAccount();
    await registerTwilioAccount(account);
    const wrong = await connect({ ...account, auth_token: "not-the-token" });
    expect(wrong).toMatchObject({ status: 400, error: { code: "invalid_input" } });
    expect(wrong.error?.message).toContain("401, code 20003");
    expect(await connect(account, { numbers: ["+12025550100"] })).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining("+12025550100") },
    });
    const other = await openScene();
    expect(await connect(account, { business_id: other.business_id })).toMatchObject({ status: 404 });
    expect(await channels()).toEqual([]);
  });

  test("a number that another workspace uses is a conflict; Twilio away is not a wrong token", async () => {
    const account = newAccount();
    await registerTwilioAccount(account);
    await connect(account);
    const here = { scene, owner };
    scene = await openScene();
    owner = await userClient(scene.owner.user_id);
    expect(await connect(account)).toMatchObject({ status: 409 });
    ({ scene, owner } = here);
    await fault({ provider: "twilio", operation: "any", kind: "drop_request", count: 1 });
    expect(await connect(account)).toMatchObject({ status: 503, error: { code: "unavailable" } });
  });
});
