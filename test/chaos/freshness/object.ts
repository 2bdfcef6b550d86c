import type { Model } from "../../../shared/ai/index.ts";
import { DatabaseUnavailable } from "../../../shared/db/exec.ts";
import type { Claim } from "../../../shared/sending/attempt.ts";
import { runTurn } from "../../../shared/turns/run.ts";
import type { Next } from "../../../shared/turns/run.ts";
import { deliver } from "../../../workers/sending/deliver.ts";
import { FIGURES, answer } from "../../database/turn-fixtures.ts";
import type { Actor } from "./stepper.ts";
import { chance, deliveryOf, execOf, replyOf } from "./world.ts";
import type { Look, World } from "./world.ts";

const WORKER = { role: "switchboard_worker" } as const;
const MODEL_FAILURES = 0.08;

/** Deadlines and leases pass, each or none of them. */
export async function letTimePass(world: World): Promise<void> {
  const passes = () => world.calm || world.random() < 0.7;
  const statements = [
    "update public.conversations set ai_due_at = now() where id = $1 and ai_due_at > now()",
    "update public.send_attempts set due_at = now() where conversation_id = $1 and state = 'queued' and due_at > now()",
    "update public.ai_turns set lease_until = now() where conversation_id = $1 and state = 'generating'",
    "update public.send_attempts set lease_until = now() where conversation_id = $1 and state = 'sending'",
  ].filter(passes);
  if (statements.length === 0) return;
  await world.exec(
    WORKER,
    statements.map((text) => ({ text, params: [world.conversation_id] })),
  );
}

/** The conversation's object looks once, as its alarm does; a fault leaves the turn's id where it is. */
export async function lookOnce(world: World, actor: Actor): Promise<Next> {
  const look: Look = { view: null };
  const exec = execOf(world, actor, { look });
  world.turn_id ??= crypto.randomUUID();
  const tools = {
    exec,
    model: modelOf(world, actor, look),
    deliver: (next: Claim) => deliver(next, deliveryOf(world, actor, exec)),
    show_typing: () => Promise.resolve(),
    now: Date.now,
    random: () => 0,
    log: () => {},
  };
  try {
    const next = await runTurn(world.conversation_id, world.turn_id, tools);
    world.turn_id = null;
    return next;
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return 0;
    throw error;
  }
}

/** Answers with the view that it was asked on, and notes which lines it was shown. Thinking is a step. */
function modelOf(world: World, actor: Actor, look: Look): Model {
  return {
    answer: ({ turns }) =>
      actor.step(async () => {
        if (!look.view) throw new Error("the model was asked before a turn had begun");
        const shown = turns.map(({ text }) => text).join("\n");
        look.view.lines = [...shown.matchAll(/\bno-(\d+)\b/g)].map(([, line]) => Number(line));
        if (chance(world, MODEL_FAILURES)) {
          const failure = { status: 503, code: "503", message: "busy", retry: true, retry_after_ms: null };
          return { ...FIGURES, outcome: "error", ...failure };
        }
        return answer({ reply: replyOf(look.view.view) });
      }),
  };
}
