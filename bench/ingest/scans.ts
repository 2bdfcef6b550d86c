import type { Check } from "../benchmark.ts";
import type { BenchDatabase } from "../stack/database.ts";

/** The tables that grow with every message or person. */
const GROWING = ["messages", "conversations", "contacts", "contact_identities"];
/** Rows a message. The first calls on an empty database may read what is not worth an index yet. */
const BOUND = 5;

/**
 * Watches for whole tables being read. Plans are made once a connection, perhaps while a table is empty and reading all
 * of it is cheapest; kept, such a plan costs more with every message.
 * @returns a function that gives the check over all messages stored since
 */
export async function watchScans(database: BenchDatabase): Promise<() => Promise<Check>> {
  const before = await read(database);
  return async () => {
    const after = await read(database);
    const stored = after.messages - before.messages;
    const a_message = (after.scanned - before.scanned) / stored;
    return {
      name: `sequential scans read at most ${BOUND} rows a message`,
      ok: stored > 0 && a_message <= BOUND,
      found: `${a_message.toFixed(1)} (${GROWING.join(", ")})`,
    };
  };
}

async function read({ query }: BenchDatabase): Promise<{ scanned: number; messages: number }> {
  const [found] = await query<{ scanned: number; messages: number }>(
    `select sum(seq_tup_read)::float8 as scanned, (sum(n_tup_ins) filter (where relname = 'messages'))::float8 as messages
     from pg_stat_user_tables where schemaname = 'public' and relname = any ($1)`,
    [GROWING],
  );
  return found ?? { scanned: NaN, messages: NaN };
}
