import { describe, expect, test } from "vitest";
import type { Model } from "../ai/index.ts";
import { DatabaseUnavailable } from "../db/exec.ts";
import type { Exec, Statement } from "../db/exec.ts";
import type { Claim } from "../sending/attempt.ts";
import { runTurn } from "./run.ts";

/** An `Exec` that answers each function with the next of its prepared results, and keeps what it was asked. */
function prepared(results: Record<string, unknown[]>) {
  const asked: [name: string, argument: Record<string, unknown>][] = [];
  const exec: Exec = async (_session, [statement]: Statement[]) => {
    const name = /switchboard\.(\w+)\(/.exec(statement?.text ?? "")?.[1] ?? "";
    asked.push([name, JSON.parse(String(statement?.params?.[0]))]);
    const result = results[name]?.shift();
    if (result instanceof Error) throw result;
    return [[{ result }]];
  };
  return { exec, asked };
}

const CONTEXT = {
  business: { name: "Shop", ai_system_prompt: null, ai_model: "m", ai_temperature: 0 },
  channel: {
    id: "c",
    provider: "meta",
    phone_number_id: "1",
    access_token: null,
    ai_auto_send: true,
    ai_confidence_threshold: 0,
  },
  organization_threshold: null,
  contact_name: null,
  messages: [{ direction: "inbound", type: "text", content: "Hi", unanswered: true }],
  last_inbound: { provider_id: "wamid.1", at: 0 },
  restarts: 0,
  max_restarts: 3,
  failures: 0,
  turns_last_hour: 0,
  max_turns_per_hour: 20,
};
const TURN = { id: "turn", conversation_id: "talk", org_id: "org", cursor: 7, epoch: 2 };
const BEGUN = { outcome: "begun", turn: TURN, context: CONTEXT };
const COMMITTED = { outcome: "committed", decision: "send", reason: "confident", message_id: "m", due_in_ms: null };
const IDLE: Claim = { outcome: "idle" };
const CLAIMED = { outcome: "claimed", attempt: {} } as Claim;

const model: Model = {
  answer: async () => ({
    outcome: "answer",
    answer: {
      reply: "Hello",
      action: "reply",
      confidence: 90,
      grounding: "given",
      intent: null,
      sentiment: null,
      language: null,
      needs_human: false,
      needs_human_reason: null,
    },
    requested_model: "m",
    served_model: "m",
    usage: { prompt_tokens: 1, output_tokens: 1, thinking_tokens: 0, cached_tokens: 0, cost_micro_usd: 1 },
    latency_ms: 1,
    calls: 1,
  }),
};

async function run(results: Record<string, unknown[]>, left: Claim = IDLE, answering = model) {
  const { exec, asked } = prepared(results);
  const delivered: Claim[] = [];
  const next = await runTurn("talk", "turn", {
    exec,
    model: answering,
    deliver: async (claim) => {
      delivered.push(claim);
      return left;
    },
    show_typing: async () => {},
    now: () => 0,
    random: () => 0,
    log: () => {},
  });
  return { next, delivered, asked };
}

describe("when nothing begins", () => {
  test.each([
    ["idle", { outcome: "idle", send_in_ms: null }, null],
    ["not due yet", { outcome: "wait", wait_ms: 500, send_in_ms: null }, 500],
    ["held by another turn", { outcome: "busy", wait_ms: 900, send_in_ms: null }, 900],
    ["not allowed", { outcome: "blocked", reason: "monthly_limit", send_in_ms: null }, null],
    ["this id used up", { outcome: "ended", send_in_ms: null }, 0],
    ["a send waits longer than the turn", { outcome: "wait", wait_ms: 500, send_in_ms: 800 }, 500],
    ["a send waits", { outcome: "idle", send_in_ms: 800 }, 800],
  ])("%s", async (_title, turn_begin_v1, expected) => {
    const { next, delivered } = await run({ turn_begin_v1: [turn_begin_v1] });
    expect(next).toBe(expected);
    expect(delivered).toEqual([]);
  });

  test("a send that is due is claimed and delivered, and what is left decides when to look again", async () => {
    const { next, delivered } = await run(
      { turn_begin_v1: [{ outcome: "idle", send_in_ms: 0 }], claim_next_v1: [CLAIMED] },
      { outcome: "wait", wait_ms: 4_000 },
    );
    expect(delivered).toEqual([CLAIMED]);
    expect(next).toBe(4_000);
  });
});

describe("when a turn was decided", () => {
  test("commit is told what begin had read, and its send is delivered", async () => {
    const { next, delivered, asked } = await run({
      turn_begin_v1: [BEGUN],
      turn_commit_v1: [{ ...COMMITTED, next: CLAIMED }],
    });
    expect(asked.at(-1)).toMatchObject(["turn_commit_v1", { turn_id: "turn", cursor: 7, epoch: 2, decision: "send" }]);
    expect(delivered).toEqual([CLAIMED]);
    expect(next).toBeNull();
  });

  test.each([
    ["lines were left for another turn", { ...COMMITTED, due_in_ms: 3_000, next: IDLE }, 3_000],
    ["the customer wrote again", { outcome: "superseded", reason: "newer_message" }, 0],
    ["the AI was switched off", { outcome: "cancelled", reason: "business_ai_off" }, 0],
    ["somebody else ended it", { outcome: "lost", state: "abandoned" }, 0],
  ])("%s", async (_title, turn_commit_v1, expected) => {
    expect((await run({ turn_begin_v1: [BEGUN], turn_commit_v1: [turn_commit_v1] })).next).toBe(expected);
  });

  test("F49: a commit whose answer was lost is asked again under the same token", async () => {
    const lost = new DatabaseUnavailable("no answer");
    const { asked, delivered } = await run({
      turn_begin_v1: [BEGUN],
      turn_commit_v1: [lost, { ...COMMITTED, next: CLAIMED }],
    });
    const [, first, second] = asked.map(([, argument]) => argument);
    expect(second).toEqual({ ...first, repeated: true });
    expect(delivered).toEqual([CLAIMED]);
  });
});

test.each([
  ["retrying", { outcome: "retrying", wait_ms: 1_500 }, 1_500],
  ["handed over", { outcome: "handed_off" }, 0],
  ["taken by a person meanwhile", { outcome: "lost" }, 0],
])("F52: a failed model: %s", async (_title, turn_fail_v1, expected) => {
  const { answer } = model;
  const failing: Model = {
    answer: async (request) => ({
      ...(await answer(request)),
      outcome: "error",
      retry: true,
      retry_after_ms: null,
      status: 503,
      code: "503",
      message: "busy",
    }),
  };
  const { next, delivered } = await run({ turn_begin_v1: [BEGUN], turn_fail_v1: [turn_fail_v1] }, IDLE, failing);
  expect(next).toBe(expected);
  expect(delivered).toEqual([]);
});
