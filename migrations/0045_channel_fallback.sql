-- A text that WhatsApp cannot deliver goes on by SMS, where the workspace says so: settings.fallback_channel_id. Only a final
-- failure counts, and only the one that says that this person is not reached there: what is under way, held back or in doubt
-- may still arrive, and would arrive twice.

alter table public.scheduled_messages add column fallback_of uuid references public.messages (id) on delete cascade;
create unique index scheduled_messages_fallback on public.scheduled_messages (fallback_of) where fallback_of is not null;

create function switchboard.fall_back() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  target public.channels;
begin
  select c.* into target from public.businesses b join public.channels c on c.business_id = b.id and c.id::text = b.settings ->> 'fallback_channel_id'
  where b.id = new.business_id and c.id <> new.channel_id and c.platform = 'sms' and c.active;
  if not found or switchboard.recipient(new.contact_id, target.id) ->> 'phone' is null then
    return null;
  end if;
  insert into public.conversations (org_id, business_id, channel_id, contact_id)
  values (new.org_id, new.business_id, target.id, new.contact_id) on conflict (channel_id, contact_id) do nothing;
  insert into public.scheduled_messages (org_id, business_id, conversation_id, due_at, type, content, payload, inbound_version, sender_id, created_by, fallback_of)
  select v.org_id, v.business_id, v.id, clock_timestamp(), 'text', new.content, jsonb_build_object('type', 'text', 'text', new.content), v.inbound_version,
    new.sender_id, new.created_by, new.id
  from public.conversations v where v.channel_id = target.id and v.contact_id = new.contact_id
  on conflict do nothing;
  return null;
end $$;
alter function switchboard.fall_back() owner to switchboard_definer;
create trigger fall_back after update of delivery_status on public.messages for each row
  when (new.delivery_status = 'failed' and old.delivery_status is distinct from 'failed' and new.direction = 'outbound' and new.type = 'text'
    and new.campaign_id is null and new.error ->> 'code' = '131026')
  execute function switchboard.fall_back();

-- Lets one message go that is due: the last look at it, under the conversation's lock, under which the customer's lines are
-- stored too. Goes on with the fallback where the gate refuses the message itself, is held or cancelled after an answer, waits
-- behind what is under way and until the moment that the gate names, and in any other case stands in the thread as failed,
-- with the reason. Returns the provider call to make, or null.
create or replace function switchboard.release_scheduled(p_id uuid, p_lease_seconds integer) returns jsonb
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
  if one.fallback_of is not null and exists (select from public.messages m where m.id = one.fallback_of and m.delivery_status <> 'failed') then
    update public.scheduled_messages set state = 'cancelled', reason = 'The message has arrived after all.' where id = one.id;
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

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
