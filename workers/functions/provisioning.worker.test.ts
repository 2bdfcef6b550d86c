import { afterEach, beforeEach, expect, test } from "vitest";
import { createMember } from "../../test/factories/tenant.ts";
import { client, userClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, registerAccount, requests, resetSimulators } from "../../test/support/simulators.ts";
import type { IntegrationView } from "./integration-view.ts";

let scene: Scene;
let owner: Client;
let api_key: string;
beforeEach(async () => {
  scene = await openScene();
  owner = await userClient(scene.owner.user_id);
  api_key = `KEY${crypto.randomUUID()}`;
  await registerAccount("telnyx", api_key);
});
afterEach(resetSimulators);

interface Refusal {
  code: string;
  message: string;
  details: Record<string, unknown>;
}

async function run(name: string, body: object, sb = owner) {
  const { data, error } = await sb.functions.invoke<IntegrationView>(name, { body: { org_id: scene.org_id, ...body } });
  if (!error) return { status: 200, data };
  const response = error.context as Response;
  return { status: response.status, error: await response.json<Refusal>() };
}

const connect = () => run("store-telnyx-credentials", { api_key });
const order = { country: "US", area_code: "312", count: 1 };
const provision = (sb = owner) => run("provision-telephony", { business_id: scene.business_id, order }, sb);
const made = async () => (await requests("telnyx")).filter(({ method }) => method === "POST").map(({ path }) => path);

test("telephony is set up, shown step by step, done once, and undone", async () => {
  await connect();
  const { data } = await provision();
  expect(data).toMatchObject({ telephony_configured: true, telnyx: { application_id: expect.any(String) } });
  expect(data?.telnyx.steps.map(({ step, state }) => [step.replace(/\+.*/, ""), state])).toEqual([
    ["outbound_voice_profile", "done"],
    ["call_control_application", "done"],
    ["messaging_profile", "done"],
    ["number:", "done"],
  ]);
  expect(JSON.stringify(data)).not.toContain(api_key);
  const channel = await row<{ phone_number: string; phone_number_id: string }>`
    select phone_number, phone_number_id from public.channels where org_id = ${scene.org_id} and provider = 'telnyx' and active`;
  expect(channel.phone_number_id).toBe(`${scene.org_id}/${channel.phone_number}`);

  const { webhook_secret } = await row`select webhook_secret from public.organizations where id = ${scene.org_id}`;
  expect(JSON.stringify(await requests("telnyx"))).toContain(`/webhooks/telnyx/${String(webhook_secret)}/voice`);

  const before = await made();
  expect(await provision()).toMatchObject({ status: 200 });
  expect(await made()).toEqual(before);

  expect(await run("remove-integration", { provider: "telnyx" })).toMatchObject({
    data: { telephony_configured: false, telnyx: { connected: false, application_id: null, steps: [] } },
  });
  expect(
    await sql`select 1 from public.channels where org_id = ${scene.org_id} and provider = 'telnyx' and active`,
  ).toEqual([]);
});

test("F124: a step that Telnyx fails is shown with its reason; the next run goes on from there and buys one number", async () => {
  await connect();
  for (let broken = 1; broken <= 6; broken++) {
    await fault({ provider: "telnyx", operation: "any", kind: "status", value: 502, count: 1 });
    const failed = await provision();
    if (failed.status === 200) break;
    expect(failed).toMatchObject({ status: 503, error: { details: { provider: "telnyx" } } });
    const status = await run("get-integration-status", {});
    expect(status.data).toMatchObject({ telephony_configured: false });
    expect(status.data?.telnyx.steps.at(-1)).toMatchObject({ state: "failed", error: expect.stringContaining("502") });
  }
  expect(await provision()).toMatchObject({ data: { telephony_configured: true } });
  expect((await made()).filter((path) => path === "/v2/number_orders")).toHaveLength(1);
});

test("F124: undoing keeps the key while Telnyx does not let something go, and goes on when run again", async () => {
  await connect();
  await provision();
  await fault({ provider: "telnyx", operation: "any", kind: "status", value: 502, count: 1 });
  expect(await run("remove-integration", { provider: "telnyx" })).toMatchObject({ status: 503 });
  expect(await run("get-integration-status", {})).toMatchObject({ data: { telnyx: { connected: true } } });
  expect(await run("remove-integration", { provider: "telnyx" })).toMatchObject({
    data: { telnyx: { connected: false } },
  });
});

test("two at once: one works, the other is told so, and one number is bought", async () => {
  await connect();
  const statuses = (await Promise.all([provision(), provision()])).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([200, 409]);
  expect((await made()).filter((path) => path === "/v2/number_orders")).toHaveLength(1);
});

test("without a key nothing is asked of Telnyx, and only owners and admins may", async () => {
  expect(await provision()).toMatchObject({
    status: 409,
    error: { message: expect.stringContaining("not connected") },
  });
  expect(await provision(await userClient((await createMember(exec, scene)).user_id))).toMatchObject({ status: 403 });
  expect(await provision(await userClient((await openScene()).owner.user_id))).toMatchObject({ status: 404 });
  expect(await provision(client(scene.api_key))).toMatchObject({ status: 403 });
  expect(await requests("telnyx")).toEqual([]);
});
