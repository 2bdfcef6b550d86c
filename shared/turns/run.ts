import type { Model } from "../ai/index.ts";
import type { Exec } from "../db/exec.ts";
import type { Log } from "../log.ts";
import { claim } from "../sending/claim.ts";
import type { Claim } from "../sending/attempt.ts";
import { begin } from "./begin.ts";
import type { TurnContext } from "./begin.ts";
import { commit } from "./commit.ts";
import { consider } from "./consider.ts";
import { fail } from "./fail.ts";

export interface TurnTools {
  exec: Exec;
  model: Model;
  /** Makes a claimed provider call and those behind it; answers what is left to wait for. */
  deliver: (next: Claim) => Promise<Claim>;
  /** Shows the customer that an answer is being written. A courtesy; never fails. */
  show_typing: (context: TurnContext) => Promise<void>;
  now: () => number;
  random: () => number;
  log: Log;
}

/** When the conversation's object must look again, in milliseconds; null when nothing is left to do. */
export type Next = number | null;

/** Nothing came of the turn: `begin` says whether another is due, or a send. */
const LOOK_AGAIN: Next = 0;

/**
 * Does what is due in one conversation: one turn at most, and the sends that wait. Everything it decides on is read in
 * `begin` and compared again in `commit`; between the two no transaction is open (F66).
 *
 * @param turn_id chosen and stored by the caller before, so that a crash continues the same turn (F49)
 */
export async function runTurn(conversation_id: string, turn_id: string, tools: TurnTools): Promise<Next> {
  const begun = await begin(tools.exec, conversation_id, turn_id);
  if (begun.outcome !== "begun") {
    if (begun.outcome === "blocked") tools.log("info", "turn.blocked", { conversation_id, reason: begun.reason });
    const sends =
      begun.send_in_ms === 0 ? waitOf(await tools.deliver(await claim(tools.exec, conversation_id))) : begun.send_in_ms;
    const turn =
      begun.outcome === "wait" || begun.outcome === "busy"
        ? begun.wait_ms
        : begun.outcome === "ended"
          ? LOOK_AGAIN
          : null;
    return soonest(sends, turn);
  }

  const { turn, context } = begun;
  const typing = context.channel.ai_auto_send ? tools.show_typing(context) : Promise.resolve();
  const considered = await consider(context, { model: tools.model, now: new Date(tools.now()), random: tools.random });
  await typing;

  if ("failure" in considered) {
    const failed = await fail(tools.exec, turn.id, considered.failure, considered.model);
    tools.log("warn", "turn.failed", {
      conversation_id,
      turn_id,
      code: considered.failure.code,
      outcome: failed.outcome,
    });
    return failed.outcome === "retrying" ? failed.wait_ms : LOOK_AGAIN;
  }

  const committed = await commit(tools.exec, turn, considered.verdict, considered.model);
  tools.log("info", "turn.ended", {
    conversation_id,
    turn_id,
    outcome: committed.outcome,
    decision: committed.outcome === "committed" ? committed.decision : undefined,
    reason: "reason" in committed ? committed.reason : undefined,
    confidence: considered.verdict.confidence,
    model: considered.model?.served_model,
    latency_ms: considered.model?.latency_ms,
  });
  if (committed.outcome !== "committed") return LOOK_AGAIN;
  return soonest(waitOf(await tools.deliver(committed.next)), committed.due_in_ms);
}

function waitOf(next: Claim): Next {
  return next.outcome === "wait" || next.outcome === "busy" ? next.wait_ms : null;
}

function soonest(a: Next, b: Next): Next {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
