-- Messages that a person writes now and that leave later: they are looked at again when they are due, and held when the
-- customer has written in the meantime.

create table public.scheduled_messages (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  due_at timestamptz not null,
  type text not null,
  content text not null,
  -- as a provider's adapter takes it
  payload jsonb not null,
  -- a template in its place, where the window has closed by then
  fallback jsonb,
  -- hold: a person decides; cancel: a follow-up that nobody needs any more; send: all the same
  on_reply text not null default 'hold' check (on_reply in ('hold', 'cancel', 'send')),
  -- how many of the customer's lines there were when it was written
  inbound_version bigint not null,
  -- sent: handed to the journal, where the message says what became of it
  state text not null default 'scheduled' check (state in ('scheduled', 'held', 'sent', 'failed', 'cancelled')),
  reason text,
  message_id uuid references public.messages (id) on delete set null,
  sender_id uuid,
  created_by uuid,
  idempotency_key text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index scheduled_messages_due on public.scheduled_messages (due_at) where state = 'scheduled';
create index scheduled_messages_conversation on public.scheduled_messages (conversation_id, due_at);
create index scheduled_messages_list on public.scheduled_messages (business_id, due_at, id);
create unique index scheduled_messages_once on public.scheduled_messages (business_id, idempotency_key) where idempotency_key is not null;
create trigger touch_updated_at before update on public.scheduled_messages for each row execute function switchboard.touch_updated_at();
select switchboard.feed_enable('public.scheduled_messages', 'payload', 'fallback');

alter table public.scheduled_messages enable row level security;
alter table public.scheduled_messages force row level security;
create policy worker on public.scheduled_messages to switchboard_worker using (true) with check (true);
create policy definer on public.scheduled_messages to switchboard_definer using (true) with check (true);
create policy service on public.scheduled_messages for select to service_role using (true);
create policy member on public.scheduled_messages for select to authenticated
  using (business_id = any ((select switchboard.my_business_ids())::uuid[]));
create policy assigned_only on public.scheduled_messages as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or conversation_id = any ((select switchboard.my_assigned_conversation_ids())::uuid[]));
grant select, insert, update, delete on public.scheduled_messages to switchboard_worker, switchboard_definer;
grant select on public.scheduled_messages to authenticated, service_role;

create function switchboard.scheduled_message_view(p_id uuid) returns jsonb
  language sql volatile set search_path = '' as $$
  select jsonb_build_object('scheduled_message_id', s.id, 'conversation_id', s.conversation_id, 'due_at', s.due_at, 'content', s.content,
    'on_reply', s.on_reply, 'state', s.state, 'reason', s.reason, 'message_id', s.message_id)
  from public.scheduled_messages s where s.id = p_id
$$;

-- p: { conversation_id, due_at or after_seconds, type, content, payload, fallback, on_reply, idempotency_key }
create function switchboard.schedule_message_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  moment timestamptz := coalesce((p ->> 'due_at')::timestamptz, clock_timestamp() + make_interval(secs => (p ->> 'after_seconds')::integer));
  made public.scheduled_messages;
begin
  if moment <= clock_timestamp() then
    raise exception 'due_at is in the past. Use send-message to send at once.' using errcode = 'SB400', detail = jsonb_build_object('due_at', moment)::text;
  elsif moment > clock_timestamp() + interval '1 year' then
    raise exception 'due_at is more than a year ahead.' using errcode = 'SB400', detail = jsonb_build_object('due_at', moment)::text;
  end if;
  insert into public.scheduled_messages (org_id, business_id, conversation_id, due_at, type, content, payload, fallback, on_reply, inbound_version,
    sender_id, created_by, idempotency_key)
  values (talk.org_id, talk.business_id, talk.id, moment, p ->> 'type', p ->> 'content', p -> 'payload', p -> 'fallback', coalesce(p ->> 'on_reply', 'hold'),
    talk.inbound_version, switchboard.acting_member(talk.org_id), auth.uid(), p ->> 'idempotency_key')
  on conflict (business_id, idempotency_key) where idempotency_key is not null do nothing
  returning * into made;
  if not found then
    select * into made from public.scheduled_messages where business_id = talk.business_id and idempotency_key = p ->> 'idempotency_key';
    if (made.conversation_id, made.payload) is distinct from (talk.id, p -> 'payload') then
      raise exception 'This idempotency key was used for another message.' using errcode = 'SB422',
        detail = jsonb_build_object('rule', 'idempotency_key', 'scheduled_message_id', made.id)::text;
    end if;
  end if;
  return switchboard.scheduled_message_view(made.id);
end $$;

-- p: { scheduled_message_id }. What is cancelled already stays so.
create function switchboard.cancel_scheduled_message_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.scheduled_messages;
  talk public.conversations;
begin
  select * into one from public.scheduled_messages where id = (p ->> 'scheduled_message_id')::uuid and business_id = any (switchboard.my_business_ids());
  if not found then
    raise exception 'There is no such scheduled message.' using errcode = 'SB404',
      detail = jsonb_build_object('scheduled_message_id', p ->> 'scheduled_message_id')::text;
  end if;
  talk := switchboard.own_conversation(one.conversation_id);
  update public.scheduled_messages set state = 'cancelled', reason = 'A person cancelled it.' where id = one.id and state in ('scheduled', 'held');
  if not found and one.state <> 'cancelled' then
    raise exception 'It is too late: this message is %.', (select s.state from public.scheduled_messages s where s.id = one.id) using errcode = 'SB409',
      detail = jsonb_build_object('current', switchboard.scheduled_message_view(one.id))::text;
  end if;
  update public.conversations v set needs_human_reason = null, needs_human_since = null
  where v.id = talk.id and v.needs_human_reason = 'scheduled_message_held'
    and not exists (select from public.scheduled_messages s where s.conversation_id = talk.id and s.state = 'held');
  return switchboard.scheduled_message_view(one.id);
end $$;

-- Somebody ought to look at what was scheduled here.
create function switchboard.tell_of_scheduled(p_conversation_id uuid, p_reason text) returns void
  language sql set search_path = '' as $$
  update public.conversations v set needs_human_reason = p_reason, needs_human_since = clock_timestamp()
  where v.id = p_conversation_id and v.needs_human_reason is null
$$;

-- Whether the customer has written, on any channel, since the message was. The caller holds the conversation.
create function switchboard.has_written_since(p_talk public.conversations, p_scheduled public.scheduled_messages) returns boolean
  language sql stable set search_path = '' as $$
  select p_talk.inbound_version > p_scheduled.inbound_version or exists (
    select from public.conversations v join public.messages m on m.conversation_id = v.id
    where v.contact_id = p_talk.contact_id and v.id <> p_talk.id and v.last_message_at > p_scheduled.created_at
      and m.direction = 'inbound' and m.origin <> 'history' and m.created_at > p_scheduled.created_at)
$$;

-- Lets one message go that is due: the last look at it, under the conversation's lock, under which the customer's lines are
-- stored too. Goes on with the fallback where the gate refuses the message itself, is held or cancelled after an answer, waits
-- behind what is under way and until the moment that the gate names, and in any other case stands in the thread as failed,
-- with the reason. Returns the provider call to make, or null.
create function switchboard.release_scheduled(p_id uuid, p_lease_seconds integer) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.scheduled_messages;
  talk public.conversations;
  line public.messages;
  verdict jsonb;
  spare jsonb;
  hold_ms integer;
  offer jsonb;
begin
  select * into talk from public.conversations v
  where v.id = (select s.conversation_id from public.scheduled_messages s where s.id = p_id) for no key update;
  select * into one from public.scheduled_messages where id = p_id for update;
  if one.state is distinct from 'scheduled' or one.due_at > clock_timestamp() then
    return null;
  end if;
  if one.on_reply <> 'send' and switchboard.has_written_since(talk, one) then
    update public.scheduled_messages set state = case one.on_reply when 'cancel' then 'cancelled' else 'held' end, reason = 'The customer has written since.'
    where id = one.id;
    if one.on_reply = 'hold' then
      perform switchboard.tell_of_scheduled(talk.id, 'scheduled_message_held');
    end if;
    return null;
  end if;
  hold_ms := switchboard.order_hold_ms(talk);
  if hold_ms > 0 or exists (select from public.send_attempts a where a.conversation_id = talk.id and a.state in ('queued', 'sending')) then
    update public.scheduled_messages set due_at = clock_timestamp() + make_interval(secs => greatest(5, hold_ms / 1000.0)) where id = one.id;
    return null;
  end if;

  line.business_id := talk.business_id;
  line.channel_id := talk.channel_id;
  line.type := one.type;
  line.payload := one.payload;
  verdict := switchboard.gate_v1(talk.id, line.type, 'person', switchboard.topic_of(line));
  if not (verdict ->> 'allowed')::boolean and one.fallback is not null then
    line.type := one.fallback ->> 'type';
    line.payload := one.fallback;
    spare := switchboard.gate_v1(talk.id, line.type, 'person', switchboard.topic_of(line));
    if (spare ->> 'allowed')::boolean then
      verdict := spare;
    else
      line.type := one.type;
      line.payload := one.payload;
    end if;
  end if;
  if not (verdict ->> 'allowed')::boolean and (verdict ->> 'allowed_at')::timestamptz > clock_timestamp() then
    update public.scheduled_messages set due_at = (verdict ->> 'allowed_at')::timestamptz where id = one.id;
    return null;
  end if;

  update public.conversations set message_seq = message_seq + 1, last_message_at = greatest(last_message_at, clock_timestamp())
  where id = talk.id returning * into talk;
  insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, sender_id, content, type,
    origin, payload, delivery_status, read, created_at, seq, created_by)
  values (talk.id, talk.business_id, talk.org_id, talk.channel_id, talk.contact_id, 'outbound', 'agent', one.sender_id,
    case when line.payload = one.payload then one.content else format('[template %s]', line.payload ->> 'name') end, line.type,
    'api', line.payload, 'queued', true, clock_timestamp(), talk.message_seq, one.created_by)
  returning * into line;
  perform switchboard.enqueue_attempt(line);
  offer := switchboard.claim_v1(talk.id, p_lease_seconds, null);
  update public.scheduled_messages set message_id = line.id, state = case when (verdict ->> 'allowed')::boolean then 'sent' else 'failed' end,
    reason = case when line.payload is distinct from one.payload then 'The fallback was sent in its place.' else verdict ->> 'reason' end
  where id = one.id;
  if not (verdict ->> 'allowed')::boolean then
    perform switchboard.tell_of_scheduled(talk.id, 'scheduled_message_failed');
  end if;
  return offer;
end $$;

-- What is due, conversation by conversation. One that cannot be let go holds nobody up. p: { limit, lease_seconds }. Returns
-- { claims, looked_at, next_due_in_ms }.
create function switchboard.scheduled_due_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one record;
  offer jsonb;
  claims jsonb := '[]';
  looked_at integer := 0;
begin
  for one in
    select d.id from (
      select s.id, s.conversation_id, s.due_at from public.scheduled_messages s
      where s.state = 'scheduled' and s.due_at <= clock_timestamp() order by s.due_at, s.id limit coalesce((p ->> 'limit')::integer, 50)) d
    order by d.conversation_id, d.due_at, d.id
  loop
    looked_at := looked_at + 1;
    begin
      offer := switchboard.release_scheduled(one.id, (p ->> 'lease_seconds')::integer);
    exception when others then
      if sqlstate ~ '^(40|55|57)' then
        raise;
      end if;
      offer := null;
      update public.scheduled_messages set state = 'failed', reason = 'It could not be handed over: ' || sqlerrm where id = one.id;
    end;
    if offer ->> 'outcome' <> 'idle' then
      claims := claims || jsonb_build_array(offer);
    end if;
  end loop;
  return jsonb_build_object('claims', claims, 'looked_at', looked_at, 'next_due_in_ms', (
    select greatest(0, ceil(extract(epoch from min(s.due_at) - clock_timestamp()) * 1000))::bigint
    from public.scheduled_messages s where s.state = 'scheduled' having min(s.due_at) is not null));
end $$;


-- Makes one thread of two of the same channel. Lines keep their times and get places without gaps in the order of the two
-- together; what was unanswered in either is unanswered now, and counted after everything that was answered. Turns under way
-- had read one half only: they come to nothing. The caller holds both conversations.
create or replace function switchboard.unite_conversations(p_from uuid, p_into uuid) returns void
  language plpgsql set search_path = '' as $$
declare
  other public.conversations;
  talk public.conversations;
  lines bigint;
  unanswered bigint;
begin
  select * into other from public.conversations where id = p_from;
  select * into talk from public.conversations where id = p_into;
  perform switchboard.abandon_turn(t.id) from public.ai_turns t where t.conversation_id in (p_from, p_into) and t.state = 'generating';
  -- one provider call at a time is known to a conversation; the answer to the other may still be recorded
  perform switchboard.lose_attempt(a.id) from public.send_attempts a
  where a.conversation_id = p_from and a.state = 'sending'
    and exists (select from public.send_attempts b where b.conversation_id = p_into and b.state = 'sending');

  with lines as (
    select m.id, m.created_at, m.is_draft, m.inbound_version as version, m.seq is not null as placed,
      case m.conversation_id when p_from then other.answered_version else talk.answered_version end as answered,
      m.direction = 'inbound' and m.inbound_version > case m.conversation_id when p_from then other.answered_version else talk.answered_version end as waits
    from public.messages m where m.conversation_id in (p_from, p_into)
  ), numbered as (
    select l.id, case when l.placed then row_number() over (partition by l.placed order by l.created_at, l.id) end as seq,
      case
        when l.waits then other.answered_version + talk.answered_version + row_number() over (partition by l.waits order by l.created_at, l.id)
        when l.is_draft then other.answered_version + talk.answered_version + greatest(0, l.version - l.answered)
        else l.version end as version
    from lines l
  )
  update public.messages m set conversation_id = p_into, contact_id = talk.contact_id, seq = n.seq, inbound_version = n.version,
    -- the provider counts in seconds: the place breaks ties, as it does when a line is stored
    created_at = case when n.seq is not null and m.created_at - m.provider_ts between interval '0' and interval '1 second'
      then m.provider_ts + make_interval(secs => (n.seq % 1000000) * 0.000001) else m.created_at end
  from numbered n where m.id = n.id;
  select max(m.seq), count(*) filter (where m.direction = 'inbound' and m.inbound_version > other.answered_version + talk.answered_version)
  into lines, unanswered from public.messages m where m.conversation_id = p_into;

  update public.send_attempts set conversation_id = p_into where conversation_id = p_from;
  update public.ai_turns set conversation_id = p_into where conversation_id = p_from;
  update public.ai_responses set conversation_id = p_into where conversation_id = p_from;
  update public.ai_errors set conversation_id = p_into where conversation_id = p_from;
  update public.calls set conversation_id = p_into, contact_id = talk.contact_id where conversation_id = p_from;
  -- one to which the customer has not answered yet is moved behind all lines that there are
  update public.scheduled_messages s set conversation_id = p_into, inbound_version = case
      when s.inbound_version < case s.conversation_id when p_from then other.inbound_version else talk.inbound_version end then -1
      else other.answered_version + talk.answered_version + unanswered end
  where s.conversation_id in (p_from, p_into) and s.state in ('scheduled', 'held');
  update public.scheduled_messages set conversation_id = p_into where conversation_id = p_from;
  delete from public.conversations where id = p_from;

  update public.conversations v set
    message_seq = greatest(coalesce(lines, 0), 0),
    answered_version = other.answered_version + v.answered_version,
    inbound_version = other.answered_version + v.answered_version + unanswered,
    epoch = greatest(v.epoch, other.epoch),
    unread_count = v.unread_count + other.unread_count,
    last_message_at = greatest(v.last_message_at, other.last_message_at),
    window_expires_at = greatest(v.window_expires_at, other.window_expires_at),
    -- a person who has either half has the whole; the AI goes on where it had one
    status = case when 'assigned' in (v.status, other.status) then 'assigned' when 'ai_handling' in (v.status, other.status) then 'ai_handling' else 'resolved' end,
    assigned_to = coalesce(v.assigned_to, other.assigned_to),
    needs_human_reason = coalesce(v.needs_human_reason, other.needs_human_reason),
    needs_human_since = least(v.needs_human_since, other.needs_human_since),
    ai_enabled = v.ai_enabled and other.ai_enabled,
    ai_due_at = least(v.ai_due_at, other.ai_due_at),
    ai_waiting_since = least(v.ai_waiting_since, other.ai_waiting_since),
    ai_blocked_reason = coalesce(v.ai_blocked_reason, other.ai_blocked_reason),
    -- what a summary says it covers, it covers no longer
    ai_context_summary = null, ai_context_summary_seq = null
  where v.id = p_into;
  perform switchboard.arm(p_into);
end $$;


grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
