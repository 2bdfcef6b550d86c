import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { randomDigits, TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, eventually, openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, registerTwilioAccount, requests, resetSimulators } from "../../test/support/simulators.ts";
import { ask, URL_OF_WORKER } from "../../test/support/worker.ts";
import { utf8 } from "../../shared/crypto/digest.ts";
import { download } from "../../shared/media/download.ts";
import { memorySink } from "../../shared/media/memory-sink.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { outgoingFiles } from "../media/outgoing.ts";
import { createProviders } from "../sending/providers.ts";
import { toolsOf } from "../tools.ts";

afterEach(resetSimulators);

const hex = () => crypto.randomUUID().replaceAll("-", "");

/** The scene's business with a Twilio account and one number of it. */
async function connect(scene: Scene, account_sid = `AC${hex()}`) {
  const account = { id: crypto.randomUUID(), account_sid, token: hex(), number: `+1555${randomDigits(7)}` };
  const { id, token, number } = account;
  const sealed = await seal(await openVault(TEST_MASTER_KEY), { column: "twilio_accounts.auth_token", row: id }, token);
  await sql`insert into public.twilio_accounts (id, org_id, business_id, account_sid, auth_token, is_configured)
    values (${id}, ${scene.org_id}, ${scene.business_id}, ${account_sid}, ${sealed}, true)`;
  const { id: channel_id } = await row<{ id: string }>`
    insert into public.channels (org_id, business_id, provider, platform, phone_number, phone_number_id)
    values (${scene.org_id}, ${scene.business_id}, 'twilio', 'sms', ${number}, ${`${account_sid}/${number}`}) returning id`;
  return { ...account, channel_id };
}

type Account = Awaited<ReturnType<typeof connect>>;

async function deliver(account: Account, change: Record<string, string> = {}, path = "/sms", token = account.token) {
  const form = new Map(
    Object.entries({
      AccountSid: account.account_sid,
      MessageSid: `SM${hex()}`,
      From: `+1650555${randomDigits(4)}`,
      To: account.number,
      Body: "Hello by SMS",
      NumMedia: "0",
      SmsStatus: "received",
      ...change,
    }),
  );
  const url = `/webhooks/twilio${path}`;
  const data = [...form.keys()].toSorted().map((name) => name + form.get(name));
  const key = await crypto.subtle.importKey("raw", utf8(token), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", key, utf8(URL_OF_WORKER + url + data.join("")));
  return ask(url, {
    method: "POST",
    body: new URLSearchParams([...form]).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": btoa(String.fromCharCode(...new Uint8Array(signed))),
    },
  });
}

const lines = (account: Account) =>
  sql<{ content: string; twilio_sid: string }>`
    select content, twilio_sid from public.messages where channel_id = ${account.channel_id} order by seq`;

describe("an SMS by Twilio", () => {
  test("is stored once, in the thread of its number, and answered with an empty response", async () => {
    const account = await connect(await openScene());
    const MessageSid = `SM${hex()}`;
    for (let n = 0; n < 2; n++) {
      const response = await deliver(account, { MessageSid });
      expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
        200,
        "text/xml",
        "<Response/>",
      ]);
    }
    expect(await lines(account)).toEqual([{ content: "Hello by SMS", twilio_sid: MessageSid }]);
  });

  test("under the organization's own secret as well", async () => {
    const scene = await openScene();
    const account = await connect(scene);
    const { webhook_secret } = await row<{ webhook_secret: string }>`
      select webhook_secret from public.organizations where id = ${scene.org_id}`;
    expect((await deliver(account, {}, `/${webhook_secret}/sms`)).status).toBe(200);
    expect(await lines(account)).toHaveLength(1);
  });

  test("F10: a wrong token is 401, an unknown account or secret 404, and none leaves a row", async () => {
    const account = await connect(await openScene());
    const other = await connect(await openScene());
    expect((await deliver(account, {}, "/sms", other.token)).status).toBe(401);
    expect((await deliver(account, { AccountSid: `AC${hex()}` })).status).toBe(404);
    expect((await deliver(account, {}, "/guessed/sms")).status).toBe(404);
    expect(await lines(account)).toEqual([]);
    expect(
      await sql`select 1 from switchboard.quarantined_events where account like ${`${account.account_sid}%`}`,
    ).toEqual([]);
  });

  test("an account's token vouches for its own numbers only", async () => {
    const account = await connect(await openScene());
    const other = await connect(await openScene());
    expect((await deliver(account, { To: other.number })).status).toBe(200);
    expect(await lines(other)).toEqual([]);
    await expect(
      sql`update public.channels set phone_number_id = ${`${other.account_sid}/+15550001111`} where id = ${account.channel_id}`,
    ).rejects.toThrow(/not of the Twilio account/);
  });

  test("has no 24-hour window", async () => {
    const account = await connect(await openScene());
    await deliver(account);
    await sql`update public.conversations set window_expires_at = now() - interval '3 days'
      where channel_id = ${account.channel_id}`;
    const { gate } = await row<{ gate: { allowed: boolean; rule: string | null } }>`
      select switchboard.gate_v1(id, 'text', 'person') as gate from public.conversations
      where channel_id = ${account.channel_id}`;
    expect(gate).toMatchObject({ allowed: true, rule: null });
  });
});

test("F22, F23: an MMS is stored at once; its file is asked for at Twilio, tried again, and kept", async () => {
  const scene = await openScene();
  const account = await connect(scene);
  await registerTwilioAccount({ account_sid: account.account_sid, auth_token: account.token, number: account.number });
  await fault({ provider: "twilio", operation: "media", kind: "status", value: 404, count: 1 });
  const address = `${env.TWILIO_API_URL}/Accounts/${account.account_sid}/Messages/MM1/Media/ME${hex()}`;
  await deliver(account, { NumMedia: "1", MediaUrl0: address, MediaContentType0: "image/gif", Body: "" });
  expect(await lines(account)).toMatchObject([{ content: "[image]" }]);
  const file = await eventually(
    async () =>
      (
        await sql<{ id: string; reason: string }>`select f.id, f.reason from public.media_files f
          join public.messages m on m.id = f.message_id where m.channel_id = ${account.channel_id} and f.attempts = 1`
      )[0],
  );
  expect(file.reason).toBe("file: HTTP 404");
  await sql`update switchboard.media_downloads set due_at = now() - interval '1 second' where media_id = ${file.id}`;
  const asked: (string | null)[] = [];
  const fetch = (async (_: string, { headers }: RequestInit) => {
    asked.push(new Headers(headers).get("authorization"));
    return new Response("GIF89a", { headers: { "content-type": "image/gif" } });
  }) as unknown as typeof globalThis.fetch;
  const vault = openVault(TEST_MASTER_KEY);
  const { open_media } = createProviders({
    vault,
    meta: {},
    files: outgoingFiles({ ...toolsOf(env), bucket: undefined, public_url: "" }),
    twilio: { api_url: env.TWILIO_API_URL, fetch },
  });
  const sink = memorySink();
  const done = await download(file.id, { exec, random: () => 0, open_media, sink: () => sink });
  expect(done).toEqual({ state: "stored" });
  expect(asked).toEqual([`Basic ${btoa(`${account.account_sid}:${account.token}`)}`]);
  expect(new TextDecoder().decode(sink.kept() ?? new Uint8Array())).toBe("GIF89a");
});

describe("an answer by Twilio", () => {
  /** A customer who has written, and a way to answer. */
  async function talk() {
    const scene = await openScene();
    const account = await connect(scene);
    await registerTwilioAccount({
      account_sid: account.account_sid,
      auth_token: account.token,
      number: account.number,
    });
    const customer = `+1650555${randomDigits(4)}`;
    await deliver(account, { From: customer });
    const { id: conversation_id } = await row<{ id: string }>`
      select id from public.conversations where channel_id = ${account.channel_id}`;
    const say = (content: string) => command(scene, "send-message", { conversation_id, content });
    const last = () => row<{ twilio_sid: string | null; delivery_status: string }>`
      select twilio_sid, delivery_status from public.messages
      where channel_id = ${account.channel_id} and direction = 'outbound' order by seq desc limit 1`;
    const asked = async () => (await requests("twilio")).filter(({ path }) => path.includes(account.account_sid));
    return { account, customer, say, last, asked };
  }

  test("goes out from the number that was written to, and its states come back by the message's sid", async () => {
    const { account, customer, say, last, asked } = await talk();
    expect((await say("Open until six.")).status).toBe(200);
    expect(await asked()).toMatchObject([
      { method: "POST", status: 201, body: { From: account.number, To: customer, Body: "Open until six." } },
    ]);
    const { twilio_sid } = await last();
    const status = { MessageSid: twilio_sid ?? "", From: account.number, To: customer, SmsStatus: "" };
    // out of order: what came later in a message's life stays (F76)
    for (const MessageStatus of ["delivered", "sent"]) await deliver(account, { ...status, MessageStatus }, "/status");
    expect(await last()).toEqual({
      twilio_sid: expect.stringMatching(/^SM/),
      delivery_status: "delivered",
    });
  });

  test("F69: one whose answer is lost is unknown, and not sent again", async () => {
    const { say, last, asked } = await talk();
    await fault({ provider: "twilio", operation: "send", kind: "drop_response", count: 1 });
    await say("Only once.");
    expect(await asked()).toHaveLength(1);
    expect(await last()).toMatchObject({ delivery_status: "unknown", twilio_sid: null });
  });

  test("F114: to somebody who sent STOP is refused before Twilio is asked", async () => {
    const { account, customer, say, asked } = await talk();
    await deliver(account, { From: customer, Body: "STOP" });
    expect(await say("Are you sure?")).toMatchObject({ status: 422, body: { details: { rule: "consent" } } });
    expect(await asked()).toEqual([]);
  });
});

describe("a call by Twilio", () => {
  async function line() {
    const scene = await openScene();
    const account = await connect(scene);
    const key = `${randomDigits(8)}.${randomDigits(32)}`;
    await fetch(`${env.SIMULATORS_URL}/_sim/accounts`, {
      method: "POST",
      body: JSON.stringify({ provider: "ultravox", api_key: key }),
      headers: { "content-type": "application/json" },
    });
    const column = "organizations.ultravox_api_key_encrypted";
    const sealed = await seal(await openVault(TEST_MASTER_KEY), { column, row: scene.org_id }, key);
    await sql`update public.organizations set ultravox_api_key_encrypted = convert_to(${sealed}, 'UTF8') where id = ${scene.org_id}`;
    return { scene, account };
  }
  const call = (account: Account, CallSid: string, change: Record<string, string> = {}, token = account.token) =>
    deliver(account, { CallSid, CallStatus: "ringing", Direction: "inbound", ...change }, "/voice", token);
  const callOf = (CallSid: string) => row`select * from public.calls where carrier_leg_id = ${CallSid}`;

  test("is answered with the agent's address, and its end is known from the status callback", async () => {
    const { account } = await line();
    const [CallSid, From] = [`CA${hex()}`, `+1650555${randomDigits(4)}`];
    const response = await call(account, CallSid, { From });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/xml"]);
    expect(await response.text()).toMatch(/^<Response><Connect><Stream url="wss:[^"]+"\/><\/Connect><\/Response>$/);
    const create = (await requests("ultravox")).find(({ method }) => method === "POST");
    expect(create).toMatchObject({ status: 201, body: { medium: { twilio: {} } } });
    expect(await callOf(CallSid)).toMatchObject({
      state: "ringing",
      from_number: From,
      agent_call_id: expect.any(String),
    });
    await call(account, CallSid, { From, CallStatus: "in-progress" });
    expect(await (await call(account, CallSid, { From, CallStatus: "completed" })).text()).toBe("<Response/>");
    expect(await callOf(CallSid)).toMatchObject({ state: "completed", end_cause: "completed" });
  });

  test("that may not be taken is rejected; F10: a wrong token is 401, an unknown account 404, without a row", async () => {
    const { scene, account } = await line();
    await sql`update public.businesses set ai_enabled = false where id = ${scene.business_id}`;
    const CallSid = `CA${hex()}`;
    expect(await (await call(account, CallSid)).text()).toBe("<Response><Reject/></Response>");
    expect(await callOf(CallSid)).toMatchObject({ state: "refused", gate: { rule: "ai_may_speak" } });
    const forged = `CA${hex()}`;
    expect((await call(account, forged, {}, "wrong")).status).toBe(401);
    expect((await call({ ...account, account_sid: `AC${hex()}` }, forged)).status).toBe(404);
    expect(await sql`select 1 from public.calls where carrier_leg_id = ${forged}`).toEqual([]);
  });
});
