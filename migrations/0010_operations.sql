-- What keeps a running system right: the sweep, the month's turn, pruning, and what /health shows.

-- Finds what a crash or a lost wake-up left behind. Running it twice, late or twice at once changes nothing but the moment:
-- it passes over rows that somebody holds, so that it never waits while it holds others; the next run finds them.
-- p: { limit }. Returns { due: [conversation_id, …], next_due_in_ms }: conversations whose turn or send is overdue, longest
-- first, for their objects to be woken; and when the next thing that this function looks for falls due, null for never.
create function switchboard.sweep_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  most integer := coalesce((p ->> 'limit')::integer, 500);
  escalate_after interval := make_interval(secs => switchboard.setting('handoff.escalate_after_seconds')::integer);
  one record;
begin
  for one in
    select a.id from public.send_attempts a join public.conversations v on v.id = a.conversation_id
    where a.state = 'sending' and a.lease_until < clock_timestamp() - interval '5 seconds'
    order by a.lease_until limit most for no key update of v skip locked
  loop
    perform switchboard.lose_attempt(one.id);
  end loop;
  for one in
    select t.id from public.ai_turns t join public.conversations v on v.id = t.conversation_id
    where t.state = 'generating' and t.lease_until < clock_timestamp()
    order by t.lease_until limit most for no key update of v skip locked
  loop
    -- its holder may have come back just before we took the row
    perform switchboard.abandon_turn(t.id) from public.ai_turns t where t.id = one.id and t.lease_until < clock_timestamp();
  end loop;
  update public.conversations set escalated_at = now() where id in (
    select v.id from public.conversations v
    where v.needs_human_since < now() - escalate_after and v.escalated_at is null and v.status = 'assigned' and v.assigned_to is null
    order by v.needs_human_since limit most for no key update skip locked);
  -- accepted by the provider and never heard of again: it keeps a message for 30 days
  update public.messages set delivery_status = 'expired' where id in (
    select m.id from public.messages m
    where m.delivery_status in ('sending', 'sent', 'held') and m.origin in ('api', 'ai') and m.created_at < now() - interval '30 days'
      and exists (select from public.send_attempts a where a.message_id = m.id and a.state = 'accepted' and a.ended_at < now() - interval '30 days')
    order by m.created_at limit most for no key update skip locked);
  for one in
    with gone as (
      delete from switchboard.parked_events where id in (
        select k.id from switchboard.parked_events k where k.received_at < now() - interval '7 days' order by k.received_at limit most for update skip locked)
      returning *)
    select g.*, c.phone_number_id, c.provider from gone g join public.channels c on c.id = g.channel_id
  loop
    perform switchboard.quarantine(one.provider, one.phone_number_id, one.kind, 'message_never_arrived', one.target, one.event, one.received_at);
  end loop;

  return jsonb_build_object(
    'due', (select coalesce(jsonb_agg(d.id order by d.at), '[]') from (
      select w.id, min(w.at) as at from (
        select v.id, v.ai_due_at as at from public.conversations v where v.ai_due_at <= clock_timestamp()
        union all
        select a.conversation_id, a.due_at from public.send_attempts a where a.state = 'queued' and a.due_at <= clock_timestamp()) w
      group by w.id order by 2 limit most) d),
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
      select min(v.ai_due_at) as at from public.conversations v where v.ai_due_at is not null
      union all select min(a.due_at) from public.send_attempts a where a.state = 'queued'
      union all select min(a.lease_until) + interval '5 seconds' from public.send_attempts a where a.state = 'sending'
      union all select min(t.lease_until) from public.ai_turns t where t.state = 'generating'
      union all select min(v.needs_human_since) + escalate_after from public.conversations v
        where v.needs_human_since is not null and v.escalated_at is null and v.status = 'assigned' and v.assigned_to is null
      union all select min(k.received_at) + interval '7 days' from switchboard.parked_events k) w
      having count(w.at) > 0));
end $$;

-- Makes the visible counter equal the month's ledger. The ledger is keyed by period and is the truth, so that running this
-- twice, late or never costs nothing. Ledger first, organization second: the order in which a turn takes them.
create function switchboard.refresh_usage_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  this_period date := switchboard.current_period();
  now_used integer;
  corrected integer := 0;
  one record;
begin
  for one in
    select o.id from public.organizations o
    left join public.usage_periods u on u.org_id = o.id and u.period = this_period
    where o.messages_used_this_month <> coalesce(u.used, 0) order by o.id
  loop
    insert into public.usage_periods (org_id, period) values (one.id, this_period) on conflict do nothing;
    select u.used into now_used from public.usage_periods u where u.org_id = one.id and u.period = this_period for update;
    update public.organizations set messages_used_this_month = now_used where id = one.id and messages_used_this_month <> now_used;
    corrected := corrected + found::integer;
  end loop;
  return jsonb_build_object('period', this_period, 'corrected', corrected);
end $$;

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
create index messages_unconfirmed on public.messages (created_at)
  where delivery_status in ('sending', 'sent', 'held') and origin in ('api', 'ai');
create index outbox_age on switchboard.outbox (at);

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
