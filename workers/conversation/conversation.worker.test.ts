import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import {
  becomeDue,
  command,
  eventually,
  fire,
  openScene,
  pass,
  questions,
  sends,
  stubOf,
  write,
} from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { database, modelSays, resetSimulators } from "../../test/support/simulators.ts";
import { Conversation } from "./conversation.ts";

afterEach(resetSimulators);

const alarmOf = (conversation_id: string) =>
  runInDurableObject(stubOf(conversation_id), (_, state) => state.storage.getAlarm());

const texts = async (scene: Scene) => (await sends(scene)).map(({ body }) => body.text?.body);

const dueInSeconds = async (conversation_id: string) =>
  (
    await row<{ seconds: number }>`select extract(epoch from ai_due_at - now())::float8 as seconds
      from public.conversations where id = ${conversation_id}`
  ).seconds;

/** Fires the alarm and lets `meanwhile` happen while the model thinks about `line`. */
async function whileThinking(conversation_id: string, line: string, meanwhile: () => Promise<unknown>) {
  const asked = (await questions(line)).length;
  const turn = pass(conversation_id);
  await eventually(async () => (await questions(line)).length > asked);
  await meanwhile();
  await turn;
}

describe("when a turn is due", () => {
  test("F38: a burst gets one turn, which reads all its lines", async () => {
    const scene = await openScene();
    await modelSays({ reply: "It is 9 to 18.", confidence: 95 });
    const conversation = await write(scene, "Hi there", "when are you open?", "tomorrow I mean");
    await pass(conversation);
    expect(await texts(scene)).toEqual(["It is 9 to 18."]);
    expect(await questions("tomorrow I mean")).toEqual(["Hi there\nwhen are you open?\ntomorrow I mean"]);
    expect(await fire(conversation)).toBe(false);
  });

  test("F38: an alarm that finds its deadline moved re-arms and asks nobody", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Just a moment");
    expect(await fire(conversation)).toBe(true);
    expect(await questions("Just a moment")).toEqual([]);
    const armed = await alarmOf(conversation);
    expect((armed ?? 0) - Date.now()).toBeGreaterThan(590_000);
  });

  test("F40: further lines postpone the turn up to the maximum wait", async () => {
    const scene = await openScene({ channel: { ai_delay_seconds: 300, ai_max_wait_seconds: 400 } });
    const conversation = await write(scene, "First");
    expect(await dueInSeconds(conversation)).toBeGreaterThan(290);
    await sql`update public.conversations set ai_waiting_since = now() - interval '350 seconds' where id = ${conversation}`;
    await write(scene, "and another");
    expect(await dueInSeconds(conversation)).toBeLessThanOrEqual(50);
    await sql`update public.conversations set ai_waiting_since = now() - interval '500 seconds' where id = ${conversation}`;
    await write(scene, "and another");
    await fire(conversation);
    expect(await questions("First")).toEqual(["First\nand another\nand another"]);
  });

  test("F46: lines of different customers, numbers and tenants never share a turn", async () => {
    await modelSays({ reply: "Noted", confidence: 95 });
    const one = await openScene();
    const neighbour = { ...one, customer: `${one.customer}9`.slice(1) };
    const elsewhere = { ...(await openScene()), customer: one.customer };
    const first = await write(one, "my size is 38");
    const second = await write(neighbour, "my size is 42");
    const third = await write(elsewhere, "my size is 46");
    await write(one, "and I like red");
    for (const conversation of [first, second, third]) await pass(conversation);
    expect((await questions("my size is")).toSorted()).toEqual([
      "my size is 38\nand I like red",
      "my size is 42",
      "my size is 46",
    ]);
    expect((await sends(elsewhere)).map(({ body }) => body.to)).toEqual([`+${one.customer}`]);
  });

  test("F50, F39: a line that came while the AI was silent is read by the next turn", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Do you ship to Peru?");
    await command(scene, "set-ai", { conversation_id: conversation, enabled: false });
    await write(scene, "Lima, to be exact");
    await command(scene, "set-ai", { conversation_id: conversation, enabled: true });
    await pass(conversation);
    expect(await questions("Peru")).toEqual(["Do you ship to Peru?\nLima, to be exact"]);
  });
});

describe("what happens while the model thinks", () => {
  test("F41: another line discards the answer and gets one that has read it", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Outdated", confidence: 99, delay_ms: 300 }, { reply: "Up to date", confidence: 99 });
    const conversation = await write(scene, "A table for two");
    await whileThinking(conversation, "A table", () => write(scene, "for three, sorry"));
    expect(await texts(scene)).toEqual([]);
    await becomeDue(conversation);
    await fire(conversation);
    await eventually(async () => (await sends(scene)).length > 0);
    expect(await texts(scene)).toEqual(["Up to date"]);
    expect((await questions("A table")).at(-1)).toBe("A table for two\nfor three, sorry");
    expect(
      await sql`select state, reason from public.ai_turns where conversation_id = ${conversation} order by started_at`,
    ).toEqual([
      { state: "superseded", reason: "newer_message" },
      { state: "committed", reason: "confident" },
    ]);
  });

  test("F42: a customer who never stops writing gets a draft, and every discarded turn is paid for", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Let me think", confidence: 99, delay_ms: 250 });
    const conversation = await write(scene, "Well 0");
    for (let i = 1; i <= 4; i++) {
      await whileThinking(conversation, "Well 0", () => write(scene, `and ${i}`));
      await eventually(async () => (await alarmOf(conversation)) !== null);
    }
    expect(await sends(scene)).toEqual([]);
    const turns = await sql<{ state: string; reason: string; cost: number }>`
      select state, reason, cost_micro_usd::float8 as cost from public.ai_turns
      where conversation_id = ${conversation} and state <> 'generating' order by started_at limit 4`;
    expect(turns.map(({ state }) => state)).toEqual(["superseded", "superseded", "superseded", "committed"]);
    expect(turns.at(-1)).toMatchObject({ reason: "too_many_restarts" });
    for (const { cost } of turns) expect(cost).toBeGreaterThan(0);
  });

  test.each<[act: string, run: (scene: Scene, conversation_id: string) => Promise<unknown>]>([
    ["writes", (scene, id) => command(scene, "send-message", { conversation_id: id, content: "I am on it" })],
    [
      "takes the conversation",
      (scene, id) =>
        command(scene, "assign-conversation", { conversation_id: id, team_member_id: scene.owner.team_member_id }),
    ],
    ["resolves it", (scene, id) => command(scene, "resolve-conversation", { conversation_id: id })],
    ["switches its AI off", (scene, id) => command(scene, "set-ai", { conversation_id: id, enabled: false })],
    [
      "switches the workspace's AI off",
      (scene) => command(scene, "set-ai", { business_id: scene.business_id, enabled: false }),
    ],
  ])("F43: a person who %s keeps the AI from answering", async (_, act) => {
    const scene = await openScene();
    await modelSays({ reply: "Too late", confidence: 99, delay_ms: 300 });
    const conversation = await write(scene, "Is anybody there?");
    await whileThinking(conversation, "anybody", () => act(scene, conversation));
    await becomeDue(conversation);
    await fire(conversation);
    expect(await texts(scene)).not.toContain("Too late");
    expect(
      await sql`select id from public.messages where conversation_id = ${conversation} and sender_type = 'ai'`,
    ).toEqual([]);
    expect(await row`select reserved from public.usage_periods where org_id = ${scene.org_id}`).toEqual({
      reserved: 0,
    });
  });

  test("F43: a person who takes it and gives it back gets the AI to think again", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Before", confidence: 99, delay_ms: 300 }, { reply: "After", confidence: 99 });
    const conversation_id = await write(scene, "Is anybody there?");
    await whileThinking(conversation_id, "anybody", async () => {
      await command(scene, "assign-conversation", { conversation_id, team_member_id: scene.owner.team_member_id });
      await command(scene, "reopen-conversation", { conversation_id });
    });
    await becomeDue(conversation_id);
    await fire(conversation_id);
    await eventually(async () => (await sends(scene)).length > 0);
    expect(await texts(scene)).toEqual(["After"]);
    expect(
      await sql`select state, reason from public.ai_turns where conversation_id = ${conversation_id} order by started_at`,
    ).toEqual([
      { state: "superseded", reason: "human_act" },
      { state: "committed", reason: "confident" },
    ]);
  });
});

describe("alarms", () => {
  test("F48: an alarm that fires twice at once answers once", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await becomeDue(conversation);
    await runInDurableObject(stubOf(conversation), async (object) => {
      if (!(object instanceof Conversation)) throw new Error("another class answered");
      await Promise.all([object.alarm(), object.alarm()]);
    });
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F48: an alarm that fires again later answers once", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await pass(conversation);
    await stubOf(conversation).wake(60_000);
    expect(await fire(conversation)).toBe(true);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F47: an alarm never throws while the database is away, arms itself again, and works once it is back", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await becomeDue(conversation);
    await database("down");
    for (let firing = 1; firing <= 8; firing++) {
      expect(await fire(conversation)).toBe(true);
      expect(await alarmOf(conversation)).not.toBeNull();
    }
    await database("up");
    await fire(conversation);
    expect(await sends(scene)).toHaveLength(1);
    expect(await sql`select state from public.ai_turns where conversation_id = ${conversation}`).toEqual([
      { state: "committed" },
    ]);
  });

  test("F47: an alarm does not throw either when a setting is missing, and arms itself again", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await becomeDue(conversation);
    await runInDurableObject(stubOf(conversation), async (instance: Conversation, state) => {
      const whole = Reflect.get(instance, "env");
      Reflect.set(instance, "env", {});
      await state.storage.deleteAlarm();
      await instance.alarm();
      expect(await state.storage.getAlarm()).not.toBeNull();
      Reflect.set(instance, "env", whole);
    });
  });
});
