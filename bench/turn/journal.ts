import type { Check } from "../benchmark.ts";
import type { TurnResult } from "../load/turns.ts";
import { percentiles } from "../measure/statistics.ts";
import type { BenchDatabase } from "../stack/database.ts";

/** Compares what reached the provider with what the database says of it. */
export interface Journal {
  /** @returns for each turn of a round the milliseconds from its deadline to its provider call */
  enter(result: TurnResult, callers: number): Promise<number[]>;
  checks(): Check[];
  /** Where the time between deadline and call goes, in lines for the report. */
  stages(): string[];
}

interface Attempt {
  id: string;
  /** Unix milliseconds: the deadline, the turn's begin, the send's claim. */
  due_at: number;
  began_at: number;
  claimed_at: number;
}

/**
 * With a delay of 0 the deadline is the moment of the ingest that made the conversation: the commit clears `ai_due_at`
 * itself, `created_at` keeps it.
 */
const ATTEMPTS = `
  select a.id, extract(epoch from v.created_at)::float8 * 1000 as due_at, extract(epoch from t.started_at)::float8 * 1000 as began_at,
    extract(epoch from a.started_at)::float8 * 1000 as claimed_at
  from public.send_attempts a
  join public.conversations v on v.id = a.conversation_id
  join public.messages m on m.id = a.message_id
  join public.ai_turns t on t.id = m.ai_turn_id
  where a.id = any ($1::uuid[]) and a.state = 'accepted'`;

export function createJournal({ query }: BenchDatabase): Journal {
  const total = { sent: 0, recorded: 0, doubled: 0 };
  const failed: Record<string, number> = {};
  const stages = new Map<number, Record<"begin" | "claim" | "call", number[]>>();

  return {
    async enter({ arrivals, failures }, callers) {
      const attempts = await query<Attempt>(ATTEMPTS, [arrivals.map(({ reference }) => reference)]);
      const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]));
      const spent = stages.get(callers) ?? { begin: [], claim: [], call: [] };
      stages.set(callers, spent);
      total.sent += arrivals.length;
      total.recorded += attempts.length;
      total.doubled += arrivals.length - new Set(arrivals.map(({ to }) => to)).size;
      for (const [reason, times] of Object.entries(failures)) failed[reason] = (failed[reason] ?? 0) + times;
      return arrivals.flatMap(({ reference, at }) => {
        const attempt = byId.get(reference);
        if (!attempt) return [];
        spent.begin.push(attempt.began_at - attempt.due_at);
        spent.claim.push(attempt.claimed_at - attempt.began_at);
        spent.call.push(at - attempt.claimed_at);
        return [at - attempt.due_at];
      });
    },
    checks() {
      const { sent, recorded, doubled } = total;
      const refused = Object.entries(failed).map(([reason, times]) => `${times} × ${reason}`);
      return [
        {
          name: "every reply that reached the provider is recorded as accepted, once a customer",
          ok: sent > 0 && recorded === sent && doubled === 0,
          found: `${sent} sent, ${recorded} recorded, ${doubled} doubled`,
        },
        { name: "no turn failed", ok: refused.length === 0, found: refused.join(", ") || "none" },
      ];
    },
    stages() {
      return [...stages].map(([callers, { begin, claim, call }]) => {
        const [a, b, c] = [begin, claim, call].map((ms) => percentiles(ms).p50.toFixed(1));
        return `${callers} at once, median of all: deadline to begin ${a} ms, begin to claimed ${b} ms (model included), claimed to call ${c} ms`;
      });
    },
  };
}
