-- Consent: a ledger of what people have said about being written to and called, the words that they say it with, and the gate
-- that heeds it. docs/decisions/consent.md says what each entry means.

create table public.consent_records (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  contact_id uuid not null,
  platform text not null check (platform in ('whatsapp', 'sms', 'voice', 'all')),
  topic text not null check (topic in ('marketing', 'utility', 'all')),
  -- restored: what a keyword or the provider had withdrawn in the same scope holds no longer, and nothing is granted by it.
  -- unknown: as if never asked (of two contacts that became one, only one had consented)
  state text not null check (state in ('granted', 'withdrawn', 'restored', 'unknown')),
  source text not null check (source in ('keyword', 'provider', 'person', 'api', 'form', 'import', 'merge')),
  -- what was said, or where the consent can be found
  evidence text check (length(evidence) <= 1000),
  -- the line that said it, or our message that was refused for it; kept when the message is gone
  message_id uuid,
  recorded_by uuid,
  -- when the person said it, by the provider's clock
  at timestamptz not null,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id, contact_id) references public.contacts (org_id, business_id, id) on delete cascade
);
create unique index consent_records_once on public.consent_records (contact_id, platform, topic, state, source, at);
create index consent_records_list on public.consent_records (business_id, created_at desc, id);

alter table public.consent_records enable row level security;
alter table public.consent_records force row level security;
create policy worker on public.consent_records to switchboard_worker using (true) with check (true);
create policy definer on public.consent_records to switchboard_definer using (true) with check (true);
create policy service on public.consent_records for select to service_role using (true);
create policy member on public.consent_records for select to authenticated
  using (business_id = any ((select switchboard.my_business_ids())::uuid[]));
create policy assigned_only on public.consent_records as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or contact_id = any ((select switchboard.my_assigned_contact_ids())::uuid[]));
-- entries are added, and move with their person; none is changed or taken away but with the contact itself
grant select, insert, update (contact_id) on public.consent_records to switchboard_worker, switchboard_definer;
grant select on public.consent_records to authenticated, service_role;

-- The last word that a person has said on a topic and a platform, or null: the latest entry that covers both, of two of the
-- same moment the stricter one, so that the order in which entries arrive does not matter. Who stops everything on one
-- platform gets no marketing on any other.
create function switchboard.consent_of(p_contact_id uuid, p_platform text, p_topic text) returns public.consent_records
  language sql stable set search_path = '' as $$
  select r from public.consent_records r
  where r.contact_id = p_contact_id and r.state <> 'restored'
    and ((r.platform in (p_platform, 'all') and r.topic in (p_topic, 'all'))
      or (p_topic = 'marketing' and r.topic = 'all' and r.state = 'withdrawn'))
    and not (r.state = 'withdrawn' and r.source in ('keyword', 'provider') and exists (
      select from public.consent_records s
      where s.contact_id = r.contact_id and s.state = 'restored' and s.platform = r.platform and s.topic = r.topic and s.at > r.at))
  order by r.at desc, array_position(array['withdrawn', 'unknown', 'granted'], r.state), r.id limit 1
$$;

-- What speaks against a message, in words for a person, or null. On WhatsApp whoever writes to us after a withdrawal may be
-- answered within the window: what is withdrawn is being written to unasked. By SMS nothing but START lifts it; carriers see
-- to that as well.
create function switchboard.consent_objection(p_conversation public.conversations, p_type text, p_topic text) returns text
  language sql stable set search_path = '' as $$
  select case
    when w.state is distinct from 'withdrawn' then null
    when c.platform = 'whatsapp' and p_type <> 'template' and p_conversation.window_expires_at > w.at + interval '24 hours' then null
    else 'The contact wants no ' || case when p_topic = 'marketing' then 'marketing ' else '' end || 'messages: '
      || case w.source when 'keyword' then coalesce('wrote "' || w.evidence || '"', 'wrote a stop word') when 'provider' then 'told the provider so'
        when 'merge' then 'said so under another contact' else coalesce(w.evidence, 'it was recorded here') end
      || ' on ' || to_char(w.at at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC. '
      || case when w.source = 'keyword' then 'The contact can write START, or you record a new consent.'
        else 'Record a new consent once the contact has given one.' end
  end
  from public.channels c, switchboard.consent_of(p_conversation.contact_id, c.platform, p_topic) w
  where c.id = p_conversation.channel_id
$$;

-- What a message is about: a template's category says it, an unknown template counts as marketing, and anything else answers
-- somebody.
create function switchboard.topic_of(p_message public.messages) returns text
  language sql stable set search_path = '' as $$
  select case when p_message.type <> 'template' then 'utility' when t.category in ('UTILITY', 'AUTHENTICATION') then 'utility' else 'marketing' end
  from (select 1) one left join lateral (
    select x.category from public.templates x
    where x.business_id = p_message.business_id and x.name = p_message.payload ->> 'name' and x.language = p_message.payload ->> 'language'
    order by x.category limit 1) t on true
$$;

-- The one gate. Every outgoing message passes it in the transaction that claims its attempt, whoever asks.
-- p_actor: `ai` for an AI's own reply, `person` for anything a person wrote or approved. p_topic: marketing | utility. Returns
-- { allowed, rule, reason, allowed_at, trace }: the first rule that refuses with its reason for a person to read, the
-- moment from which it would pass (null: not a matter of time), and every rule with what it looked at.
create function switchboard.gate_v1(p_conversation_id uuid, p_type text, p_actor text, p_topic text) returns jsonb
  language sql stable set search_path = '' as $$
  with facts as (
    select v.status, v.ai_enabled as conversation_ai, b.ai_enabled and b.is_active as business_ai, c.active, c.auth_state, c.auth_state_reason,
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
    select 5, 'service_window', jsonb_build_object('window_expires_at', window_expires_at, 'type', p_type),
      p_type = 'template' or coalesce(window_open, false),
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

-- The gate for a message that is not written yet: which template it will be is not known.
create or replace function switchboard.gate_v1(p_conversation_id uuid, p_type text, p_actor text) returns jsonb
  language sql stable set search_path = '' as $$
  select switchboard.gate_v1(p_conversation_id, p_type, p_actor, case p_type when 'template' then 'marketing' else 'utility' end)
$$;

-- Takes the conversation's next due attempt, if nothing is in flight there: messages of one conversation leave one after
-- the other, in the order in which they were decided. Everything that could have changed since is looked at again here,
-- in the last statement before the provider is called. The token is the caller's own: who asks again with it, because it
-- did not hear the answer, gets the same attempt. Returns { outcome: claimed | wait | busy | idle, … }.
create or replace function switchboard.claim_v1(p_conversation_id uuid, p_lease_seconds integer, p_lease_token uuid) returns jsonb
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
    verdict := switchboard.gate_v1(p_conversation_id, letter.type, actor, switchboard.topic_of(letter));
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
    when v.window_expires_at is null or v.window_expires_at <= clock_timestamp() then 'window_closed'
    when switchboard.consent_objection(v, 'text', 'utility') is not null then 'opted_out'
  end
  from public.conversations v join public.businesses b on b.id = v.business_id join public.channels c on c.id = v.channel_id
  where v.id = p_conversation_id
$$;

-- ---- how it is heard ---------------------------------------------------------------------------------------------------

-- The contact's own mark is its consent to marketing on its own platform.
create function switchboard.project_consent() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  update public.contacts c set opted_in = p.opted_in
  from (
    select k.id, case (switchboard.consent_of(k.id, case when k.platform in ('sms', 'voice') then k.platform else 'whatsapp' end, 'marketing')).state
      when 'granted' then true when 'withdrawn' then false end as opted_in
    from public.contacts k where k.id = new.contact_id) p
  where c.id = p.id and c.opted_in is distinct from p.opted_in;
  return null;
end $$;
alter function switchboard.project_consent() owner to switchboard_definer;
create trigger project_consent after insert on public.consent_records for each row execute function switchboard.project_consent();

-- A conversation whose newest line was only a word for us: nobody owes it an answer.
create function switchboard.hush(p_line public.messages, p_whole boolean, p_reason text) returns void
  language sql set search_path = '' as $$
  update public.conversations v set answered_version = v.inbound_version, ai_due_at = null, ai_waiting_since = null,
    ai_blocked_reason = p_reason
  where v.id = p_line.conversation_id and v.status = 'ai_handling'
    and (p_whole or v.inbound_version = p_line.inbound_version and v.answered_version = p_line.inbound_version - 1)
$$;

-- A line that is a keyword, and has just been stored.
create function switchboard.heed_line(p_line public.messages, p_platform text, p_word text) returns void
  language plpgsql set search_path = '' as $$
declare
  live boolean := p_line.origin = 'live';
begin
  if p_word in ('stop', 'start') and (live or p_word = 'stop') then
    insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, message_id, at)
    values (p_line.org_id, p_line.business_id, p_line.contact_id, p_platform, 'all',
      case p_word when 'stop' then 'withdrawn' else 'restored' end, 'keyword', left(p_line.content, 160), p_line.id, p_line.provider_ts)
    on conflict do nothing;
  end if;
  if not live then
    return;
  elsif p_word = 'stop' then
    perform switchboard.hush(p_line, true, 'opted_out')
    from public.conversations v where v.id = p_line.conversation_id and switchboard.consent_objection(v, 'text', 'utility') is not null;
  elsif p_word = 'unclear' then
    perform switchboard.hand_over(p_line.conversation_id, 'consent_unclear');
  elsif p_word = 'start' or p_platform = 'sms' then
    perform switchboard.hush(p_line, false, null);
  end if;
end $$;

-- A preference that the provider reports, for a person whom we may not have met. A repetition changes nothing.
create function switchboard.heed_preference(p_provider text, p jsonb) returns void
  language plpgsql set search_path = '' as $$
declare
  number public.channels;
  ref jsonb;
  person uuid;
  moment timestamptz := to_timestamp((p ->> 'at')::double precision);
begin
  select * into number from public.channels c
  where c.provider = p_provider and c.active and (c.phone_number_id = p ->> 'account' or p ->> 'account' is null and c.waba_id = p ->> 'entry')
  order by c.created_at, c.id limit 1;
  if not found then
    return;
  end if;
  ref := switchboard.contact_ref(p, 'contact', number.portfolio_id);
  perform switchboard.lock_people(array[number.business_id], array[ref]);
  person := switchboard.resolve_contact(number.org_id, number.business_id, number.platform, ref, moment);
  insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, at)
  values (number.org_id, number.business_id, person, number.platform, p ->> 'topic', p ->> 'state', 'provider', moment)
  on conflict do nothing;
end $$;

-- Heeds what a webhook says about consent; called after `ingest_v1` in the same transaction. p: { provider, lines:
-- [{ account, provider_id, word: stop | start | help | unclear, sms_only }], preferences: [{ account, entry, contact, topic,
-- state, at }] }. A line counts once, when it is stored: those of this transaction carry its time.
create function switchboard.heed_consent_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.heed_preference(p ->> 'provider', e) from jsonb_array_elements(p -> 'preferences') e;
  perform switchboard.heed_line(m, x.platform, x.word) from (
    select c.id as channel_id, c.platform, e ->> 'provider_id' as provider_id, e ->> 'word' as word
    from jsonb_array_elements(p -> 'lines') e
    join public.channels c on c.provider = p ->> 'provider' and c.phone_number_id = e ->> 'account' and c.active
    where c.platform = 'sms' or not (e ->> 'sms_only')::boolean) x
  join public.messages m on m.channel_id = x.channel_id and m.wa_message_id = x.provider_id
  where m.direction = 'inbound' and m.updated_at = now()
  order by m.channel_id, m.contact_id, m.seq;
  return '{}';
end $$;

-- A message that the provider refused because its receiver does not want it: the provider knew before we did (F117).
-- Meta 131050: marketing. Twilio 21610, Telnyx 40300: everything from this number.
create function switchboard.note_refusal() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, message_id, at)
  select new.org_id, new.business_id, new.contact_id, c.platform, case new.error ->> 'code' when '131050' then 'marketing' else 'all' end,
    'withdrawn', 'provider', 'error ' || (new.error ->> 'code'), new.id, coalesce(new.failed_at, now())
  from public.channels c
  where c.id = new.channel_id and (c.provider, new.error ->> 'code') in (('meta', '131050'), ('twilio', '21610'), ('telnyx', '40300'))
  on conflict do nothing;
  return null;
end $$;
alter function switchboard.note_refusal() owner to switchboard_definer;
create trigger note_refusal after update of error on public.messages for each row
  when (new.error ->> 'code' in ('131050', '21610', '40300') and old.error ->> 'code' is distinct from new.error ->> 'code')
  execute function switchboard.note_refusal();

-- ---- commands ----------------------------------------------------------------------------------------------------------

-- The caller's contact; another tenant's does not exist.
create function switchboard.own_contact(p_id uuid) returns public.contacts
  language plpgsql stable set search_path = '' as $$
declare
  person public.contacts;
begin
  select * into person from public.contacts k
  where k.id = p_id and k.business_id = any (switchboard.my_business_ids())
    and (k.org_id <> all (switchboard.my_restricted_org_ids()) or k.id = any (switchboard.my_assigned_contact_ids()));
  if not found then
    raise exception 'There is no such contact.' using errcode = 'SB404', detail = jsonb_build_object('contact_id', p_id)::text;
  end if;
  return person;
end $$;

-- p: { contact_id }. The state in every scope that a message can have, and the ledger, newest first.
create function switchboard.get_consent_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  person public.contacts := switchboard.own_contact((p ->> 'contact_id')::uuid);
begin
  return jsonb_build_object('contact_id', person.id, 'opted_in', person.opted_in,
    'current', (
      select jsonb_agg(jsonb_build_object('platform', s.platform, 'topic', s.topic, 'state', coalesce(w.state, 'unknown'),
        'source', w.source, 'at', w.at) order by s.n, s.topic)
      from (select x.platform, x.n, y.topic
        from unnest(array['whatsapp', 'sms', 'voice']) with ordinality x (platform, n), unnest(array['marketing', 'utility']) y (topic)) s
      left join lateral switchboard.consent_of(person.id, s.platform, s.topic) w on true),
    'records', (
      select coalesce(jsonb_agg(jsonb_build_object('platform', r.platform, 'topic', r.topic, 'state', r.state, 'source', r.source,
        'evidence', r.evidence, 'message_id', r.message_id, 'recorded_by', m.name, 'at', r.at, 'created_at', r.created_at)
        order by r.at desc, r.created_at desc, r.id), '[]')
      from (select * from public.consent_records c where c.contact_id = person.id order by c.at desc, c.created_at desc, c.id limit 200) r
      left join public.team_members m on m.id = r.recorded_by));
end $$;

-- p: { contact_id, platform, topic, state: granted | withdrawn, source, evidence, at (null: now) }
create function switchboard.record_consent_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  person public.contacts := switchboard.own_contact((p ->> 'contact_id')::uuid);
  moment timestamptz := coalesce((p ->> 'at')::timestamptz, clock_timestamp());
begin
  perform switchboard.own_writable_business(person.business_id);
  if moment > clock_timestamp() + interval '2 minutes' then
    raise exception 'Nobody can have said this in the future.' using errcode = 'SB400', detail = jsonb_build_object('at', p ->> 'at')::text;
  end if;
  insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, recorded_by, at)
  values (person.org_id, person.business_id, person.id, p ->> 'platform', p ->> 'topic', p ->> 'state',
    coalesce(p ->> 'source', case when auth.uid() is null then 'api' else 'person' end), p ->> 'evidence',
    switchboard.acting_member(person.org_id), moment)
  on conflict do nothing;
  return switchboard.get_consent_v1(p);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
