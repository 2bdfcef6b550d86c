-- A second provider: its webhooks are verified with a secret of the tenant, and its numbers have no 24-hour window.

-- What the owner of a webhook address or of a provider's account has given us to verify with. p: { provider, account,
-- webhook_secret }: the account as the webhook names it, and the secret in its address, null where it has none. Returns
-- { secrets: [{ column, row, value }] }, sealed, or null when nobody here is meant.
create function switchboard.webhook_secrets_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('secrets', jsonb_agg(distinct jsonb_build_object(
    'column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token)))
  from public.twilio_accounts t
  join public.businesses b on b.id = t.business_id
  join public.organizations o on o.id = t.org_id
  where p ->> 'provider' = 'twilio' and t.account_sid = p ->> 'account' and t.is_configured
    and (p ->> 'webhook_secret' is null or p ->> 'webhook_secret' in (o.webhook_secret, b.webhook_secret::text))
  having count(*) > 0
$$;

-- What a channel's sends are authorised with, sealed, where that is not the channel's own access token.
create function switchboard.channel_secret(c public.channels) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token)
  from public.twilio_accounts t
  where c.provider = 'twilio' and t.business_id = c.business_id and c.phone_number_id like t.account_sid || '/%'
$$;

-- What the holder of an attempt needs for the provider call.
create or replace function switchboard.claimed(p_attempt public.send_attempts) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('outcome', 'claimed', 'attempt', jsonb_build_object(
    'id', p_attempt.id, 'lease_token', p_attempt.lease_token, 'number', p_attempt.number,
    'conversation_id', m.conversation_id, 'message_id', m.id,
    'to', switchboard.recipient(m.contact_id, m.channel_id), 'content', m.payload, 'reply_to', m.reply_to,
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token,
      'secret', switchboard.channel_secret(c))))
  from public.messages m join public.channels c on c.id = m.channel_id where m.id = p_attempt.message_id
$$;

-- A number of Twilio's belongs to an account (`<account sid>/<number>`); nobody lists one of an account that is not theirs.
create function switchboard.own_twilio_number() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from public.twilio_accounts t
    where t.business_id = new.business_id and t.is_configured and new.phone_number_id like t.account_sid || '/%') then
    raise exception 'This number is not of the Twilio account that the business has connected.' using errcode = '23514';
  end if;
  return new;
end $$;
alter function switchboard.own_twilio_number() owner to switchboard_definer;
create trigger own_twilio_number before insert or update of provider, phone_number_id, business_id on public.channels
  for each row when (new.provider = 'twilio' and new.phone_number_id is not null)
  execute function switchboard.own_twilio_number();

-- Twilio's own id of a message, for those who look it up there.
create function switchboard.note_twilio_sid() returns trigger language plpgsql set search_path = '' as $$
begin
  new.twilio_sid := new.wa_message_id;
  return new;
end $$;
create trigger note_twilio_sid before insert or update of wa_message_id on public.messages
  for each row when (new.wa_message_id ~ '^(SM|MM)[0-9a-f]{32}$' and new.twilio_sid is null)
  execute function switchboard.note_twilio_sid();

-- The one gate. p_topic: what the message is about. Only WhatsApp has a window.
create or replace function switchboard.gate_v1(p_conversation_id uuid, p_type text, p_actor text, p_topic text) returns jsonb
  language sql stable set search_path = '' as $$
  with facts as (
    select c.platform, v.status, v.ai_enabled as conversation_ai, b.ai_enabled and b.is_active as business_ai, c.active, c.auth_state, c.auth_state_reason,
      v.window_expires_at,
      v.window_expires_at - make_interval(secs => switchboard.setting('sending.window_margin_seconds')::integer) > clock_timestamp() as window_open,
      switchboard.recipient(v.contact_id, v.channel_id) <> '{"phone": null, "bsuid": null}' as reachable,
      switchboard.consent_objection(v, p_type, p_topic) as objection
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
    select 5, 'service_window', jsonb_build_object('platform', platform, 'window_expires_at', window_expires_at, 'type', p_type),
      platform <> 'whatsapp' or p_type = 'template' or coalesce(window_open, false),
      'More than 24 hours have passed since the customer last wrote. Send an approved template, or wait for the customer to write.' from facts
    union all
    select 6, 'consent', jsonb_build_object('topic', p_topic, 'objection', objection), objection is null, objection from facts
  )
  select jsonb_build_object(
    'allowed', bool_and(passed),
    'rule', (array_agg(rule order by position) filter (where not passed))[1],
    'reason', (array_agg(reason order by position) filter (where not passed))[1],
    'allowed_at', null,
    'trace', jsonb_agg(jsonb_build_object('rule', rule, 'input', input, 'passed', passed) order by position))
  from rules
$$;

-- Why no AI may answer here now, or null. A reason is a word for the program; docs/architecture.md says what each means.
create or replace function switchboard.ai_hindrance(p_conversation_id uuid) returns text
  language sql stable set search_path = '' as $$
  select case
    when v.status = 'assigned' then 'assigned'
    when v.status = 'resolved' then 'resolved'
    when not v.ai_enabled then 'conversation_ai_off'
    when not b.ai_enabled then 'business_ai_off'
    when not b.is_active then 'business_inactive'
    when not c.active then 'channel_inactive'
    when c.auth_state <> 'ok' then 'channel_' || c.auth_state
    when c.platform = 'whatsapp' and (v.window_expires_at is null or v.window_expires_at <= clock_timestamp()) then 'window_closed'
    when switchboard.consent_objection(v, 'text', 'utility') is not null then 'opted_out'
  end
  from public.conversations v join public.businesses b on b.id = v.business_id join public.channels c on c.id = v.channel_id
  where v.id = p_conversation_id
$$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
