import { env } from "cloudflare:workers";
import { newAccountKey, signedRequest } from "../../shared/channels/telnyx/fixtures.ts";
import { webhookSecret } from "../../shared/channels/ultravox/index.ts";
import { hmacSha256, utf8 } from "../../shared/crypto/digest.ts";
import { toHex } from "../../shared/crypto/hex.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { randomDigits, TEST_MASTER_KEY } from "../factories/tenant.ts";
import { row, sql } from "./database.ts";
import { openScene } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { ask } from "./worker.ts";

/** A scene whose number takes calls: an account at Telnyx and one at Ultravox, both known to the simulators. */
export interface VoiceScene extends Scene {
  number: string;
  webhook_secret: string;
  private_key: CryptoKey;
  telnyx_key: string;
  ultravox_key: string;
}

async function sim<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`${env.SIMULATORS_URL}/_sim/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const answer = await response.json<T>();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

export async function openVoiceScene(channel: Record<string, unknown> = {}): Promise<VoiceScene> {
  const scene = await openScene({ channel });
  const { org_id, channel_id } = scene;
  const vault = await openVault(TEST_MASTER_KEY);
  const sealed = (name: string, value: string) =>
    seal(vault, { column: `organizations.${name}_encrypted`, row: org_id }, value);
  const { public_key, private_key } = await newAccountKey();
  const telnyx_key = `KEY${randomDigits(12)}`;
  const ultravox_key = `${randomDigits(8)}.${randomDigits(32)}`;
  const number = `+1555${randomDigits(7)}`;
  await sim("accounts", { provider: "telnyx", api_key: telnyx_key, number });
  await sim("accounts", { provider: "ultravox", api_key: ultravox_key });
  const { webhook_secret } = await row<{ webhook_secret: string }>`
    update public.organizations set telnyx_application_id = '1',
      telnyx_public_key_encrypted = convert_to(${await sealed("telnyx_public_key", public_key)}, 'UTF8'),
      telnyx_api_key_encrypted = convert_to(${await sealed("telnyx_api_key", telnyx_key)}, 'UTF8'),
      ultravox_api_key_encrypted = convert_to(${await sealed("ultravox_api_key", ultravox_key)}, 'UTF8')
    where id = ${org_id} returning webhook_secret`;
  await sql`update public.channels set provider = 'telnyx', platform = 'voice', phone_number = ${number},
    phone_number_id = ${`${org_id}/${number}`} where id = ${channel_id}`;
  return { ...scene, number, webhook_secret, private_key, telnyx_key, ultravox_key };
}

/** A customer calls on the simulated Telnyx, whose own webhook reaches nobody here; answers the leg. */
export async function ring({ number }: VoiceScene, from: string, ...says: string[]): Promise<string> {
  const text = says.length > 0 ? says.join("\n") : "Hello?";
  const { id } = await sim<{ id: string }>("inbound", { provider: "telnyx-voice", from, to: number, text });
  return id;
}

export interface LegEvent {
  event_type: string;
  leg: string;
  payload?: Record<string, unknown>;
  id?: string;
}

/** An event of a leg as Telnyx posts it, signed with the account's key. */
export async function telnyxTells(
  scene: VoiceScene,
  { event_type, leg, payload = {}, id = crypto.randomUUID() }: LegEvent,
  { secret = scene.webhook_secret, private_key = scene.private_key } = {},
): Promise<Response> {
  const bytes = JSON.stringify({
    data: {
      id,
      event_type,
      occurred_at: new Date().toISOString(),
      record_type: "event",
      payload: { call_control_id: leg, call_session_id: "session", client_state: null, ...payload },
    },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const { headers } = await signedRequest(private_key, bytes, timestamp);
  return ask(`/webhooks/telnyx/${secret}/voice`, { method: "POST", body: bytes, headers });
}

export const incoming = (scene: VoiceScene, leg: string, from: string): LegEvent => ({
  event_type: "call.initiated",
  leg,
  payload: { direction: "incoming", state: "parked", from, to: scene.number },
});

/** An event of a call as Ultravox posts it, with the call as the simulator has it unless another is given. */
export async function ultravoxTells(
  scene: VoiceScene,
  event: string,
  call: Record<string, unknown>,
  { secret = scene.webhook_secret, key = scene.ultravox_key } = {},
): Promise<Response> {
  const bytes = JSON.stringify({ event, call });
  const timestamp = new Date().toISOString();
  const signature = toHex(await hmacSha256(await webhookSecret(key, scene.org_id), utf8(bytes + timestamp)));
  return ask(`/webhooks/ultravox/${secret}`, {
    method: "POST",
    body: bytes,
    headers: { "x-ultravox-webhook-timestamp": timestamp, "x-ultravox-webhook-signature": signature },
  });
}

/** A call as the simulated Ultravox has it. */
export async function agentCall({ ultravox_key }: VoiceScene, id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${env.ULTRAVOX_API_URL}/calls/${id}`, { headers: { "x-api-key": ultravox_key } });
  return response.json();
}
