import { afterEach, describe, expect, test } from "vitest";
import { randomDigits } from "../../test/factories/tenant.ts";
import { agentCall, incoming, openVoiceScene, ring, telnyxTells, ultravoxTells } from "../../test/support/calls.ts";
import type { VoiceScene } from "../../test/support/calls.ts";
import { row, sql, tablesWith } from "../../test/support/database.ts";
import { eventually } from "../../test/support/scene.ts";
import { fault, requests, resetSimulators } from "../../test/support/simulators.ts";
import { sweep } from "../../test/support/worker.ts";

afterEach(resetSimulators);

const newCaller = () => `+1650555${randomDigits(4)}`;
// oxlint-disable-next-line typescript/no-explicit-any -- bodies of every shape
const asked = async (provider: "telnyx" | "ultravox", path: RegExp): Promise<any[]> =>
  (await requests(provider)).filter((one) => one.method === "POST" && path.test(one.path));
const commands = async (leg: string) =>
  (await asked("telnyx", /\/actions\//))
    .filter(({ path }) => decodeURIComponent(path).includes(leg))
    .map(({ path }) => path.split("/").at(-1));
const callOf = (leg: string) => row`select * from public.calls where carrier_leg_id = ${leg}`;

/** A call that was taken by the agent. */
async function taken(scene: VoiceScene, ...says: string[]) {
  const caller = newCaller();
  const leg = await ring(scene, caller, ...says);
  expect((await telnyxTells(scene, incoming(scene, leg, caller))).status).toBe(200);
  const call = await callOf(leg);
  return { caller, leg, call, id: String(call["id"]), agent: String(call["agent_call_id"]) };
}
const over = (scene: VoiceScene, agent: string) =>
  eventually(async () => {
    const call = await agentCall(scene, agent);
    return call["ended"] === null ? null : call;
  });

describe("a call that comes in", () => {
  test("is stored, then answered and joined to an agent that knows the business, the caller and its tools", async () => {
    const scene = await openVoiceScene();
    await sql`update public.businesses set ai_system_prompt = 'You sell bread.' where id = ${scene.business_id}`;
    const { leg, call, id } = await taken(scene, "When are you open?");
    const [create] = await asked("ultravox", /^\/api\/calls$/);
    expect(create).toMatchObject({
      status: 201,
      body: {
        medium: { telnyx: {} },
        metadata: { call_id: id },
        maxDuration: "600s",
        systemPrompt: expect.stringMatching(/^You sell bread\./),
        callbacks: { ended: { url: `https://switchboard.test/webhooks/ultravox/${scene.webhook_secret}` } },
      },
    });
    const tools = create.body.selectedTools.map(
      (one: { toolName?: string; temporaryTool?: { modelToolName: string } }) =>
        one.toolName ?? one.temporaryTool?.modelToolName,
    );
    expect(tools).toEqual(["hangUp", "look-up-contact", "leave-note", "hand-over", "record-opt-out"]);
    const [answer] = await asked("telnyx", /\/actions\/answer$/);
    expect(answer).toMatchObject({ status: 200, body: { command_id: `${id}/answer`, client_state: btoa(id) } });
    expect(answer.body.stream_url).toMatch(/^wss:/);
    expect(call).toMatchObject({ state: "ringing", agent_call_id: expect.any(String), carrier_leg_id: leg });
  });

  test("F126: ends with what was said in the thread, and F123: with the bill that Ultravox tells", async () => {
    const scene = await openVoiceScene();
    const { leg, agent, call } = await taken(scene, "When are you open?");
    await telnyxTells(scene, { event_type: "call.answered", leg });
    const ended = await over(scene, agent);
    await ultravoxTells(scene, "call.joined", ended);
    expect((await ultravoxTells(scene, "call.ended", ended)).status).toBe(204);
    expect(await callOf(leg)).toMatchObject({ billed_seconds: null });
    await telnyxTells(scene, { event_type: "call.hangup", leg, payload: { hangup_cause: "normal_clearing" } });
    await ultravoxTells(scene, "call.billed", { ...ended, billedDuration: "6s" });
    expect(await callOf(leg)).toMatchObject({
      state: "completed",
      billed_seconds: 6,
      summary: "The caller said: When are you open?",
    });
    const lines =
      await sql`select direction, type, content from public.messages where conversation_id = ${call["conversation_id"]} order by seq`;
    expect(lines).toMatchObject([
      { direction: "outbound", type: "transcript", content: "Hello, how can I help you?" },
      { direction: "inbound", type: "transcript", content: "When are you open?" },
      { direction: "outbound", type: "transcript", content: "Of course, I have noted that." },
      { type: "call", content: expect.stringMatching(/^Call of 0:00:0\d\. The caller said/) },
    ]);
  });

  test("that is told twice is answered once", async () => {
    const scene = await openVoiceScene();
    const caller = newCaller();
    const leg = await ring(scene, caller);
    const event = { ...incoming(scene, leg, caller), id: crypto.randomUUID() };
    for (const { status } of await Promise.all([telnyxTells(scene, event), telnyxTells(scene, event)])) {
      expect(status).toBe(200);
    }
    expect(await commands(leg)).toEqual(["answer"]);
    expect(await asked("ultravox", /^\/api\/calls$/)).toHaveLength(1);
  });

  test("F122: that may not be taken is rejected, and no agent is made", async () => {
    const scene = await openVoiceScene({ calls_hours: { timezone: "UTC", days: {} } });
    const { leg, call } = await taken(scene);
    expect(call).toMatchObject({ state: "refused", gate: { rule: "calling_hours" } });
    expect(await commands(leg)).toEqual(["reject"]);
    expect(await asked("ultravox", /^\/api\/calls$/)).toEqual([]);
  });

  test("for which there is no agent is let go, and a person is told why", async () => {
    const scene = await openVoiceScene();
    await fault({ provider: "ultravox", operation: "send", kind: "error", value: 503 });
    const { leg, call } = await taken(scene);
    expect(call).toMatchObject({ state: "failed", reason: expect.stringMatching(/Ultravox refused: 503/) });
    expect(await commands(leg)).toEqual(["reject"]);
    expect(
      await row`select status, needs_human_reason from public.conversations where id = ${call["conversation_id"]}`,
    ).toEqual({
      status: "assigned",
      needs_human_reason: "call_failed",
    });
  });

  test("what a leg of our own tells makes no answer", async () => {
    const scene = await openVoiceScene();
    const event = incoming(scene, "v3:ours", newCaller());
    await telnyxTells(scene, { ...event, payload: { ...event.payload, direction: "outgoing" } });
    expect(await asked("telnyx", /\/actions\//)).toEqual([]);
  });
});

describe("F10: news of calls", () => {
  test("of Telnyx: an unknown secret is 404, another key 401, and neither leaves a row", async () => {
    const [scene, other] = [await openVoiceScene(), await openVoiceScene()];
    const event = incoming(scene, "v3:forged", newCaller());
    expect((await telnyxTells(scene, event, { secret: "guessed" })).status).toBe(404);
    expect((await telnyxTells(scene, event, { private_key: other.private_key })).status).toBe(401);
    expect(await sql`select 1 from public.calls where org_id = ${scene.org_id}`).toEqual([]);
  });

  test("of Ultravox: an unknown secret is 404, another key 401, and another organization's call is not touched", async () => {
    const [scene, other] = [await openVoiceScene(), await openVoiceScene()];
    const { agent, leg } = await taken(scene);
    const ended = await over(scene, agent);
    expect((await ultravoxTells(scene, "call.ended", ended, { secret: "guessed" })).status).toBe(404);
    expect((await ultravoxTells(scene, "call.ended", ended, { key: other.ultravox_key })).status).toBe(401);
    expect((await ultravoxTells(other, "call.ended", ended)).status).toBe(204);
    expect(
      await sql`select 1 from public.call_events where provider = 'ultravox' and call_id = (select id from public.calls where carrier_leg_id = ${leg})`,
    ).toEqual([]);
  });

  test("a body that is no event of a call is kept aside", async () => {
    const scene = await openVoiceScene();
    expect((await ultravoxTells(scene, "call.moved", { callId: "c" })).status).toBe(204);
    expect(await sql`select reason from switchboard.quarantined_events where account = ${scene.org_id}`).toEqual([
      { reason: "malformed" },
    ]);
  });
});

describe("the sweep", () => {
  test("F123: asks for the end, the bill and the words that no webhook has told", async () => {
    const scene = await openVoiceScene();
    const { leg, agent, id } = await taken(scene, "Do you bake rye?");
    await over(scene, agent);
    await eventually(async () => (await agentCall(scene, agent))["billedDuration"] !== null);
    await telnyxTells(scene, { event_type: "call.hangup", leg, payload: { hangup_cause: "normal_clearing" } });
    await sql`update public.calls set acting_until = null where id = ${id}`;
    await sweep();
    expect(await callOf(leg)).toMatchObject({
      state: "completed",
      billed_seconds: 6,
      transcript_at: expect.anything(),
    });
    expect(await sql`select 1 from public.messages where wa_message_id like ${`call/${id}/%`}`).toHaveLength(3);
  });
});

test("F125: neither the keys nor what joins the call or opens its tools stands anywhere", async () => {
  const scene = await openVoiceScene();
  const { agent } = await taken(scene);
  const ended = await over(scene, agent);
  await ultravoxTells(scene, "call.ended", ended);
  const [create] = await asked("ultravox", /^\/api\/calls$/);
  const [, token] = /\/tools\/ultravox\/([0-9a-f]{64})\//.exec(JSON.stringify(create.body)) ?? [];
  expect(token).toBeTruthy();
  for (const secret of [scene.telnyx_key, scene.ultravox_key, String(token), String(ended["joinUrl"])]) {
    expect(await tablesWith(secret)).toEqual([]);
  }
});
