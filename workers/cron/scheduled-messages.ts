import { call } from "../../shared/db/call.ts";
import { describeError } from "../../shared/log.ts";
import { SEND_LEASE_SECONDS } from "../../shared/sending/attempt.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import { wakeAll } from "../conversation/wake.ts";
import type { Tools } from "../tools.ts";

interface Due {
  claims: Claim[];
  looked_at: number;
  next_due_in_ms: number | null;
}

/** As many calls are made at once, within their lease. */
const LIMIT = 20;
/** The next trigger comes after a minute, and goes on. */
const BUDGET_MS = 20_000;

/** Lets the scheduled messages go that are due (F82, F83). When it fails, the next trigger goes on. */
export async function releaseScheduled(
  env: Env,
  tools: Tools,
): Promise<{ released: number; next_due_in_ms: number | null }> {
  const until = tools.now() + BUDGET_MS;
  let released = 0;
  try {
    for (;;) {
      const due = await call<Due>(tools.exec, "scheduled_due_v1", { limit: LIMIT, lease_seconds: SEND_LEASE_SECONDS });
      released += due.looked_at;
      await Promise.all(due.claims.map((claim) => deliver(claim, env, tools)));
      if (due.looked_at < LIMIT || tools.now() > until) return { released, next_due_in_ms: due.next_due_in_ms };
    }
  } catch (error) {
    tools.log("error", "cron.scheduled_messages_failed", { error: describeError(error) });
    return { released, next_due_in_ms: null };
  }
}

/** One whose call cannot be made or written down costs the others nothing: its lease ends, and it counts as unknown. */
async function deliver(claim: Claim, env: Env, tools: Tools): Promise<void> {
  try {
    const left = await tools.deliver(claim);
    if (claim.outcome === "claimed" && (left.outcome === "wait" || left.outcome === "busy")) {
      await wakeAll(env, [{ conversation_id: claim.attempt.conversation_id, due_in_ms: left.wait_ms }]);
    }
  } catch (error) {
    tools.log("error", "scheduled_message.not_delivered", { error: describeError(error) });
  }
}
