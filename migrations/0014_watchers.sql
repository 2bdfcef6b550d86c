-- The watchers: each finds what is the matter now, as one finding a cause. Times in the details are moments, never ages, so
-- that a matter that lasts does not look new at every look.

insert into public.app_config (key, value, description) values
  ('watch.overdue_turn_seconds', '120', 'A turn of the AI that is later than this is reported'),
  ('watch.unknown_send_seconds', '900', 'A send whose outcome is unknown for longer than this is reported'),
  ('watch.queued_send_seconds', '600', 'A queued send that is overdue by more than this is reported'),
  ('watch.silence_floor_seconds', '21600', 'No number is reported as silent before this long without a message'),
  ('watch.silence_min_messages', '50', 'Messages of two weeks that it takes to know how long a number is usually silent');

-- When the costlier looks were made last.
create table switchboard.watches (
  name text primary key,
  looked_at timestamptz not null
);
insert into switchboard.watches values ('hourly', '-infinity');
alter table switchboard.watches enable row level security;
alter table switchboard.watches force row level security;
create policy worker on switchboard.watches to switchboard_worker using (true) with check (true);
create policy definer on switchboard.watches to switchboard_definer using (true) with check (true);
grant select, insert, update, delete on switchboard.watches to switchboard_worker, switchboard_definer;

create index conversations_escalated on public.conversations (escalated_at) where escalated_at is not null;
create index channels_refused on public.channels (auth_state) where auth_state <> 'ok';

create function switchboard.seconds_setting(p_key text) returns interval
  language sql stable set search_path = '' as $$ select make_interval(secs => switchboard.setting(p_key)::integer) $$;

create function switchboard.channel_name(p_channel public.channels) returns text
  language sql stable set search_path = '' as $$ select p_channel.label || coalesce(' (' || p_channel.phone_number || ')', '') $$;

-- A moment as a person reads it, to the minute.
create function switchboard.at_words(p_at timestamptz) returns text
  language sql stable set search_path = '' as $$ select to_char(p_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"') $$;

create function switchboard.find_overdue_turns() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  select 'overdue_turns', c.id::text, c.org_id, c.business_id,
    format('%s: %s overdue since %s', switchboard.channel_name(c),
      case when w.n = 1 then 'one answer of the AI is' else w.n || ' answers of the AI are' end, switchboard.at_words(w.since)),
    w.n, jsonb_build_object('channel_id', c.id, 'since', w.since, 'conversation_ids', w.oldest)
  from (
    select v.channel_id, count(*)::integer as n, min(v.ai_due_at) as since, to_jsonb((array_agg(v.id order by v.ai_due_at, v.id))[1:10]) as oldest
    from public.conversations v
    where v.ai_due_at < now() - switchboard.seconds_setting('watch.overdue_turn_seconds')
    group by v.channel_id) w
  join public.channels c on c.id = w.channel_id
$$;

-- Sends that wait for a person's word, and sends that nobody has made although their time has come.
create function switchboard.find_stuck_sends() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  with stuck as (
    select m.channel_id, a.message_id, a.started_at as since, true as in_doubt
    from public.send_attempts a join public.messages m on m.id = a.message_id
    where a.state = 'unknown' and a.started_at < now() - switchboard.seconds_setting('watch.unknown_send_seconds')
      and switchboard.is_doubtful(a, m.delivery_status)
    union all
    select m.channel_id, a.message_id, a.due_at, false
    from public.send_attempts a join public.messages m on m.id = a.message_id
    where a.state = 'queued' and a.due_at < now() - switchboard.seconds_setting('watch.queued_send_seconds')
  )
  select 'stuck_sends', c.id::text, c.org_id, c.business_id,
    format('%s: %s in doubt, %s overdue, since %s', switchboard.channel_name(c),
      w.doubtful || case when w.doubtful = 1 then ' send is' else ' sends are' end, w.n - w.doubtful, switchboard.at_words(w.since)),
    w.n, jsonb_build_object('channel_id', c.id, 'since', w.since, 'in_doubt', w.doubtful, 'overdue', w.n - w.doubtful, 'message_ids', w.oldest)
  from (
    select s.channel_id, count(*)::integer as n, (count(*) filter (where s.in_doubt))::integer as doubtful, min(s.since) as since,
      to_jsonb((array_agg(s.message_id order by s.since, s.message_id))[1:10]) as oldest
    from stuck s group by s.channel_id) w
  join public.channels c on c.id = w.channel_id
$$;

-- Numbers that may not send. The state is only ever set by codes that say so of the credentials or of the number.
create function switchboard.find_refused_channels() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  select case c.auth_state when 'stopped' then 'number_stopped' else 'dead_token' end, c.id::text, c.org_id, c.business_id,
    format(case c.auth_state when 'stopped' then '%s has been stopped by its provider: %s' else '%s: the provider refuses its credentials: %s' end,
      switchboard.channel_name(c), coalesce(c.auth_state_reason, 'no reason given')),
    1, jsonb_build_object('channel_id', c.id, 'reason', c.auth_state_reason, 'since', c.auth_state_changed_at)
  from public.channels c
  where c.auth_state <> 'ok' and c.active
$$;

create function switchboard.find_unclaimed_handoffs() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  select 'unclaimed_handoff', v.id::text, v.org_id, v.business_id,
    format('%s has been waiting for a person since %s', coalesce(k.name, 'A customer'), switchboard.at_words(v.needs_human_since)),
    1, jsonb_build_object('conversation_id', v.id, 'reason', v.needs_human_reason, 'since', v.needs_human_since)
  from public.conversations v join public.contacts k on k.id = v.contact_id
  where v.escalated_at is not null and v.status = 'assigned' and v.assigned_to is null and v.needs_human_since is not null
$$;

-- Events of the last day that could not be placed, for each account that they came for. Counts ten thousand at most.
create function switchboard.find_quarantine() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  select 'quarantine', concat_ws('/', q.provider, coalesce(q.account, '?'), q.reason), null::uuid, null::uuid,
    format('%s of %s for %s could not be placed: %s', case when count(*) = 1 then 'An event' else count(*) || ' events' end,
      q.provider, coalesce(q.account, 'no account'), q.reason),
    count(*)::integer, jsonb_build_object('provider', q.provider, 'account', q.account, 'reason', q.reason, 'latest_at', max(q.created_at))
  from (
    select e.provider, e.account, e.reason, e.created_at from switchboard.quarantined_events e
    where e.resolved_at is null and e.created_at > now() - interval '24 hours' order by e.created_at desc limit 10000) q
  group by q.provider, q.account, q.reason
$$;

-- Numbers that have heard nothing for longer than is usual for them: three times the gap that 19 of 20 of their gaps stay
-- under, longer than any gap of the two weeks before (nights and weekends are silent), and never less than the floor.
create function switchboard.find_silent_numbers() returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  with quiet as (
    select c as channel, heard.at
    from public.channels c
    cross join lateral (
      select m.created_at as at from public.messages m
      where m.business_id = c.business_id and m.channel_id = c.id and m.direction = 'inbound' and m.origin = 'live'
        and m.created_at > now() - interval '60 days'
      order by m.created_at desc limit 1) heard
    where c.active and heard.at < now() - switchboard.seconds_setting('watch.silence_floor_seconds')
  ), usual as (
    select q.channel, q.at, g.usual_gap
    from quiet q
    cross join lateral (
      select count(*) as messages, greatest(3 * percentile_cont(0.95) within group (order by s.gap), max(s.gap)) as usual_gap
      from (
        select m.created_at - lag(m.created_at) over (order by m.created_at) as gap
        from public.conversations v join public.messages m on m.conversation_id = v.id
        where v.channel_id = (q.channel).id and v.last_message_at >= q.at - interval '14 days'
          and m.direction = 'inbound' and m.origin = 'live' and m.created_at between q.at - interval '14 days' and q.at) s) g
    where g.messages >= switchboard.setting('watch.silence_min_messages')::integer
  )
  select 'silent_number', (u.channel).id::text, (u.channel).org_id, (u.channel).business_id,
    format('%s has received nothing since %s; until then it was never silent for more than %s hours', switchboard.channel_name(u.channel),
      switchboard.at_words(u.at), ceil(extract(epoch from u.usual_gap) / 3600)),
    1, jsonb_build_object('channel_id', (u.channel).id, 'since', u.at, 'usual_gap_seconds', round(extract(epoch from u.usual_gap)))
  from usual u
  where u.at < now() - u.usual_gap
$$;

-- p_models: [{ model, retires_at, successor }]. Businesses whose AI asks for one of them by name.
create function switchboard.find_retiring_models(p_models jsonb) returns setof switchboard.finding
  language sql stable set search_path = '' as $$
  select 'model_retiring', b.id || '/' || r.model, b.org_id, b.id,
    format('%s: the model %s is retired on %s; %s will answer in its place', b.name, r.model,
      to_char(r.retires_at at time zone 'utc', 'YYYY-MM-DD'), r.successor),
    1, jsonb_build_object('model', r.model, 'retires_at', r.retires_at, 'successor', r.successor)
  from jsonb_to_recordset(p_models) r (model text, retires_at timestamptz, successor text)
  join public.businesses b
    on regexp_replace(regexp_replace(lower(trim(b.ai_model)), '^models/', ''), '-\d{3}$', '') = r.model
  where b.is_active and b.ai_enabled
$$;

-- When a turn or a send that is in order now would become a finding; null for never.
create function switchboard.next_finding_at() returns timestamptz
  language plpgsql stable set search_path = '' as $$
declare
  turn interval := switchboard.seconds_setting('watch.overdue_turn_seconds');
  in_doubt interval := switchboard.seconds_setting('watch.unknown_send_seconds');
  queued interval := switchboard.seconds_setting('watch.queued_send_seconds');
begin
  return least(
    (select min(v.ai_due_at) + turn from public.conversations v where v.ai_due_at >= now() - turn),
    (select min(a.started_at) + in_doubt from public.send_attempts a where a.state = 'unknown' and a.started_at >= now() - in_doubt),
    (select min(a.due_at) + queued from public.send_attempts a where a.state = 'queued' and a.due_at >= now() - queued));
end $$;

-- p: { retiring_models, everything }. Looks for what is cheap to find at every call, for silent numbers and retiring models
-- once an hour or when asked for everything. One watcher looks at a time, so that nobody ends what another has just found.
-- Returns { raised, ended, next_due_in_ms }.
create function switchboard.watch_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  kinds text[] := array['overdue_turns', 'stuck_sends', 'dead_token', 'number_stopped', 'unclaimed_handoff', 'quarantine'];
  findings switchboard.finding[];
begin
  perform pg_advisory_xact_lock(hashtextextended('switchboard.watch_v1', 0));
  findings := array(
    select f from switchboard.find_overdue_turns() f
    union all select f from switchboard.find_stuck_sends() f
    union all select f from switchboard.find_refused_channels() f
    union all select f from switchboard.find_unclaimed_handoffs() f
    union all select f from switchboard.find_quarantine() f);
  if (p ->> 'everything')::boolean
    or exists (select from switchboard.watches w where w.name = 'hourly' and w.looked_at < now() - interval '1 hour') then
    kinds := kinds || array['silent_number', 'model_retiring'];
    findings := findings || array(
      select f from switchboard.find_silent_numbers() f
      union all select f from switchboard.find_retiring_models(p -> 'retiring_models') f);
    -- after the long look: a transaction that has written holds the change feed back
    update switchboard.watches set looked_at = now() where name = 'hourly';
  end if;
  return switchboard.settle_alerts(kinds, findings) || jsonb_build_object('next_due_in_ms', (
    -- `greatest` passes over a null, and never is not now
    select greatest(0, ceil(extract(epoch from n.at - clock_timestamp()) * 1000))::bigint
    from (select switchboard.next_finding_at() as at) n where n.at is not null));
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
