import type { Check } from "../benchmark.ts";
import type { LoadResult } from "../load/post.ts";
import type { BenchDatabase } from "../stack/database.ts";

/** Counts what was acknowledged and what is stored: the same, or the benchmark fails. */
export interface Ledger {
  /** Compares one round with its warm-up. */
  enter(results: LoadResult[], round: Round): Promise<void>;
  checks(): Check[];
}

export interface Round {
  channel_id: string;
  /** Messages a call. */
  batch: number;
  /** What the ids of the messages begin with. */
  prefix: string;
  table?: string;
}

interface Count {
  stored: number;
  distinct: number;
}

export function createLedger({ query }: BenchDatabase): Ledger {
  const total = { acknowledged: 0, stored: 0, doubled: 0 };
  const failed: Record<string, number> = {};
  return {
    async enter(results, { channel_id, batch, prefix, table = "public.messages" }) {
      // by the index: a sequential scan of ours would be counted among those of the ingest
      await query("set enable_seqscan = off");
      const [count] = await query<Count>(
        `select count(*)::int as stored, count(distinct wa_message_id)::int as "distinct" from ${table}
         where channel_id = $1 and starts_with(wa_message_id, $2)`,
        [channel_id, prefix],
      );
      for (const { answered, failures } of results) {
        total.acknowledged += answered * batch;
        for (const [reason, times] of Object.entries(failures)) failed[reason] = (failed[reason] ?? 0) + times;
      }
      total.stored += count?.stored ?? 0;
      total.doubled += (count?.stored ?? 0) - (count?.distinct ?? 0);
    },
    checks() {
      const { acknowledged, stored, doubled } = total;
      const refused = Object.entries(failed).map(([reason, times]) => `${times} × ${reason}`);
      return [
        {
          name: "every acknowledged message is stored once",
          ok: acknowledged > 0 && stored === acknowledged && doubled === 0,
          found: `${acknowledged} acknowledged, ${stored} stored, ${doubled} doubled`,
        },
        { name: "no call failed", ok: refused.length === 0, found: refused.join(", ") || "none" },
      ];
    },
  };
}
