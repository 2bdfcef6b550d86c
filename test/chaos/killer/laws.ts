import type { Row } from "../../../shared/db/exec.ts";
import { table } from "../judge.ts";
import type { Verdict } from "../judge.ts";
import { AGENT_SAYS } from "./scenario.ts";
import type { Scene } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export interface Judgement {
  verdict: Verdict;
  /** Sends of which nobody knows whether they left: allowed, and to be told from those that did. */
  unknown: number;
  /** What should hold and does not, in words. */
  broken: string[];
}

/** Looks at the rows, and at what the provider was really asked, when a run has come to rest. */
export async function judgeRun(stage: Stage, { shop, desk, ids }: Scene): Promise<Judgement> {
  const channels = [shop.channel_id, desk.channel_id];
  const broken: string[] = [];
  for (const [law, text] of Object.entries(LAWS)) {
    for (const row of await stage.rows(text, [channels])) broken.push(`${law}: ${JSON.stringify(row)}`);
  }
  const [fate = {}] = await stage.rows(FATE, [ids, [shop.phone_number_id, desk.phone_number_id]]);
  const letters = await stage.rows(LETTERS, [channels]);
  const calls = callsOf(stage, [shop.phone_number_id, desk.phone_number_id]);
  const sends = judgeSends(letters, calls);
  broken.push(...sends.broken);
  for (const [what, found] of [
    ["agent's message", letters.filter(({ content }) => content === AGENT_SAYS)],
    ["approved draft", letters.filter(({ approved }) => approved)],
  ] as const) {
    if (found.length !== 1) broken.push(`once: ${found.length} rows of the ${what}`);
  }
  const count = (name: string) => Number(fate[name] ?? 0);
  if (count("quarantined") > 0) broken.push(`conservation: ${count("quarantined")} events in quarantine`);
  const stale = broken.filter((line) => line.startsWith("freshness")).length;
  const unanswered = broken.filter((line) => line.startsWith("nothing waits")).length;
  const verdict: Verdict = {
    events_in: ids.length,
    stored: count("stored"),
    quarantined: count("quarantined"),
    doubled: count("doubled") + sends.doubled,
    lost: count("lost"),
    stale_sends: stale,
    unanswered,
  };
  return { verdict, unknown: sends.unknown, broken };
}

/** The attempts that the provider was called for, oldest first. */
function callsOf({ simulators }: Stage, numbers: string[]): string[] {
  return simulators.api.requests({ provider: "meta" }).flatMap(({ path, body }) => {
    const attempt = (body as { biz_opaque_callback_data?: string } | null)?.biz_opaque_callback_data;
    return attempt !== undefined && numbers.some((number) => path.includes(number)) ? [attempt] : [];
  });
}

/** Law 2 as the provider saw it: a call an attempt, one for each message, or none and we say that we do not know. */
function judgeSends(letters: Row[], calls: string[]) {
  const broken: string[] = [];
  let doubled = 0;
  let unknown = 0;
  const known = new Set(letters.flatMap(({ attempts }) => attempts as string[]));
  for (const call of calls) {
    if (!known.has(call)) broken.push(`once: the call ${call} is not in the journal`);
  }
  for (const { id, attempts, delivery_status, person, conversation_id } of letters) {
    const own = calls.filter((call) => (attempts as string[]).includes(call));
    if (own.length > 1) doubled += own.length - 1;
    if (delivery_status === "unknown") unknown += 1;
    const told = own.length === 0 ? "unknown" : "read";
    if (own.length > 1 || delivery_status !== told)
      broken.push(`once: message ${String(id)} had ${own.length} calls and is ${String(delivery_status)}`);
    if (person !== true || own.length === 0) continue;
    const later = new Set(calls.slice(calls.indexOf(own[0] ?? "") + 1));
    const talked_over = letters.some(
      (other) =>
        other["conversation_id"] === conversation_id &&
        other["person"] !== true &&
        (other["attempts"] as string[]).some((attempt) => later.has(attempt)),
    );
    if (talked_over) broken.push(`freshness: the AI was heard after a person in ${String(conversation_id)}`);
  }
  return { broken, doubled, unknown };
}

const FATE = `select count(m.n)::int as stored, count(*) filter (where m.n is null)::int as lost, coalesce(sum(m.n - 1), 0)::int as doubled,
    (select count(*)::int from switchboard.quarantined_events q where q.account = any ($2)) as quarantined
  from unnest($1::text[]) as e (id)
  left join (select wa_message_id as id, count(*) as n from public.messages where wa_message_id = any ($1) group by 1) m using (id)`;

const LETTERS = `select m.id, m.conversation_id, m.content, m.delivery_status, m.approved_at is not null as approved,
    m.approved_at is not null or m.sender_type = 'agent' as person,
    coalesce((select array_agg(a.id::text) from public.send_attempts a where a.message_id = m.id), '{}') as attempts
  from public.messages m where m.channel_id = any ($1) and m.direction = 'outbound' and not m.is_draft`;

/** Queries whose every row is a law broken. $1: the channels. */
const LAWS: Record<string, string> = {
  "freshness: a reply decided on an older view": `select m.id from public.ai_turns t join public.messages m on m.id = t.message_id
    where m.channel_id = any ($1) and not m.is_draft and m.approved_at is null and exists (
      select from public.messages i where i.conversation_id = m.conversation_id and i.seq < m.seq and i.inbound_version > t.cursor)`,
  "freshness: the AI after a person": `select m.id from public.messages m
    where m.channel_id = any ($1) and m.sender_type = 'ai' and m.approved_at is null and not m.is_draft and exists (
      select from public.messages p where p.conversation_id = m.conversation_id and p.sender_type = 'agent' and p.seq < m.seq)`,
  "once: two turns for the same lines": `select t.conversation_id, t.cursor, count(*) from public.ai_turns t
    join public.conversations v on v.id = t.conversation_id
    where v.channel_id = any ($1) and t.state = 'committed' group by 1, 2 having count(*) > 1`,
  "nothing waits for ever": `select v.id, v.status, v.ai_due_at from public.conversations v
    where v.channel_id = any ($1) and (v.ai_due_at is not null or v.status = 'ai_handling' and v.answered_version < v.inbound_version
      or exists (select from public.send_attempts a where a.conversation_id = v.id and a.state in ('queued', 'sending'))
      or exists (select from public.ai_turns t where t.conversation_id = v.id and t.state = 'generating'))`,
  "versions: not what a recount gives": `select v.id, v.epoch, v.inbound_version, v.answered_version from public.conversations v
    where v.channel_id = any ($1) and (v.epoch <> 1 or v.answered_version > v.inbound_version
      or v.inbound_version <> (select count(*) from public.messages m where m.conversation_id = v.id and m.direction = 'inbound'))`,
  "counters: not what a recount gives": `select v.id, v.unread_count, v.message_seq, r.* from public.conversations v cross join lateral (
      select count(*) filter (where m.direction = 'inbound' and not m.read) as unread, count(m.seq) as lines, count(distinct m.seq) as places,
        (select count(*) from public.send_attempts a where a.conversation_id = v.id and a.state in ('cancelled', 'refused')) as withdrawn
      from public.messages m where m.conversation_id = v.id) r
    where v.channel_id = any ($1) and (v.unread_count <> r.unread or r.lines <> r.places or v.message_seq <> r.lines + r.withdrawn)`,
  "ledger: not what its rows add up to": `select u.* from public.usage_periods u cross join lateral (
      select count(*) filter (where t.state = 'committed' and t.decision in ('send', 'draft')) as replies,
        coalesce(sum(t.cost_micro_usd), 0) as cost from public.ai_turns t where t.org_id = u.org_id) r
    where u.org_id in (select c.org_id from public.channels c where c.id = any ($1))
      and (u.reserved <> 0 or u.reserved_cost_micro_usd <> 0 or u.used <> r.replies or u.cost_micro_usd <> r.cost)`,
};

/** The closing table of several runs. */
export function summary(judgements: Judgement[]): string {
  const total = sum(judgements);
  return `${table(total)}\n${"unknown".padEnd(12)} ${String(judgements.reduce((n, one) => n + one.unknown, 0)).padStart(8)}`;
}

export function sum(judgements: Judgement[]): Verdict {
  const total: Verdict = {
    events_in: 0,
    stored: 0,
    quarantined: 0,
    doubled: 0,
    lost: 0,
    stale_sends: 0,
    unanswered: 0,
  };
  for (const { verdict } of judgements) {
    for (const name of Object.keys(total) as (keyof Verdict)[]) total[name] += verdict[name];
  }
  return total;
}
