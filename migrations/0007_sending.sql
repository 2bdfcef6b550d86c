-- Sending: the policy gate, the journal of attempts, and what the provider answered.

create function switchboard.setting(p_key text) returns text
  language sql stable set search_path = '' as $$ select value from public.app_config where key = p_key $$;

-- Whom the provider is to send to: the number as it spells it, and the user id that holds on this channel.
create function switchboard.recipient(p_contact_id uuid, p_channel_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('phone', coalesce('+' || k.wa_id, k.phone), 'bsuid', (
    select i.value from public.contact_identities i
    where i.contact_id = k.id and i.kind = 'bsuid' and i.ended_at is null
      and i.scope in (coalesce(c.portfolio_id, c.waba_id, ''), '') order by i.created_at desc limit 1))
  from public.contacts k, public.channels c where k.id = p_contact_id and c.id = p_channel_id
$$;

-- The one gate. Every outgoing message passes it in the transaction that claims its attempt, whoever asks.
-- p_actor: `ai` for an AI's own reply, `person` for anything a person wrote or approved. Returns
-- { allowed, rule, reason, allowed_at, trace }: the first rule that refuses with its reason for a person to read, the
-- moment from which it would pass (null: not a matter of time), and every rule with what it looked at.
create function switchboard.gate_v1(p_conversation_id uuid, p_type text, p_actor text) returns jsonb
  language sql stable set search_path = '' as $$
  with facts as (
    select v.status, v.ai_enabled as conversation_ai, b.ai_enabled and b.is_active as business_ai, c.active, c.auth_state, c.auth_state_reason,
      v.window_expires_at,
      v.window_expires_at - make_interval(secs => switchboard.setting('sending.window_margin_seconds')::integer) > clock_timestamp() as window_open,
      switchboard.recipient(v.contact_id, v.channel_id) <> '{"phone": null, "bsuid": null}' as reachable
    from public.conversations v
    join public.channels c on c.id = v.channel_id
    join public.businesses b on b.id = v.business_id
    where v.id = p_conversation_id
  ), rules (position, rule, input, passed, reason) as (
    select 1, 'channel_active', jsonb_build_object('active', active), active,
      'This number is switched off. Switch the channel on to send.' from facts
    union all
    select 2, 'channel_credentials', jsonb_build_object('auth_state', auth_state), auth_state = 'ok',
      case auth_state when 'stopped' then 'The provider has stopped this number: ' else 'The provider refuses this number''s credentials: ' end
        || coalesce(auth_state_reason, 'reconnect the channel') from facts
    union all
    select 3, 'recipient_known', jsonb_build_object('reachable', reachable), reachable,
      'The contact has neither a phone number nor a user id to send to.' from facts
    union all
    select 4, 'ai_may_speak', jsonb_build_object('status', status, 'conversation_ai', conversation_ai, 'business_ai', business_ai),
      p_actor <> 'ai' or (status = 'ai_handling' and conversation_ai and business_ai),
      'A person has this conversation, or its AI is switched off.' from facts
    union all
    select 5, 'service_window', jsonb_build_object('window_expires_at', window_expires_at, 'type', p_type),
      p_type = 'template' or coalesce(window_open, false),
      'More than 24 hours have passed since the customer last wrote. Send an approved template, or wait for the customer to write.' from facts
  )
  select jsonb_build_object(
    'allowed', bool_and(passed),
    'rule', (array_agg(rule order by position) filter (where not passed))[1],
    'reason', (array_agg(reason order by position) filter (where not passed))[1],
    'allowed_at', null,
    'trace', jsonb_agg(jsonb_build_object('rule', rule, 'input', input, 'passed', passed) order by position))
  from rules
$$;

-- Puts a message that may leave into the journal. The caller holds the conversation row.
create function switchboard.enqueue_attempt(p_message public.messages) returns uuid
  language sql set search_path = '' as $$
  insert into public.send_attempts (org_id, business_id, conversation_id, message_id)
  values (p_message.org_id, p_message.business_id, p_message.conversation_id, p_message.id) returning id
$$;

-- A provider call whose holder went silent: whether the message left is not known. Message first, attempt second: the
-- order in which everybody takes them.
create function switchboard.lose_attempt(p_attempt_id uuid) returns void
  language plpgsql set search_path = '' as $$
declare
  letter_id uuid := (select a.message_id from public.send_attempts a where a.id = p_attempt_id);
begin
  perform 1 from public.messages where id = letter_id for no key update;
  update public.send_attempts set state = 'unknown', ended_at = now(), error_title = 'No answer was recorded for this provider call'
  where id = p_attempt_id and state = 'sending';
  if found then
    update public.messages set delivery_status = 'unknown'
    where id = letter_id and switchboard.delivery_rank(delivery_status) < switchboard.delivery_rank('unknown');
  end if;
end $$;

-- A conversation whose AI cannot go on: it waits for a person, with the reason.
create function switchboard.hand_over(p_conversation_id uuid, p_reason text) returns void
  language sql set search_path = '' as $$
  update public.conversations set status = 'assigned', assigned_to = null, needs_human_reason = p_reason, needs_human_since = clock_timestamp()
  where id = p_conversation_id and status = 'ai_handling'
$$;

-- An AI reply that may not leave any more: nothing is sent, and it becomes a draft again. Its place in the thread stays
-- empty.
create function switchboard.withdraw_reply(p_attempt public.send_attempts, p_state text, p_reason text, p_gate jsonb) returns void
  language plpgsql set search_path = '' as $$
begin
  update public.send_attempts set state = p_state, ended_at = now(), error_title = p_reason, gate = p_gate where id = p_attempt.id;
  update public.messages set is_draft = true, delivery_status = null, seq = null where id = p_attempt.message_id;
end $$;

-- What the holder of an attempt needs for the provider call.
create function switchboard.claimed(p_attempt public.send_attempts) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('outcome', 'claimed', 'attempt', jsonb_build_object(
    'id', p_attempt.id, 'lease_token', p_attempt.lease_token, 'number', p_attempt.number,
    'conversation_id', m.conversation_id, 'message_id', m.id,
    'to', switchboard.recipient(m.contact_id, m.channel_id), 'content', m.payload, 'reply_to', m.reply_to,
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token)))
  from public.messages m join public.channels c on c.id = m.channel_id where m.id = p_attempt.message_id
$$;

-- Milliseconds that the conversation's next message still waits for the one before it to be delivered. A provider
-- accepts messages in order and may deliver them in another.
create function switchboard.order_hold_ms(p_conversation public.conversations) returns integer
  language sql stable set search_path = '' as $$
  select coalesce(max(ceil(extract(epoch from a.ended_at - clock_timestamp() + make_interval(secs => c.strict_order_seconds)) * 1000)), 0)::integer
  from public.channels c
  cross join lateral (
    select m.id from public.messages m
    where m.conversation_id = p_conversation.id and c.strict_order_seconds > 0
      and m.delivery_status in ('sending', 'held', 'sent')
    order by m.created_at desc limit 3) before
  join public.send_attempts a on a.message_id = before.id and a.state = 'accepted'
  where c.id = p_conversation.channel_id and a.ended_at > clock_timestamp() - make_interval(secs => c.strict_order_seconds)
$$;

-- Takes the conversation's next due attempt, if nothing is in flight there: messages of one conversation leave one after
-- the other, in the order in which they were decided. Everything that could have changed since is looked at again here,
-- in the last statement before the provider is called. The token is the caller's own: who asks again with it, because it
-- did not hear the answer, gets the same attempt. Returns { outcome: claimed | wait | busy | idle, … }.
create function switchboard.claim_v1(p_conversation_id uuid, p_lease_seconds integer, p_lease_token uuid) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  head public.send_attempts;
  letter public.messages;
  turn public.ai_turns;
  verdict jsonb;
  actor text;
  hold_ms integer;
begin
  select * into talk from public.conversations where id = p_conversation_id for no key update;
  select * into head from public.send_attempts where conversation_id = p_conversation_id and state = 'sending';
  if found then
    if head.lease_until > clock_timestamp() then
      return case when head.lease_token = p_lease_token then switchboard.claimed(head) else
        jsonb_build_object('outcome', 'busy', 'wait_ms', ceil(extract(epoch from head.lease_until - clock_timestamp()) * 1000)::integer) end;
    end if;
    perform switchboard.lose_attempt(head.id);
  end if;

  loop
    select * into head from public.send_attempts where conversation_id = p_conversation_id and state = 'queued' order by position limit 1 for update;
    if not found then
      return '{"outcome": "idle"}';
    end if;
    if head.due_at > clock_timestamp() then
      return jsonb_build_object('outcome', 'wait', 'wait_ms', ceil(extract(epoch from head.due_at - clock_timestamp()) * 1000)::integer);
    end if;
    hold_ms := switchboard.order_hold_ms(talk);
    if hold_ms > 0 then
      return jsonb_build_object('outcome', 'wait', 'wait_ms', hold_ms);
    end if;
    select * into letter from public.messages where id = head.message_id for no key update;
    actor := case when letter.sender_type = 'ai' and letter.approved_at is null then 'ai' else 'person' end;
    if actor = 'ai' then
      select * into turn from public.ai_turns where id = letter.ai_turn_id;
      if (turn.epoch, turn.cursor) is distinct from (talk.epoch, talk.inbound_version) then
        perform switchboard.withdraw_reply(head, 'cancelled', 'Overtaken: the conversation moved on before this reply left', null);
        continue;
      end if;
    end if;
    verdict := switchboard.gate_v1(p_conversation_id, letter.type, actor);
    if (verdict ->> 'allowed')::boolean then
      exit;
    end if;
    if actor = 'ai' then
      perform switchboard.withdraw_reply(head, 'refused', verdict ->> 'reason', verdict);
      if verdict ->> 'rule' <> 'ai_may_speak' then
        perform switchboard.hand_over(p_conversation_id, 'reply_refused');
        select * into talk from public.conversations where id = p_conversation_id;
      end if;
    else
      update public.send_attempts set state = 'refused', ended_at = now(), gate = verdict where id = head.id;
      update public.messages set delivery_status = 'failed', failed_at = now(),
        error = jsonb_build_object('code', 'gate_refused', 'rule', verdict ->> 'rule', 'title', verdict ->> 'reason')
      where id = letter.id;
    end if;
  end loop;

  update public.send_attempts set state = 'sending', gate = verdict, lease_token = coalesce(p_lease_token, gen_random_uuid()),
    started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where id = head.id returning * into head;
  update public.messages set delivery_status = 'sending' where id = letter.id;
  return switchboard.claimed(head);
end $$;

-- p: { conversation_id, lease_seconds, lease_token }
create function switchboard.claim_next_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  select switchboard.claim_v1((p ->> 'conversation_id')::uuid, (p ->> 'lease_seconds')::integer, (p ->> 'lease_token')::uuid)
$$;

-- The provider's verdict on a message for good: it failed. A customer whom the AI could not answer gets a person.
create function switchboard.fail_message(p_message_id uuid, p_error jsonb) returns void
  language plpgsql set search_path = '' as $$
declare
  letter public.messages;
begin
  update public.messages set delivery_status = 'failed', failed_at = clock_timestamp(), error = p_error
  where id = p_message_id and switchboard.delivery_rank(delivery_status) < switchboard.delivery_rank('failed')
  returning * into letter;
  if found and letter.sender_type = 'ai' and letter.approved_at is null then
    perform switchboard.hand_over(letter.conversation_id, 'reply_not_delivered');
  end if;
end $$;

-- Our own message came back as an echo before the provider's answer to our call was recorded: it was stored as typed on
-- the business's phone, and the AI stood back. One message, one row; an AI reply that nobody answered over goes on.
create function switchboard.merge_echo(p_letter public.messages, p_provider_id text) returns void
  language plpgsql set search_path = '' as $$
declare
  echo public.messages;
begin
  delete from public.messages m
  where m.channel_id = p_letter.channel_id and m.wa_message_id = p_provider_id and m.id <> p_letter.id and m.origin = 'phone'
  returning * into echo;
  if not found then
    return;
  end if;
  update public.messages m set
    delivery_status = case when switchboard.delivery_rank(echo.delivery_status) > switchboard.delivery_rank(m.delivery_status)
      then echo.delivery_status else m.delivery_status end,
    sent_at = least(m.sent_at, echo.sent_at), delivered_at = least(m.delivered_at, echo.delivered_at), read_at = least(m.read_at, echo.read_at),
    played_at = least(m.played_at, echo.played_at), failed_at = least(m.failed_at, echo.failed_at),
    error = coalesce(m.error, echo.error), pricing = coalesce(m.pricing, echo.pricing)
  where m.id = p_letter.id;
  update public.conversations v set status = 'ai_handling', answered_version = least(v.answered_version, t.cursor)
  from public.ai_turns t
  where t.id = p_letter.ai_turn_id and p_letter.approved_at is null and v.id = p_letter.conversation_id
    -- the echo and nothing else has raised the epoch since
    and v.epoch = t.epoch + 1 and v.status = 'assigned' and v.assigned_to is null and v.needs_human_since is null;
  if found then
    perform switchboard.arm(p_letter.conversation_id);
  end if;
end $$;

-- Whether a failed call is the last one for its message. Later messages of the conversation wait behind a repetition, so
-- both the number of calls and the time are bounded: none is planned later than `sending.max_age_seconds` after the
-- message was queued. All that wait ahead of a message were queued before it, so that is also the longest that it waits
-- for its own first call, the calls' own time aside.
create function switchboard.is_last_attempt(p_attempt public.send_attempts, p_class text, p_retry_at timestamptz) returns boolean
  language sql stable set search_path = '' as $$
  select p_class not in ('retry', 'retry_pair')
    or p_attempt.number >= switchboard.setting('sending.max_attempts')::integer
    or p_retry_at > make_interval(secs => switchboard.setting('sending.max_age_seconds')::integer) + (
      select min(a.created_at) from public.send_attempts a where a.message_id = p_attempt.message_id and a.position = p_attempt.position)
$$;

-- Writes down what came of a provider call, and hands out the conversation's next one, under the same token, in the same
-- breath. Safe to repeat: a repetition changes nothing and answers the same.
-- p: { attempt_id, lease_token, state: accepted | failed | unknown, provider_id, held, contact, class, code, title,
-- detail, retry_after_ms, reason, lease_seconds }. Returns { recorded, delivery_status, next }: recorded is false when
-- somebody else holds the attempt.
create function switchboard.record_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  try public.send_attempts;
  letter public.messages;
  next jsonb;
  retry_at timestamptz := clock_timestamp() + make_interval(secs => coalesce((p ->> 'retry_after_ms')::double precision, 1000) / 1000);
begin
  select * into try from public.send_attempts where id = (p ->> 'attempt_id')::uuid;
  perform 1 from public.conversations where id = try.conversation_id for no key update;
  select * into letter from public.messages where id = try.message_id for no key update;
  select * into try from public.send_attempts where id = try.id for update;
  if try.id is null or try.lease_token is distinct from (p ->> 'lease_token')::uuid then
    return '{"recorded": false, "next": {"outcome": "idle"}}';
  end if;

  case p ->> 'state'
  when 'accepted' then
    update public.send_attempts set state = 'accepted', provider_message_id = p ->> 'provider_id', ended_at = clock_timestamp(), lease_until = null
    where id = try.id and state in ('sending', 'unknown', 'accepted');
    perform switchboard.merge_echo(letter, p ->> 'provider_id');
    update public.messages m set wa_message_id = p ->> 'provider_id',
      delivery_status = case when (p ->> 'held')::boolean
        and switchboard.delivery_rank(m.delivery_status) < switchboard.delivery_rank('held') then 'held'
        when m.delivery_status = 'unknown' then 'sending' else m.delivery_status end
    where m.id = letter.id;
    perform switchboard.add_identity(k, 'wa_id', '', p #>> '{contact,wa_id}') from public.contacts k
    where k.id = letter.contact_id and k.wa_id is null and p #>> '{contact,wa_id}' is not null;
    update public.contacts k set wa_id = p #>> '{contact,wa_id}'
    where k.id = letter.contact_id and k.wa_id is null and p #>> '{contact,wa_id}' is not null;
    perform switchboard.apply_parked(letter.channel_id, array[p ->> 'provider_id']);

  when 'failed' then
    update public.send_attempts set state = 'failed', error_class = p ->> 'class', error_code = p ->> 'code', error_title = p ->> 'title',
      error_detail = p ->> 'detail', ended_at = clock_timestamp(), lease_until = null
    where id = try.id and state in ('sending', 'unknown');
    if found and not switchboard.is_last_attempt(try, p ->> 'class', retry_at) then
      -- the next attempt keeps this one's place in the line: later messages of the conversation wait
      insert into public.send_attempts (position, org_id, business_id, conversation_id, message_id, number, due_at)
      overriding system value
      values (try.position, try.org_id, try.business_id, try.conversation_id, try.message_id, try.number + 1, retry_at);
      update public.messages set delivery_status = 'queued' where id = letter.id and delivery_status in ('sending', 'unknown');
    elsif found then
      perform switchboard.fail_message(letter.id, jsonb_build_object('code', p ->> 'code', 'title', p ->> 'title', 'details', p ->> 'detail'));
    end if;
    if p ->> 'class' in ('auth', 'stop_channel') then
      update public.channels set auth_state = case p ->> 'class' when 'auth' then 'auth_error' else 'stopped' end,
        auth_state_reason = p ->> 'title', auth_state_changed_at = now()
      where id = letter.channel_id and auth_state = 'ok';
    end if;
    if p ->> 'code' = '131047' then
      update public.conversations set window_expires_at = least(window_expires_at, now()) where id = letter.conversation_id;
    end if;

  when 'unknown' then
    update public.send_attempts set error_detail = p ->> 'reason' where id = try.id and state = 'sending';
    if found then
      perform switchboard.lose_attempt(try.id);
    end if;
  else
    raise exception 'unknown state %', p ->> 'state' using errcode = '22023';
  end case;

  next := switchboard.claim_v1(try.conversation_id, (p ->> 'lease_seconds')::integer, try.lease_token);
  return jsonb_build_object('recorded', true,
    'delivery_status', (select m.delivery_status from public.messages m where m.id = letter.id), 'next', next);
end $$;

-- New credentials give a number another chance.
create function switchboard.renew_channel() returns trigger language plpgsql set search_path = '' as $$
begin
  new.auth_state := 'ok';
  new.auth_state_reason := null;
  new.auth_state_changed_at := now();
  return new;
end $$;
create trigger renew_channel before update on public.channels for each row
  when (new.access_token is distinct from old.access_token)
  execute function switchboard.renew_channel();

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
