import type { Exec, Row } from "../../shared/db/exec.ts";
import type { Change, Turn } from "./change.ts";

/** A place in the outbox. `xid` is text: it has 64 bits. */
export interface Position {
  xid: string;
  id: number;
}

const WORKER = { role: "switchboard_worker" } as const;

const LAST = `
  select xid::text, id from switchboard.outbox
  where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid desc, id desc limit 1`;

// Below the horizon only: a transaction that is still open could otherwise appear behind the position.
const NEXT = `
  select o.xid::text, o.id, o.table_name, o.operation, o.record, coalesce(c.name, c.phone) as contact, ch.platform, to_jsonb(t) as turn
  from switchboard.outbox o
  left join public.contacts c on c.id = (o.record ->> 'contact_id')::uuid
  left join public.channels ch on ch.id = (o.record ->> 'channel_id')::uuid
  left join lateral (
    select a.id, a.decision, a.reason, a.confidence, a.threshold, a.served_model, a.latency_ms, a.ended_at
    from public.ai_turns a
    where case o.table_name when 'messages' then a.id = (o.record ->> 'ai_turn_id')::uuid
      else a.conversation_id = (o.record ->> 'id')::uuid and a.state = 'committed'
        and a.cursor = (o.record ->> 'answered_version')::bigint end
    order by a.ended_at desc limit 1) t on true
  where (o.xid, o.id) > ($1::xid8, $2::bigint) and o.xid < pg_snapshot_xmin(pg_current_snapshot())
    and o.table_name in ('messages', 'conversations')
  order by o.xid, o.id limit 200`;

/** The end of the outbox as it is now. */
export async function lastPosition(exec: Exec): Promise<Position> {
  const [rows] = await exec(WORKER, [{ text: LAST }]);
  return rows?.[0] ? positionOf(rows[0]) : { xid: "0", id: 0 };
}

/** The changes after a position, oldest first, and the position behind them. */
export async function readChanges(exec: Exec, after: Position): Promise<{ changes: Change[]; position: Position }> {
  const [rows = []] = await exec(WORKER, [{ text: NEXT, params: [after.xid, after.id] }]);
  const last = rows.at(-1);
  return { changes: rows.map(changeOf), position: last ? positionOf(last) : after };
}

const positionOf = (row: Row): Position => ({ xid: String(row["xid"]), id: Number(row["id"]) });

const changeOf = (row: Row): Change => ({
  table: row["table_name"] as Change["table"],
  operation: row["operation"] as Change["operation"],
  record: row["record"] as Change["record"],
  contact: row["contact"] as string | null,
  platform: row["platform"] as string | null,
  turn: row["turn"] as Turn | null,
});
