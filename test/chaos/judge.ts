import { Client } from "pg";
import type { Rig } from "./rig.ts";

/** What became of everything that came in. */
export interface Verdict {
  events_in: number;
  stored: number;
  quarantined: number;
  /** Messages stored twice, and send attempts that the provider accepted twice. */
  doubled: number;
  /** Came in, and is nowhere. */
  lost: number;
  /** Sends decided before a line that was in the thread already. */
  stale_sends: number;
  /** Conversations whose last line the AI has not considered. */
  unanswered: number;
}

/** What must be zero. */
export const FAULTS = ["doubled", "lost", "stale_sends", "unanswered"] as const satisfies (keyof Verdict)[];

const FATE = `
  select count(*)::int as events_in, count(m.n)::int as stored, count(q.n)::int as quarantined,
    count(*) filter (where m.n is null and q.n is null)::int as lost,
    coalesce(sum(m.n - 1), 0)::int as doubled
  from unnest($1::text[]) as e (id)
  left join (select wa_message_id as id, count(*) as n from public.messages group by 1) m using (id)
  left join (
    select convert_from(raw, 'UTF8')::jsonb ->> 'provider_id' as id, count(*) as n
    from switchboard.quarantined_events group by 1) q using (id)`;

const STALE = `
  select count(*)::int as stale_sends from public.ai_turns t join public.messages m on m.id = t.message_id
  where t.state = 'committed' and t.decision = 'send' and exists (
    select from public.messages i where i.conversation_id = m.conversation_id and i.seq < m.seq and i.inbound_version > t.cursor)`;

const UNANSWERED = `
  select count(*)::int as unanswered from public.conversations
  where answered_version < inbound_version or ai_due_at is not null`;

/** @param ids every message that came in, each once */
export async function judge({ database, simulators }: Rig, ids: string[]): Promise<Verdict> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    const [fate] = (await client.query(FATE, [ids])).rows;
    const [stale] = (await client.query(STALE)).rows;
    const [open] = (await client.query(UNANSWERED)).rows;
    return {
      ...fate,
      ...stale,
      ...open,
      doubled: fate.doubled + sentTwice(simulators.api.requests({ provider: "meta" })),
    };
  } finally {
    await client.end();
  }
}

function sentTwice(requests: { body: unknown; status: number | null }[]): number {
  const attempts = requests.flatMap(({ body, status }) => {
    const attempt = (body as { biz_opaque_callback_data?: string } | null)?.biz_opaque_callback_data;
    return attempt !== undefined && status === 200 ? [attempt] : [];
  });
  return attempts.length - new Set(attempts).size;
}

/** The closing table, one line a figure. */
export function table(verdict: Verdict): string {
  return Object.entries(verdict)
    .map(([name, count]) => `${name.replaceAll("_", " ").padEnd(12)} ${String(count).padStart(8)}`)
    .join("\n");
}
