-- What there is to do for a call, with or without news of it.

-- Decides what a call asks of us now, and gives it to the one who asks: for `p_lease_seconds` nobody else gets it. What was
-- said may be fetched by several: it is written once.
create or replace function switchboard.next_act(p_id uuid, p_token_hash text, p_lease_seconds integer) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
  verdict jsonb;
  todo text;
begin
  select * into c from public.calls where id = p_id for no key update;
  todo := case
    when c.direction = 'inbound' and c.state = 'ringing' and c.agent_call_id is null and (c.gate is null or c.slot_until is not null) then 'answer'
    when c.direction = 'outbound' and c.state = 'answered' and c.agent_call_id is null then 'join'
    when c.direction = 'outbound' and c.state = 'queued' then 'dial'
    when c.agent_call_id is not null and c.transcript_at is null
      and exists (select from public.call_events e where e.call_id = c.id
        and (e.kind = 'lost' or e.kind = 'agent_ended' and e.provider_event_id = c.agent_call_id || '/call.ended')) then 'collect' end;
  if todo is null or c.acting_until > clock_timestamp() and todo <> 'collect' then
    return null;
  end if;
  if todo = 'dial' or todo = 'answer' and c.gate is null then
    verdict := switchboard.call_gate(c);
    if todo = 'dial' and verdict ->> 'rule' = 'slots' then
      -- it waits for a line, until its time has passed
      return null;
    elsif not (verdict ->> 'allowed')::boolean then
      update public.calls set gate = verdict, acting_until = clock_timestamp() + make_interval(secs => p_lease_seconds) where id = c.id;
      perform switchboard.note_call(c.id, 'refused', jsonb_build_object('reason', verdict ->> 'reason', 'rule', verdict ->> 'rule'));
      c := switchboard.fold_call(c.id);
      return case when todo = 'answer' then switchboard.call_act(c, 'reject') end;
    end if;
  end if;
  update public.calls set gate = coalesce(verdict, gate), acting_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
    tool_token_hash = case when todo in ('answer', 'join') then p_token_hash else tool_token_hash end,
    slot_until = case when todo in ('answer', 'dial') then clock_timestamp() + make_interval(secs => c.max_seconds
      + switchboard.setting('calls.grace_seconds')::integer + switchboard.setting('calls.ring_seconds')::integer) else slot_until end
  where id = c.id returning * into c;
  if todo = 'dial' then
    -- written down before the carrier is asked, and once: a call is dialled by whoever wrote it, and by nobody after that
    perform switchboard.note_call(c.id, 'dialing', '{}');
    c := switchboard.fold_call(c.id);
  end if;
  return switchboard.call_act(c, todo);
end $$;

-- p: { call_id, tool_token_hash, lease_seconds }. Gives out what a call asks for though nothing is told of it just now, as
-- `call_event_v1` does: an act, or null.
create function switchboard.call_take_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
begin
  perform switchboard.hold_calls((select x.org_id from public.calls x where x.id = (p ->> 'call_id')::uuid));
  select * into c from public.calls where id = (p ->> 'call_id')::uuid for no key update;
  if not found or c.acting_until > clock_timestamp() then
    return null;
  end if;
  if c.agent_call_id is not null and switchboard.is_over(c.state) and (c.transcript_at is null or c.billed_seconds is null) then
    update public.calls set acting_until = clock_timestamp() + interval '10 minutes' where id = c.id;
    return switchboard.call_act(c, 'reconcile');
  end if;
  return switchboard.next_act(c.id, p ->> 'tool_token_hash', (p ->> 'lease_seconds')::integer);
end $$;

grant execute on function switchboard.call_take_v1(jsonb) to switchboard_worker, switchboard_definer;
