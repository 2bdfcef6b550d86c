-- What keeps a running system right: the sweep, the month's turn, pruning, and what /health shows.

-- Finds what a crash or a lost wake-up left behind. Running it twice, or late, changes nothing but the moment.
-- Returns { due: [conversation_id, …] }: conversations whose turn or send is overdue, for their objects to be woken.
create function switchboard.sweep_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one record;
begin
  for one in select conversation_id, id from public.send_attempts where state = 'sending' and lease_until < clock_timestamp() - interval '5 seconds' loop
    perform 1 from public.conversations where id = one.conversation_id for no key update;
    perform switchboard.lose_attempt(one.id);
  end loop;
  for one in select conversation_id, id from public.ai_turns where state = 'generating' and lease_until < clock_timestamp() loop
    perform 1 from public.conversations where id = one.conversation_id for no key update;
    perform switchboard.abandon_turn(one.id);
  end loop;
  update public.conversations set escalated_at = now()
  where needs_human_since < now() - make_interval(secs => switchboard.setting('handoff.escalate_after_seconds')::integer)
    and escalated_at is null and status = 'assigned' and assigned_to is null;
  -- a message that no event was ever about again: sent, and never confirmed within Meta's 30 days
  update public.messages set delivery_status = 'expired'
  where id in (select m.id from public.messages m join public.send_attempts a on a.message_id = m.id
    where a.state = 'accepted' and a.ended_at < now() - interval '30 days' and m.delivery_status in ('sending', 'sent', 'held') limit 1000);
  for one in
    select k.*, c.phone_number_id, c.provider from switchboard.parked_events k join public.channels c on c.id = k.channel_id
    where k.received_at < now() - interval '7 days' limit 1000
  loop
    perform switchboard.quarantine(one.provider, one.phone_number_id, one.kind, 'message_never_arrived', one.target, one.event, one.received_at);
    delete from switchboard.parked_events where id = one.id;
  end loop;
  return jsonb_build_object('due', coalesce((
    select jsonb_agg(d.id) from (
      select v.id, min(v.ai_due_at) as at from public.conversations v where v.ai_due_at <= clock_timestamp() group by v.id
      union
      select a.conversation_id, min(a.due_at) from public.send_attempts a where a.state = 'queued' and a.due_at <= clock_timestamp() group by 1
      limit coalesce((p ->> 'limit')::integer, 500)) d), '[]'));
end $$;

-- Makes the visible counter equal the month's ledger. Keyed by period, so that running it twice, late or never (the
-- ledger is the truth) costs nothing.
create function switchboard.refresh_usage_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  with corrected as (
    update public.organizations o set messages_used_this_month = t.used
    from (
      select g.id, coalesce(u.used, 0) as used from public.organizations g
      left join public.usage_periods u on u.org_id = g.id and u.period = switchboard.current_period()) t
    where t.id = o.id and o.messages_used_this_month <> t.used
    returning 1)
  select jsonb_build_object('period', switchboard.current_period(), 'corrected', (select count(*) from corrected))
$$;

create function switchboard.prune_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  with gone as (delete from switchboard.outbox where at < now() - interval '7 days' returning 1)
  select jsonb_build_object('outbox_rows', (select count(*) from gone))
$$;

create function switchboard.health_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'overdue_turns', (select count(*) from public.conversations where ai_due_at < clock_timestamp() - interval '1 minute'),
    'unknown_sends', (select count(*) from public.send_attempts where state = 'unknown' and started_at > now() - interval '1 day'),
    'quarantined', (select count(*) from switchboard.quarantined_events where resolved_at is null),
    'parked', (select count(*) from switchboard.parked_events),
    'outbox_horizon_age_seconds', coalesce((select round(extract(epoch from now() - min(o.at)))
      from switchboard.outbox o where o.xid >= pg_snapshot_xmin(pg_current_snapshot())), 0))
$$;

create index send_attempts_unknown on public.send_attempts (started_at) where state = 'unknown';
create index outbox_age on switchboard.outbox (at);

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
