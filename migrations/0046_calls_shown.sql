-- What was said on the telephone is shown as that, though its number takes texts too; and the sweep may rest while a bill is late.

-- The newest lines with the same person on other channels, oldest first: what an answer here ought to know of.
create or replace function switchboard.said_elsewhere(talk public.conversations) returns jsonb
  language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('platform', l.platform, 'direction', l.direction, 'type', l.type, 'content', left(l.content, 1000),
    'at', extract(epoch from l.created_at)) order by l.created_at, l.id), '[]')
  from (
    select case when m.type in ('call', 'transcript') then 'voice' else c.platform end as platform, m.direction, m.type, m.content, m.created_at, m.id
    from public.conversations v join public.channels c on c.id = v.channel_id
    cross join lateral (
      select x.* from public.messages x
      where x.conversation_id = v.id and not x.is_draft and x.revoked_at is null and x.delivery_status is distinct from 'failed'
        and x.created_at > now() - interval '30 days'
      order by x.created_at desc, x.id desc limit 12) m
    where v.contact_id = talk.contact_id and v.id <> talk.id
    order by m.created_at desc, m.id desc limit 12) l
$$;

-- p: { contact_id, limit, after }. Everything said with a person, on whatever channel, newest first; an agent who sees only its
-- own conversations sees those. Returns { contact_id, messages, next }.
create or replace function switchboard.get_timeline_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  person public.contacts := switchboard.own_contact((p ->> 'contact_id')::uuid);
  most integer := (p ->> 'limit')::integer;
begin
  return (
    select jsonb_build_object('contact_id', person.id,
      'messages', coalesce(jsonb_agg(l.message order by l.n) filter (where l.n <= most), '[]'),
      'next', case when count(*) > most then max(l.key) filter (where l.n = most) end)
    from (
      select row_number() over (order by m.created_at desc, m.id desc) as n, switchboard.page_key(m.created_at, m.id) as key,
        jsonb_build_object('message_id', m.id, 'conversation_id', v.id, 'platform', case when m.type in ('call', 'transcript') then 'voice' else c.platform end, 'channel_label', c.label,
          'direction', m.direction, 'sender_type', m.sender_type, 'type', m.type, 'content', m.content, 'delivery_status', m.delivery_status,
          'sentiment', m.sentiment, 'created_at', m.created_at) as message
      from public.conversations v join public.channels c on c.id = v.channel_id
      cross join lateral (
        select x.* from public.messages x
        where x.conversation_id = v.id and not x.is_draft
          and (p ->> 'after' is null or (x.created_at, x.id) < (switchboard.page_at(p ->> 'after'), switchboard.page_id(p ->> 'after')))
        order by x.created_at desc, x.id desc limit most + 1) m
      where v.contact_id = person.id
        and (v.org_id <> all (switchboard.my_restricted_org_ids()) or v.id = any (switchboard.my_assigned_conversation_ids()))
      order by m.created_at desc, m.id desc limit most + 1) l);
end $$;

-- Closes what no event will close any more, and finds what is left to do. p: { limit }. Returns { closed, due: [call_id, …],
-- next_due_in_ms }: calls to be looked at (dialled, collected, their bill asked for).
create or replace function switchboard.call_sweep_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  most integer := coalesce((p ->> 'limit')::integer, 100);
  ring interval := make_interval(secs => switchboard.setting('calls.ring_seconds')::integer);
  grace interval := make_interval(secs => switchboard.setting('calls.grace_seconds')::integer);
  unbilled interval := make_interval(secs => switchboard.setting('calls.unbilled_after_seconds')::integer);
  one record;
  closed integer := 0;
begin
  for one in
    select c.id, c.org_id, c.state from public.calls c
    where (c.state = 'queued' and c.expires_at < clock_timestamp())
      or (c.state in ('dialing', 'ringing') and greatest(c.ringing_at, c.created_at) < clock_timestamp() - ring)
      or (c.state in ('answered', 'talking') and c.answered_at < clock_timestamp() - grace - make_interval(secs => c.max_seconds))
    order by c.org_id, c.created_at limit most
  loop
    perform switchboard.hold_calls(one.org_id);
    perform switchboard.note_call(one.id, case one.state when 'queued' then 'expired' else 'lost' end,
      case one.state when 'queued' then '{"reason": "No line was free in time."}'::jsonb else '{}' end)
    from public.calls c where c.id = one.id and c.state = one.state;
    perform switchboard.fold_call(one.id);
    closed := closed + 1;
  end loop;
  return jsonb_build_object('closed', closed,
    'due', (select coalesce(jsonb_agg(d.id order by d.created_at), '[]') from (
      select c.id, c.created_at from public.calls c
      where (c.acting_until is null or c.acting_until < clock_timestamp()) and (
        c.state = 'queued'
        or (c.agent_call_id is not null and switchboard.is_over(c.state) and c.ended_at > now() - interval '7 days'
          and (c.transcript_at is null or c.billed_seconds is null and c.ended_at < clock_timestamp() - unbilled)))
      order by c.created_at limit most) d),
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
      select min(c.expires_at) as at from public.calls c where c.state = 'queued'
      union all select min(greatest(c.ringing_at, c.created_at)) + ring from public.calls c where c.state in ('dialing', 'ringing')
      union all select min(c.answered_at + make_interval(secs => c.max_seconds)) + grace from public.calls c where c.state in ('answered', 'talking')
      -- a bill that does not come is asked for now and then, and keeps nobody awake in between
      union all select min(greatest(c.ended_at + unbilled, c.acting_until)) from public.calls c
        where c.agent_call_id is not null and switchboard.is_over(c.state) and c.billed_seconds is null and c.ended_at > now() - interval '7 days') w
      having count(w.at) > 0));
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
