-- Sending: the policy gate, the journal of attempts, and what the provider answered.

create function switchboard.setting(p_key text) returns text
  language sql stable set search_path = '' as $$ select value from public.app_config where key = p_key $$;

-- The one gate. Every outgoing message passes it in the transaction that claims its attempt, whoever asks.
-- p_actor: `ai` for an AI's own reply, `person` for anything a person wrote or approved. Returns
-- { allowed, rule, reason, allowed_at, trace }: the first rule that refuses with its reason for a person to read, the
-- moment from which it would pass (null: not a matter of time), and every rule with what it looked at.
create function switchboard.gate_v1(p_conversation_id uuid, p_type text, p_actor text) returns jsonb
  language sql stable set search_path = '' as $$
  with facts as (
    select v.status, v.ai_enabled as conversation_ai, b.ai_enabled as business_ai, c.active, c.auth_state, c.auth_state_reason,
      v.window_expires_at,
      v.window_expires_at - make_interval(secs => switchboard.setting('sending.window_margin_seconds')::integer) > clock_timestamp() as window_open,
      coalesce(k.wa_id, k.phone) is not null or exists (
        select from public.contact_identities i where i.contact_id = k.id and i.kind = 'bsuid' and i.ended_at is null) as reachable
    from public.conversations v
    join public.channels c on c.id = v.channel_id
    join public.businesses b on b.id = v.business_id
    join public.contacts k on k.id = v.contact_id
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

-- A provider call whose holder went silent: whether the message left is not known.
create function switchboard.lose_attempt(p_attempt_id uuid) returns void
  language plpgsql set search_path = '' as $$
begin
  update public.send_attempts set state = 'unknown', ended_at = now(), error_title = 'No answer was recorded for this provider call'
  where id = p_attempt_id and state = 'sending';
  update public.messages m set delivery_status = 'unknown'
  from public.send_attempts a
  where a.id = p_attempt_id and m.id = a.message_id
    and switchboard.delivery_rank(m.delivery_status) < switchboard.delivery_rank('unknown');
end $$;

-- An AI reply that was overtaken before its provider call: it goes back to being a draft, nothing is sent.
create function switchboard.withdraw_attempt(p_attempt public.send_attempts, p_reason text) returns void
  language plpgsql set search_path = '' as $$
begin
  update public.send_attempts set state = 'cancelled', ended_at = now(), error_title = p_reason where id = p_attempt.id;
  update public.messages set is_draft = true, delivery_status = null where id = p_attempt.message_id;
end $$;

-- Takes the conversation's next due attempt, if nothing is in flight there: messages of one conversation leave one after
-- the other, in the order in which they were decided. Everything that could have changed since is looked at again here,
-- in the last statement before the provider is called. Returns { outcome: claimed | wait | busy | idle, … }.
create function switchboard.claim_v1(p_conversation_id uuid, p_lease_seconds integer) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  head public.send_attempts;
  letter public.messages;
  turn public.ai_turns;
  verdict jsonb;
  actor text;
begin
  select * into talk from public.conversations where id = p_conversation_id for no key update;
  select * into head from public.send_attempts where conversation_id = p_conversation_id and state = 'sending' for update;
  if found then
    if head.lease_until > clock_timestamp() then
      return jsonb_build_object('outcome', 'busy', 'wait_ms', ceil(extract(epoch from head.lease_until - clock_timestamp()) * 1000)::integer);
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
    select * into letter from public.messages where id = head.message_id for no key update;
    actor := case when letter.sender_type = 'ai' and letter.approved_at is null then 'ai' else 'person' end;
    if actor = 'ai' then
      select * into turn from public.ai_turns where id = letter.ai_turn_id;
      if turn.epoch <> talk.epoch or turn.cursor <> talk.inbound_version then
        perform switchboard.withdraw_attempt(head, 'Overtaken: the conversation moved on before this reply left');
        continue;
      end if;
    end if;
    verdict := switchboard.gate_v1(p_conversation_id, letter.type, actor);
    if not (verdict ->> 'allowed')::boolean then
      update public.send_attempts set state = 'refused', ended_at = now(), gate = verdict where id = head.id;
      update public.messages set delivery_status = 'failed', failed_at = now(),
        error = jsonb_build_object('code', 'gate_refused', 'rule', verdict ->> 'rule', 'title', verdict ->> 'reason')
      where id = letter.id;
      continue;
    end if;

    update public.send_attempts set state = 'sending', gate = verdict, lease_token = gen_random_uuid(), started_at = clock_timestamp(),
      lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
    where id = head.id returning * into head;
    update public.messages set delivery_status = 'sending' where id = letter.id;
    return (
      select jsonb_build_object('outcome', 'claimed', 'attempt', jsonb_build_object(
        'id', head.id, 'lease_token', head.lease_token, 'number', head.number,
        'conversation_id', head.conversation_id, 'message_id', letter.id,
        'to', jsonb_build_object('phone', coalesce('+' || k.wa_id, k.phone), 'bsuid', (
          select i.value from public.contact_identities i
          where i.contact_id = k.id and i.kind = 'bsuid' and i.ended_at is null
            and i.scope in (coalesce(c.portfolio_id, c.waba_id, ''), '') order by i.created_at desc limit 1)),
        'content', letter.payload, 'reply_to', letter.reply_to,
        'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token)))
      from public.contacts k, public.channels c where k.id = talk.contact_id and c.id = talk.channel_id);
  end loop;
end $$;

-- p: { conversation_id, lease_seconds }
create function switchboard.claim_next_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  select switchboard.claim_v1((p ->> 'conversation_id')::uuid, (p ->> 'lease_seconds')::integer)
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
    update public.conversations set status = 'assigned', assigned_to = null, needs_human_reason = 'reply_not_delivered', needs_human_since = now()
    where id = letter.conversation_id and status = 'ai_handling';
  end if;
end $$;

-- Writes down what came of a provider call, and hands out the conversation's next one in the same breath.
-- p: { attempt_id, lease_token, state: accepted | failed | unknown, provider_id, held, contact, class, code, title,
-- detail, retry_after_ms, reason, lease_seconds }. Returns { recorded, delivery_status, next }: recorded is false when
-- somebody else holds the attempt.
create function switchboard.record_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  try public.send_attempts;
  letter public.messages;
  final boolean;
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
    -- our own message came back as an echo before this answer: one row, this one
    delete from public.messages m
    where m.channel_id = letter.channel_id and m.wa_message_id = p ->> 'provider_id' and m.id <> letter.id and m.origin = 'phone';
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
    final := p ->> 'class' not in ('retry', 'retry_pair') or try.number >= switchboard.setting('sending.max_attempts')::integer;
    update public.send_attempts set state = 'failed', error_class = p ->> 'class', error_code = p ->> 'code', error_title = p ->> 'title',
      error_detail = p ->> 'detail', ended_at = clock_timestamp(), lease_until = null
    where id = try.id and state in ('sending', 'unknown');
    if found and not final then
      -- the next attempt keeps this one's place in the line: later messages of the conversation wait
      insert into public.send_attempts (position, org_id, business_id, conversation_id, message_id, number, due_at)
      overriding system value
      values (try.position, try.org_id, try.business_id, try.conversation_id, try.message_id, try.number + 1,
        clock_timestamp() + make_interval(secs => coalesce((p ->> 'retry_after_ms')::double precision, 1000) / 1000));
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

  return jsonb_build_object('recorded', true,
    'delivery_status', (select m.delivery_status from public.messages m where m.id = letter.id),
    'next', switchboard.claim_v1(try.conversation_id, (p ->> 'lease_seconds')::integer));
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
