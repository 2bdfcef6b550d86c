import type { ErrorClass, SendOutcome } from "../../shared/channels/channel.ts";
import { retryAfterMs } from "../../shared/channels/meta/index.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { describeError } from "../../shared/log.ts";
import type { Log } from "../../shared/log.ts";
import type { Claim, ClaimedAttempt } from "../../shared/sending/attempt.ts";
import { record } from "../../shared/sending/record.ts";
import type { Providers } from "./providers.ts";

export interface DeliveryTools {
  exec: Exec;
  providers: Providers;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  log: Log;
}

/** Is told each message's state after its call. */
export type Report = (message_id: string, delivery_status: string | undefined) => void;

/** How often the record of an outcome is tried: the provider has been called, losing the answer would cost a person's time. */
const RECORD_TRIES = 4;

/**
 * Makes the claimed provider call, writes down what came of it, and goes on with whatever the conversation has next.
 * The claim was the last look at the gate; between it and the call there is no decision left to make (F44).
 */
export async function deliver(next: Claim, tools: DeliveryTools, report: Report = () => {}): Promise<Claim> {
  let claim = next;
  while (claim.outcome === "claimed") {
    const { attempt } = claim;
    const outcome = withBackoff(attempt, await tools.providers.send(attempt), tools.random);
    tools.log(outcome.state === "accepted" ? "info" : "warn", "send.answered", {
      conversation_id: attempt.conversation_id,
      attempt_id: attempt.id,
      channel_id: attempt.channel.id,
      number: attempt.number,
      state: outcome.state,
      code: outcome.state === "failed" ? outcome.code : undefined,
    });
    const recorded = await recordFirmly(attempt, outcome, tools);
    report(attempt.message_id, recorded.delivery_status);
    claim = recorded.next;
  }
  return claim;
}

/** Gives a failure that may be repeated the moment to do so. */
export function withBackoff(attempt: ClaimedAttempt, outcome: SendOutcome, random: () => number): SendOutcome {
  if (outcome.state !== "failed" || !repeatable(outcome.class)) return outcome;
  const own = retryAfterMs(Number(outcome.code), attempt.number, random());
  return { ...outcome, retry_after_ms: Math.max(outcome.retry_after_ms ?? 0, own) };
}

function repeatable(kind: ErrorClass): boolean {
  return kind === "retry" || kind === "retry_pair";
}

async function recordFirmly(attempt: ClaimedAttempt, outcome: SendOutcome, tools: DeliveryTools) {
  for (let tried = 1; ; tried++) {
    try {
      return await record(tools.exec, attempt, outcome);
    } catch (error) {
      tools.log("error", "send.not_recorded", { attempt_id: attempt.id, tried, error: describeError(error) });
      if (tried === RECORD_TRIES) throw error;
      await tools.sleep(250 * 2 ** tried);
    }
  }
}
