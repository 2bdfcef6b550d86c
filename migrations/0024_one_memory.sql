-- One customer, one timeline and one memory over all channels.

-- The newest lines with the same person on other channels, oldest first: what an answer here ought to know of.
create function switchboard.said_elsewhere(talk public.conversations) returns jsonb
  language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('platform', l.platform, 'direction', l.direction, 'type', l.type, 'content', left(l.content, 1000),
    'at', extract(epoch from l.created_at)) order by l.created_at, l.id), '[]')
  from (
    select c.platform, m.direction, m.type, m.content, m.created_at, m.id
    from public.conversations v join public.channels c on c.id = v.channel_id
    cross join lateral (
      select x.* from public.messages x
      where x.conversation_id = v.id and not x.is_draft and x.revoked_at is null and x.delivery_status is distinct from 'failed'
        and x.created_at > now() - interval '30 days'
      order by x.created_at desc, x.id desc limit 12) m
    where v.contact_id = talk.contact_id and v.id <> talk.id
    order by m.created_at desc, m.id desc limit 12) l
$$;

-- Everything a turn needs to know, as of the caller's lock on the conversation.
create or replace function switchboard.turn_context(talk public.conversations) returns jsonb
  language sql stable set search_path = '' as $$
  with recent as (
    select m.* from public.messages m
    where m.conversation_id = talk.id and not m.is_draft
    order by m.created_at desc, m.id desc limit 60
  )
  select jsonb_build_object(
    'business', jsonb_build_object('name', b.name, 'ai_system_prompt', b.ai_system_prompt, 'ai_model', b.ai_model, 'ai_temperature', b.ai_temperature),
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token,
      'ai_prompt_override', c.ai_prompt_override, 'ai_auto_send', c.ai_auto_send, 'ai_confidence_threshold', c.ai_confidence_threshold),
    'organization_threshold', o.ai_confidence_threshold,
    'contact_name', k.name,
    'summary', talk.ai_context_summary,
    'elsewhere', switchboard.said_elsewhere(talk),
    'messages', (select coalesce(jsonb_agg(jsonb_build_object(
        'direction', r.direction, 'type', r.type, 'content', r.content, 'at', extract(epoch from coalesce(r.provider_ts, r.created_at)),
        'unanswered', coalesce(r.inbound_version > talk.answered_version, false))
        -- by place, not by clock: a machine answers within the second, and providers count in seconds
        order by r.origin <> 'history', case when r.origin = 'history' then r.created_at end, r.seq, r.id), '[]')
      from recent r where r.delivery_status is distinct from 'failed'),
    'last_inbound', (select jsonb_build_object('provider_id', r.wa_message_id, 'at', extract(epoch from r.provider_ts))
      from recent r where r.direction = 'inbound' and r.inbound_version is not null order by r.created_at desc, r.id desc limit 1),
    -- a customer who waited this long is answered by a person, or at least read by one
    'late', coalesce((select extract(epoch from clock_timestamp() - max(r.provider_ts)) > switchboard.setting('ai.late_after_seconds')::integer
      from recent r where r.inbound_version > talk.answered_version), false),
    'restarts', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.state = 'superseded' and t.cursor > talk.answered_version and t.started_at > now() - interval '1 hour'),
    'max_restarts', switchboard.setting('ai.max_restarts')::integer,
    'failures', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.state = 'failed' and t.cursor > talk.answered_version and t.started_at > now() - interval '1 hour'),
    'turns_last_hour', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.decision = 'send' and t.started_at > now() - interval '1 hour'),
    'max_turns_per_hour', switchboard.setting('ai.max_turns_per_hour')::integer)
  from public.businesses b, public.channels c, public.contacts k, public.organizations o
  where b.id = talk.business_id and c.id = talk.channel_id and k.id = talk.contact_id and o.id = talk.org_id
$$;

-- p: { contact_id, limit, after }. Everything said with a person, on whatever channel, newest first; an agent who sees only its
-- own conversations sees those. Returns { contact_id, messages, next }.
create function switchboard.get_timeline_v1(p jsonb) returns jsonb
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
        jsonb_build_object('message_id', m.id, 'conversation_id', v.id, 'platform', c.platform, 'channel_label', c.label,
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

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
