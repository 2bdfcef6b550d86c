import { afterEach, describe, expect, test } from "vitest";
import { randomDigits } from "../../test/factories/tenant.ts";
import { incoming, openVoiceScene, ring, telnyxTells } from "../../test/support/calls.ts";
import type { VoiceScene } from "../../test/support/calls.ts";
import { row, sql } from "../../test/support/database.ts";
import { command } from "../../test/support/scene.ts";
import { fault, requests, resetSimulators } from "../../test/support/simulators.ts";
import { ask, sweep } from "../../test/support/worker.ts";

afterEach(resetSimulators);

const newPhone = () => `+1650555${randomDigits(4)}`;
// oxlint-disable-next-line typescript/no-explicit-any -- bodies of every shape
const asked = async (provider: "telnyx" | "ultravox", path: RegExp): Promise<any[]> =>
  (await requests(provider)).filter((one) => one.method === "POST" && path.test(one.path));
const dials = () => asked("telnyx", /^\/v2\/calls$/);
const PURPOSE = "Ask when the cake is collected.";

async function contactOf({ business_id, ...scene }: VoiceScene): Promise<string> {
  const phone = newPhone();
  const { body } = await command(scene, "create-contact", { business_id, phone, name: "Maya" });
  return body.contact_id;
}
const withdraw = (scene: VoiceScene, contact_id: string, topic: string) =>
  command(scene, "record-consent", { contact_id, platform: "voice", topic, state: "withdrawn" });

describe("place-call", () => {
  test("dials through the number, and makes the agent only once the other side has answered", async () => {
    const scene = await openVoiceScene();
    const contact_id = await contactOf(scene);
    const { status, body } = await command(scene, "place-call", { contact_id, purpose: PURPOSE });
    expect([status, body.state]).toEqual([200, "dialing"]);
    const [dial] = await dials();
    expect(dial).toMatchObject({
      status: 200,
      body: { from: scene.number, to: body.to, command_id: `${body.call_id}/dial`, client_state: btoa(body.call_id) },
    });
    expect(await asked("ultravox", /^\/api\/calls$/)).toEqual([]);

    const { carrier_leg_id } = await row`select carrier_leg_id from public.calls where id = ${body.call_id}`;
    const outgoing = {
      leg: String(carrier_leg_id),
      payload: { direction: "outgoing", client_state: btoa(body.call_id), from: scene.number, to: body.to },
    };
    await telnyxTells(scene, { event_type: "call.initiated", ...outgoing });
    expect(await asked("telnyx", /\/actions\//)).toEqual([]);
    await telnyxTells(scene, { event_type: "call.answered", ...outgoing });
    const [create] = await asked("ultravox", /^\/api\/calls$/);
    expect(create.body.systemPrompt).toContain(`You are calling Maya. ${PURPOSE}`);
    expect((await asked("telnyx", /\/actions\//)).map(({ path }) => path.split("/").at(-1))).toEqual([
      "streaming_start",
    ]);
  });

  test("F120: a key used again, and whoever looks at the call at the same time, dials nothing more", async () => {
    const scene = await openVoiceScene();
    const contact_id = await contactOf(scene);
    const input = { contact_id, purpose: PURPOSE, idempotency_key: "once" };
    const both = await Promise.all([command(scene, "place-call", input), command(scene, "place-call", input)]);
    expect(new Set(both.map(({ body }) => body.call_id)).size).toBe(1);
    await sweep();
    expect(await dials()).toHaveLength(1);
    expect((await command(scene, "place-call", { ...input, purpose: "Another." })).status).toBe(422);
  });

  test("F120: a dial whose answer was lost is not made again, even after its lease", async () => {
    const scene = await openVoiceScene();
    const end = await fault({ provider: "telnyx", operation: "send", kind: "drop_response" });
    const contact_id = await contactOf(scene);
    const { body } = await command(scene, "place-call", { contact_id, purpose: PURPOSE });
    expect(body.state).toBe("dialing");
    await end();
    await sql`update public.calls set acting_until = null, created_at = now() - interval '10 minutes' where id = ${body.call_id}`;
    await sweep();
    expect(await dials()).toHaveLength(1);
    expect((await command(scene, "get-call", { call_id: body.call_id })).body).toMatchObject({
      state: "unknown_end",
      billed_seconds: null,
      recording_url: null,
    });
  });

  test("what the carrier refuses has failed, with its reason", async () => {
    const scene = await openVoiceScene();
    await fault({ provider: "telnyx", operation: "send", kind: "error", value: "10010" });
    const { body } = await command(scene, "place-call", { contact_id: await contactOf(scene), purpose: PURPOSE });
    expect(body).toMatchObject({ state: "failed", reason: expect.stringMatching(/Telnyx refused: 403, code 10010/) });
  });

  test("F112, F122: the gate refuses as it refuses messages, and nothing is dialled", async () => {
    const scene = await openVoiceScene({ calls_hours: { timezone: "UTC", days: {} } });
    const place = async (input: object = {}) =>
      (await command(scene, "place-call", { contact_id, purpose: PURPOSE, ...input })).body;
    const contact_id = await contactOf(scene);
    expect(await place()).toMatchObject({ code: "gate_refused", details: { rule: "calling_hours", allowed_at: null } });
    await sql`update public.channels set calls_hours = null where id = ${scene.channel_id}`;
    await withdraw(scene, contact_id, "marketing");
    expect(await place({ topic: "marketing" })).toMatchObject({ code: "gate_refused", details: { rule: "consent" } });
    expect(await place({ topic: "utility" })).toMatchObject({ state: "dialing" });
    await withdraw(scene, contact_id, "all");
    expect(await place({ topic: "utility" })).toMatchObject({ code: "gate_refused", details: { rule: "consent" } });
    expect(await dials()).toHaveLength(1);
  });

  test("F122: a busy line is waited for, and a call whose time has passed shows as expired, not as made", async () => {
    const scene = await openVoiceScene();
    const contact_id = await contactOf(scene);
    await sql`update public.organizations set calls_at_once = 0 where id = ${scene.org_id}`;
    const { body: waiting } = await command(scene, "place-call", { contact_id, purpose: PURPOSE });
    const { body: late } = await command(scene, "place-call", { contact_id, purpose: PURPOSE, wait_seconds: 0 });
    expect([waiting.state, late.state]).toEqual(["queued", "queued"]);
    await sql`update public.organizations set calls_at_once = 1 where id = ${scene.org_id}`;
    await sweep();
    const states = await sql`select id, state from public.calls where org_id = ${scene.org_id} order by created_at`;
    expect(states).toEqual([
      { id: waiting.call_id, state: "dialing" },
      { id: late.call_id, state: "expired" },
    ]);
    expect(await dials()).toHaveLength(1);
  });
});

describe("the agent's tools", () => {
  async function taken(scene: VoiceScene) {
    const caller = newPhone();
    const leg = await ring(scene, caller);
    await telnyxTells(scene, incoming(scene, leg, caller));
    const creates = await asked("ultravox", /^\/api\/calls$/);
    const [, token] = /\/tools\/ultravox\/([0-9a-f]{64})\//.exec(JSON.stringify(creates.at(-1).body)) ?? [];
    const call = await row`select * from public.calls where carrier_leg_id = ${leg}`;
    return { leg, call, token: String(token) };
  }
  async function use(token: string, tool: string, input: object = {}) {
    const response = await ask(`/tools/ultravox/${token}/${tool}`, { method: "POST", body: JSON.stringify(input) });
    return { status: response.status, body: await response.json<Record<string, unknown>>() };
  }

  test("open their own call only, and only while it goes on", async () => {
    const scene = await openVoiceScene();
    const { token, leg } = await taken(scene);
    expect(await use(token, "look-up-contact")).toMatchObject({ status: 200, body: { name: null, recent: [] } });
    expect((await use("0".repeat(64), "look-up-contact")).status).toBe(404);
    expect((await use(token, "read-everything")).status).toBe(404);
    expect((await use(token, "leave-note", { note: " " })).status).toBe(400);
    await telnyxTells(scene, { event_type: "call.hangup", leg });
    expect((await use(token, "look-up-contact")).status).toBe(404);
  });

  test("a note is left once, with the contact and in the thread", async () => {
    const { token, call } = await taken(await openVoiceScene());
    for (let n = 0; n < 2; n++) expect((await use(token, "leave-note", { note: "Wants rye." })).status).toBe(200);
    const { notes } = await row`select notes from public.contacts where id = ${call["contact_id"]}`;
    expect(notes).toMatch(/^\d{4}-\d\d-\d\d, by telephone: Wants rye\.$/);
    expect(await sql`select content from public.messages where conversation_id = ${call["conversation_id"]}`).toEqual([
      { content: "Note from the call: Wants rye." },
    ]);
  });

  test("F126: who says so in a call is in the same ledger as who writes STOP, and is called no more", async () => {
    const scene = await openVoiceScene();
    const { token, call } = await taken(scene);
    await use(token, "record-opt-out", { said: "Never call me again" });
    const { body } = await command(scene, "get-consent", { contact_id: call["contact_id"] });
    expect(body.records).toMatchObject([
      { platform: "voice", state: "withdrawn", evidence: "said in a call: Never call me again" },
    ]);
    const placed = await command(scene, "place-call", { contact_id: call["contact_id"], purpose: PURPOSE });
    expect(placed.body).toMatchObject({ code: "gate_refused", details: { rule: "consent" } });
  });

  test("a call is handed to a person with a summary; where nobody is, the conversation waits", async () => {
    const scene = await openVoiceScene();
    const first = await taken(scene);
    const summary = "Wants a refund.";
    expect((await use(first.token, "hand-over", { summary })).body).toMatchObject({
      result: expect.stringMatching(/call back/),
    });
    expect(
      await row`select status, needs_human_reason from public.conversations where id = ${first.call["conversation_id"]}`,
    ).toEqual({
      status: "assigned",
      needs_human_reason: "call_handed_over",
    });
    expect(await asked("telnyx", /\/transfer$/)).toEqual([]);

    await sql`update public.channels set calls_forward_to = '+15557770000' where id = ${scene.channel_id}`;
    const second = await taken(scene);
    await use(second.token, "hand-over", { summary });
    const [transfer] = await asked("telnyx", /\/transfer$/);
    expect(transfer.body).toMatchObject({
      to: "+15557770000",
      from: scene.number,
      target_leg_client_state: btoa(`${second.call["id"]}/person`),
    });
    const person = {
      leg: "v3:person",
      payload: { direction: "outgoing", client_state: btoa(`${second.call["id"]}/person`) },
    };
    await telnyxTells(scene, { event_type: "call.initiated", ...person });
    await telnyxTells(scene, { event_type: "call.bridged", leg: second.leg });
    expect((await command(scene, "get-call", { call_id: second.call["id"] })).body.handed_over_at).toBeTruthy();
    expect(
      await sql`select content from public.messages where conversation_id = ${second.call["conversation_id"]}`,
    ).toEqual([{ content: "Handed over from the call: Wants a refund." }]);
  });
});

test("get-call: a recorded call has a link, and another organization's call does not exist", async () => {
  const scene = await openVoiceScene({ call_recording: true });
  const caller = newPhone();
  const leg = await ring(scene, caller);
  await telnyxTells(scene, incoming(scene, leg, caller));
  const { id } = await row`select id from public.calls where carrier_leg_id = ${leg}`;
  expect((await command(scene, "get-call", { call_id: id })).body).toMatchObject({
    recorded: true,
    recording_url: expect.stringMatching(/^https:\/\/storage/),
  });
  expect((await command(await openVoiceScene(), "get-call", { call_id: id })).status).toBe(404);
});
