import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import { eventually, openScene, pass, questions, readMarks, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, modelSays, requests, resetSimulators } from "../../test/support/simulators.ts";

// the longest back-off: no alarm goes off before the test fires it
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.99));

afterEach(async () => {
  vi.restoreAllMocks();
  await resetSimulators();
});

const texts = async (scene: Scene) => (await sends(scene)).map(({ body }) => body.text?.body);

const turnOf = (conversation_id: string) =>
  row`select state, decision, reason from public.ai_turns where conversation_id = ${conversation_id}`;

const talkOf = (conversation_id: string) =>
  row`select status, assigned_to, needs_human_reason from public.conversations where id = ${conversation_id}`;

const draftsOf = (conversation_id: string) =>
  sql`select content, confidence from public.messages where conversation_id = ${conversation_id} and is_draft`;

/** One customer line and the turn that answers it. */
async function takeTurn(scene: Scene, line = "What do the mugs cost?"): Promise<string> {
  const conversation = await write(scene, line);
  await pass(conversation);
  return conversation;
}

describe("who reads the answer first", () => {
  test.each([
    [{ ai_confidence_threshold: 80 }, {}, 80, "send"],
    [{ ai_confidence_threshold: 80 }, {}, 79, "draft"],
    [{ ai_confidence_threshold: 80 }, { ai_confidence_threshold: 0.9 }, 90, "send"],
    [{ ai_confidence_threshold: 80 }, { ai_confidence_threshold: 0.9 }, 89, "draft"],
    [{ ai_confidence_threshold: 95 }, { ai_confidence_threshold: 0.5 }, 94, "draft"],
  ])("F55: with %j and %j, a confidence of %i is a %s", async (channel, organization, confidence, decision) => {
    const scene = await openScene({ channel, organization });
    await modelSays({ reply: "Twelve dollars", confidence });
    const conversation = await takeTurn(scene);
    expect(await turnOf(conversation)).toMatchObject({ state: "committed", decision });
    expect(await texts(scene)).toEqual(decision === "send" ? ["Twelve dollars"] : []);
    expect(await draftsOf(conversation)).toEqual(
      decision === "draft" ? [{ content: "Twelve dollars", confidence }] : [],
    );
  });

  test("F59: with automatic sending off, the surest answer is a draft, and nobody sees us type", async () => {
    const scene = await openScene({ channel: { ai_auto_send: false } });
    await modelSays({ reply: "Twelve dollars", confidence: 100 });
    const conversation = await takeTurn(scene);
    expect(await texts(scene)).toEqual([]);
    expect(await readMarks(scene)).toEqual([]);
    expect(await draftsOf(conversation)).toEqual([{ content: "Twelve dollars", confidence: 100 }]);
  });

  test("F59: automatic sending that is switched off while the model thinks holds the answer back", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Twelve dollars", confidence: 100, delay_ms: 300 });
    const conversation = await write(scene, "What do the mugs cost?");
    const turn = pass(conversation);
    await eventually(async () => (await questions("mugs")).length > 0);
    await sql`update public.channels set ai_auto_send = false where id = ${scene.channel_id}`;
    await turn;
    expect(await texts(scene)).toEqual([]);
    expect(await turnOf(conversation)).toMatchObject({ decision: "draft", reason: "auto_send_off" });
  });

  test("F67: no answer is an answer, and recorded", async () => {
    const scene = await openScene();
    const conversation = await takeTurn(scene, "Thanks!");
    expect(await turnOf(conversation)).toMatchObject({
      state: "committed",
      decision: "none",
      reason: "nothing_to_answer",
    });
    expect(await texts(scene)).toEqual([]);
    expect(await row`select used, reserved from public.usage_periods where org_id = ${scene.org_id}`).toEqual({
      used: 0,
      reserved: 0,
    });
  });

  test("F57: a customer who asks for a person gets one, and the AI's words stay a draft", async () => {
    const scene = await openScene();
    const conversation = await takeTurn(scene, "Let me talk to a human");
    expect(await talkOf(conversation)).toEqual({
      status: "assigned",
      assigned_to: null,
      needs_human_reason: "The customer asks for a person.",
    });
    expect(await texts(scene)).toEqual([]);
    expect(await draftsOf(conversation)).toHaveLength(1);
  });

  test("the customer sees that the line was read and an answer is being written", async () => {
    const scene = await openScene();
    await takeTurn(scene);
    expect(await readMarks(scene)).toMatchObject([{ status: "read", typing_indicator: { type: "text" } }]);
  });
});

describe("a model that fails", () => {
  test("F52: two failures and an answer are one answer", async () => {
    const scene = await openScene();
    await fault({ provider: "gemini", operation: "model", kind: "error", value: 503, count: 4 });
    const conversation = await takeTurn(scene, "Hello");
    await pass(conversation);
    expect(await texts(scene)).toEqual([]);
    await pass(conversation);
    expect(await texts(scene)).toHaveLength(1);
    expect(await talkOf(conversation)).toMatchObject({ status: "ai_handling", needs_human_reason: null });
  });

  test("F52, F51: three failures are a person with the reason, and no word to the customer", async () => {
    const scene = await openScene();
    await fault({ provider: "gemini", operation: "model", kind: "error", value: 503 });
    const conversation = await takeTurn(scene);
    expect(await talkOf(conversation)).toMatchObject({ status: "ai_handling" });
    await pass(conversation);
    await pass(conversation);
    expect(await talkOf(conversation)).toEqual({
      status: "assigned",
      assigned_to: null,
      needs_human_reason: "model_unavailable",
    });
    expect(
      await sql`select code, retryable from public.ai_errors where conversation_id = ${conversation} order by created_at`,
    ).toEqual([
      { code: "UNAVAILABLE", retryable: true },
      { code: "UNAVAILABLE", retryable: true },
      { code: "UNAVAILABLE", retryable: false },
    ]);
    expect(await texts(scene)).toEqual([]);
    expect(await row`select used, reserved from public.usage_periods where org_id = ${scene.org_id}`).toEqual({
      used: 0,
      reserved: 0,
    });
  });

  test("F52: a failure that cannot pass is a person at once", async () => {
    const scene = await openScene();
    await fault({ provider: "gemini", operation: "model", kind: "error", value: 403 });
    const conversation = await takeTurn(scene);
    expect(await talkOf(conversation)).toMatchObject({ status: "assigned", needs_human_reason: "model_refused" });
    expect(await requests("gemini")).toHaveLength(1);
  });

  test.each([
    ["was cut off", { reply: "Our mugs are very", confidence: 99, finishReason: "MAX_TOKENS" }],
    ["was blocked", { finishReason: "SAFETY" }],
    ["recites", { finishReason: "RECITATION" }],
    ["has no text", { raw: { candidates: [{ finishReason: "STOP", index: 0 }] } }],
    ["is no body at all", { raw: {} }],
  ])("F53: an answer that %s is never sent", async (_, script) => {
    const scene = await openScene();
    await modelSays(script);
    const conversation = await takeTurn(scene);
    expect(await texts(scene)).toEqual([]);
    expect((await turnOf(conversation))["decision"]).toMatch(/^(draft|handoff)$/);
  });

  test("F53: a cut answer is asked for once more, with twice the room", async () => {
    const scene = await openScene();
    await modelSays(
      { reply: "Our mugs are very", confidence: 99, finishReason: "MAX_TOKENS", times: 1 },
      { reply: "Twelve dollars", confidence: 99 },
    );
    await takeTurn(scene);
    expect(await texts(scene)).toEqual(["Twelve dollars"]);
    const [first = 0, second = 0] = (await requests("gemini")).map(
      ({ body }) => (body as { generationConfig: { maxOutputTokens: number } }).generationConfig.maxOutputTokens,
    );
    expect(second).toBe(first * 2);
  });

  const malformed = [
    ["prose", "Sure! Twelve dollars."],
    ["half an object", '{"reply":"Twelve dollars","confidence":9'],
    ["a missing field", '{"reply":"Twelve dollars"}'],
    [
      "a confidence of 120",
      JSON.stringify({ reply: "Twelve dollars", action: "reply", confidence: 120, needs_human: false }),
    ],
    ["an error of the vendor's", '{"error":{"code":500,"message":"quota exceeded for project 8123"}}'],
  ] as const;

  test.each(malformed)("F54, F51: %s is repaired once and then never sent", async (_, raw) => {
    const scene = await openScene();
    await modelSays({ raw });
    const conversation = await takeTurn(scene);
    expect(await requests("gemini")).toHaveLength(2);
    expect(await texts(scene)).toEqual([]);
    expect((await turnOf(conversation))["decision"]).toMatch(/^(draft|handoff)$/);
  });

  test.each(malformed)("F54: %s that the repair puts right is sent as repaired", async (_, raw) => {
    const scene = await openScene();
    await modelSays({ raw, times: 1 }, { reply: "Twelve dollars each", confidence: 92 });
    await takeTurn(scene);
    expect(await texts(scene)).toEqual(["Twelve dollars each"]);
  });
});

describe("bounds", () => {
  /** WhatsApp's clock counts in seconds: lines of the same second would stand in front of our answers to them. */
  const aMinutePasses = (conversation_id: string) =>
    sql`update public.messages set created_at = created_at - interval '1 minute' where conversation_id = ${conversation_id}`;

  test("F60: the fourth equal line in a row goes to a person, and the model is not asked", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Thank you, how can we help?", confidence: 99 });
    for (let ticket = 1; ticket <= 3; ticket++) {
      const answered = await takeTurn(scene, `Automatic reply: we have received ticket ${ticket}.`);
      await aMinutePasses(answered);
    }
    const conversation = await takeTurn(scene, "Automatic reply: we have received ticket 4.");
    expect(await texts(scene)).toHaveLength(3);
    expect(await questions("Automatic reply")).toHaveLength(3);
    expect(await talkOf(conversation)).toMatchObject({ status: "assigned", needs_human_reason: "repeated_inbound" });
  });

  test("F60: after twenty answers in an hour a person is asked", async () => {
    const scene = await openScene();
    await modelSays({ reply: "And another thing", confidence: 99 });
    const conversation = await takeTurn(scene, "Begin");
    await sql`insert into public.ai_turns (id, org_id, business_id, conversation_id, state, decision, cursor, epoch, lease_until)
      select gen_random_uuid(), org_id, business_id, conversation_id, state, decision, cursor, epoch, lease_until
      from public.ai_turns, generate_series(1, 19) where conversation_id = ${conversation}`;
    await takeTurn(scene, "Go on");
    expect(await texts(scene)).toHaveLength(1);
    expect(await talkOf(conversation)).toMatchObject({ status: "assigned", needs_human_reason: "too_many_turns" });
  });

  test("F162: at the monthly limit the AI is silent, says why, and the line stays", async () => {
    const scene = await openScene({ organization: { monthly_message_limit: 1 } });
    await modelSays({ reply: "Hello", confidence: 99 });
    const conversation = await takeTurn(scene, "One");
    await takeTurn(scene, "Two");
    expect(await texts(scene)).toHaveLength(1);
    expect(
      await row`select status, unread_count, ai_blocked_reason from public.conversations where id = ${conversation}`,
    ).toEqual({
      status: "ai_handling",
      unread_count: 2,
      ai_blocked_reason: "monthly_limit",
    });
  });

  test("F66: no transaction is open while the model thinks", async () => {
    const scene = await openScene();
    await modelSays({ reply: "Hello", confidence: 99, delay_ms: 300 });
    const conversation = await write(scene, "Are you thinking?");
    const turn = pass(conversation);
    await eventually(async () => (await questions("thinking")).length > 0);
    expect(await row`select state from public.ai_turns where conversation_id = ${conversation}`).toEqual({
      state: "generating",
    });
    expect(
      await sql`select pid, state from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and (xact_start is not null or state like 'idle in%')`,
    ).toEqual([]);
    await turn;
  });
});

describe("which model", () => {
  const modelsAsked = async () => (await requests("gemini")).map(({ path }) => /models\/([^:]+)/.exec(path)?.[1]);

  test("F64: a retired model's successor answers, and the turn ends", async () => {
    const scene = await openScene({ business: { ai_model: "gemini-2.0-flash" } });
    const conversation = await takeTurn(scene, "Hello");
    expect(await modelsAsked()).toEqual(["gemini-3.5-flash-lite"]);
    expect(await texts(scene)).toHaveLength(1);
    expect(
      await row`select requested_model, served_model from public.ai_turns where conversation_id = ${conversation}`,
    ).toEqual({
      requested_model: "gemini-2.0-flash",
      served_model: "gemini-3.5-flash-lite",
    });
  });

  test("F64, F65: a name that nobody serves any more is followed by one that is, which is recorded", async () => {
    const scene = await openScene({ business: { ai_model: "gemini-1.0-ultra" } });
    const conversation = await takeTurn(scene, "Hello");
    expect((await modelsAsked()).at(0)).toBe("gemini-1.0-ultra");
    expect(await texts(scene)).toHaveLength(1);
    const { served_model } =
      await row`select served_model from public.ai_turns where conversation_id = ${conversation}`;
    expect(served_model).toBe((await modelsAsked()).at(-1));
  });

  test("F65: tokens, cost, latency and prompt version stand on every turn", async () => {
    const scene = await openScene();
    const conversation = await takeTurn(scene, "Hello");
    expect(
      await row`select prompt_tokens > 0 as asked, output_tokens > 0 as answered, cost_micro_usd > 0 as priced, latency_ms >= 0 as timed,
        length(prompt_version) > 4 as versioned from public.ai_turns where conversation_id = ${conversation}`,
    ).toEqual({ asked: true, answered: true, priced: true, timed: true, versioned: true });
  });
});
