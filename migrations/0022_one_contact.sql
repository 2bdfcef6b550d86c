-- One contact for one person: numbers, and what happens when two contacts turn out to be the same person.

-- Whom the provider is to send to. WhatsApp knows people by its own spelling of their number, the telephone network by E.164.
create or replace function switchboard.recipient(p_contact_id uuid, p_channel_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'phone', case c.platform when 'whatsapp' then coalesce('+' || k.wa_id, k.phone) else coalesce(k.phone, '+' || k.wa_id) end,
    'bsuid', (
      select i.value from public.contact_identities i
      where i.contact_id = k.id and i.kind = 'bsuid' and i.ended_at is null
        and i.scope in (coalesce(c.portfolio_id, c.waba_id, ''), '') order by i.created_at desc limit 1))
  from public.contacts k, public.channels c where k.id = p_contact_id and c.id = p_channel_id
$$;

-- Contacts that were joined to another: who asks for one by its old id finds the person.
create table public.contact_merges (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  -- the one that is left
  contact_id uuid not null,
  merged_contact_id uuid not null unique,
  -- the row that is no more, as it was
  merged_contact jsonb not null,
  reason text,
  -- null: the provider announced it
  merged_by uuid,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id, contact_id) references public.contacts (org_id, business_id, id) on delete cascade
);
create index contact_merges_contact on public.contact_merges (contact_id);
alter table public.contact_merges enable row level security;
alter table public.contact_merges force row level security;
create policy worker on public.contact_merges to switchboard_worker using (true) with check (true);
create policy definer on public.contact_merges to switchboard_definer using (true) with check (true);
create policy service on public.contact_merges for select to service_role using (true);
create policy member on public.contact_merges for select to authenticated
  using (business_id = any ((select switchboard.my_business_ids())::uuid[]));
create policy assigned_only on public.contact_merges as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or contact_id = any ((select switchboard.my_assigned_contact_ids())::uuid[]));
grant select, insert, update on public.contact_merges to switchboard_worker, switchboard_definer;
grant select on public.contact_merges to authenticated, service_role;

-- ---- conversations -----------------------------------------------------------------------------------------------------

-- Makes one thread of two of the same channel. Lines keep their times and get places without gaps in the order of the two
-- together; what was unanswered in either is unanswered now, and counted after everything that was answered. Turns under way
-- had read one half only: they come to nothing. The caller holds both conversations.
create function switchboard.unite_conversations(p_from uuid, p_into uuid) returns void
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

-- ---- consent -----------------------------------------------------------------------------------------------------------

create function switchboard.reckon_opted_in(p_contact_id uuid) returns void
  language sql set search_path = '' as $$
  update public.contacts c set opted_in = p.opted_in
  from (
    select k.id, case (switchboard.consent_of(k.id, case when k.platform in ('sms', 'voice') then k.platform else 'whatsapp' end, 'marketing')).state
      when 'granted' then true when 'withdrawn' then false end as opted_in
    from public.contacts k where k.id = p_contact_id) p
  where c.id = p.id and c.opted_in is distinct from p.opted_in
$$;

create or replace function switchboard.project_consent() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  perform switchboard.reckon_opted_in(new.contact_id);
  return null;
end $$;

-- The ledger of two people who are one. Entries of both stay; where the last word of the two together is laxer than either
-- was, the stricter one is entered again, in the merge's name: withdrawn before never asked before granted.
create function switchboard.merge_consent(p_from uuid, p_into uuid) returns void
  language plpgsql set search_path = '' as $$
declare
  scope record;
begin
  for scope in
    with pairs as (
      select s.platform, s.topic, array(
        select coalesce((switchboard.consent_of(c, s.platform, s.topic)).state, 'unknown') from unnest(array[p_from, p_into]) c) as states
      from (select x.platform, y.topic from unnest(array['whatsapp', 'sms', 'voice']) x (platform), unnest(array['marketing', 'utility']) y (topic)) s
    ), moved as (
      update public.consent_records r set contact_id = p_into where r.contact_id = p_from and not exists (
        select from public.consent_records o where o.contact_id = p_into
          and (o.platform, o.topic, o.state, o.source, o.at) = (r.platform, r.topic, r.state, r.source, r.at)))
    select b.platform, b.topic,
      case when 'withdrawn' = any (b.states) then 'withdrawn' when 'unknown' = any (b.states) then 'unknown' else 'granted' end as strictest
    from pairs b
  loop
    insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, at)
    select c.org_id, c.business_id, c.id, scope.platform, scope.topic, scope.strictest, 'merge', 'joined from contact ' || p_from,
      greatest(now(), (select max(r.at) + interval '1 microsecond' from public.consent_records r where r.contact_id = c.id))
    from public.contacts c
    where c.id = p_into and scope.strictest <> coalesce((switchboard.consent_of(c.id, scope.platform, scope.topic)).state, 'unknown');
  end loop;
  perform switchboard.reckon_opted_in(p_into);
end $$;

-- ---- contacts ----------------------------------------------------------------------------------------------------------

-- Makes one contact of two of the same business, for good: names, threads, consent and everything else of the first go over
-- to the second, which keeps its own where both have something.
create function switchboard.merge_contacts(p_from uuid, p_into uuid, p_reason text, p_member uuid) returns void
  language plpgsql set search_path = '' as $$
declare
  gone public.contacts;
  talk record;
begin
  perform 1 from public.conversations v where v.contact_id in (p_from, p_into) order by v.channel_id, v.contact_id for update;
  perform 1 from public.contacts c where c.id in (p_from, p_into) order by c.id for update;
  select * into gone from public.contacts where id = p_from;
  if not found then
    return;
  end if;

  for talk in
    select v.id, o.id as into_id from public.conversations v
    left join public.conversations o on o.channel_id = v.channel_id and o.contact_id = p_into
    where v.contact_id = p_from order by v.channel_id
  loop
    if talk.into_id is null then
      update public.conversations set contact_id = p_into where id = talk.id;
    else
      perform switchboard.unite_conversations(talk.id, talk.into_id);
    end if;
  end loop;

  perform switchboard.merge_consent(p_from, p_into);
  update public.contact_identities set contact_id = p_into where contact_id = p_from;
  -- one recipient a person: of two in the same campaign the one that got further
  delete from public.campaign_recipients r using public.campaign_recipients o
  where r.campaign_id = o.campaign_id and o.contact_id = p_from and r.contact_id = p_into and r.state = 'pending' and o.state <> 'pending';
  update public.campaign_recipients r set contact_id = p_into
  where r.contact_id = p_from and not exists (
    select from public.campaign_recipients o where o.campaign_id = r.campaign_id and o.contact_id = p_into);
  update public.contact_merges set contact_id = p_into where contact_id = p_from;
  delete from public.contacts where id = p_from;

  update public.contacts c set
    name = coalesce(c.name, gone.name), phone = coalesce(c.phone, gone.phone), wa_id = coalesce(c.wa_id, gone.wa_id),
    email = coalesce(c.email, gone.email), avatar_url = coalesce(c.avatar_url, gone.avatar_url),
    notes = nullif(concat_ws(E'\n\n', c.notes, case when gone.notes is distinct from c.notes then gone.notes end), ''),
    tags = array(select t.tag from unnest(c.tags || gone.tags) with ordinality t (tag, n) group by t.tag order by min(t.n))
  where c.id = p_into;
  insert into public.contact_merges (org_id, business_id, contact_id, merged_contact_id, merged_contact, reason, merged_by)
  values (gone.org_id, gone.business_id, p_into, gone.id, to_jsonb(gone), p_reason, p_member);
end $$;

-- Who has written from a number, or under a user id, since shortly before the provider announced it as somebody's new one: the
-- same person, a little ahead of the news. Whoever had it for longer is somebody else, whose number has passed on.
create function switchboard.newcomer(p_business_id uuid, p_next jsonb, p_at timestamptz) returns uuid
  language sql stable set search_path = '' as $$
  select c.id
  from public.contacts c, switchboard.setting('contacts.number_change_days') days,
    coalesce(switchboard.identity_holder(p_business_id, 'bsuid', coalesce(p_next ->> 'scope', ''), array[nullif(p_next ->> 'bsuid', '')]),
      switchboard.identity_holder(p_business_id, 'wa_id', '', array[nullif(p_next ->> 'wa_id', '')])) holder
  where c.id = holder and c.created_at >= p_at - make_interval(days => days::integer)
    and not exists (
      select from public.conversations v join public.messages m on m.conversation_id = v.id
      where v.contact_id = c.id and coalesce(m.provider_ts, m.created_at) < p_at - make_interval(days => days::integer))
    and not exists (
      select from public.contact_identities i
      where i.contact_id = c.id and i.kind = 'bsuid' and i.scope = coalesce(p_next ->> 'scope', '') and i.ended_at is null
        and i.value <> nullif(p_next ->> 'bsuid', ''))
$$;

insert into public.app_config (key, value, description) values
  ('contacts.number_change_days', '3', 'Who has written from a new number for no longer than this when the provider announces it is the same person');

-- The provider says that a person goes by other names from now on. Old names stay in the history with their end, by the
-- provider's clock. Whoever has written from the new number just before is the same person.
create or replace function switchboard.rename_contact(p_contact_id uuid, p_next jsonb, p_at timestamptz, p_reason text) returns void
  language plpgsql set search_path = '' as $$
declare
  holder public.contacts;
  wa text := nullif(p_next ->> 'wa_id', '');
  user_id text := nullif(p_next ->> 'bsuid', '');
  portfolio text := coalesce(p_next ->> 'scope', '');
  newcomer uuid := switchboard.newcomer((select c.business_id from public.contacts c where c.id = p_contact_id), p_next, p_at);
begin
  if newcomer <> p_contact_id then
    perform switchboard.merge_contacts(newcomer, p_contact_id, p_reason, null);
  end if;
  select * into holder from public.contacts where id = p_contact_id for no key update;
  if not found then
    return;
  end if;
  update public.contact_identities i set ended_at = p_at, ended_reason = p_reason
  where i.contact_id = holder.id and i.ended_at is null
    and ((i.kind = 'wa_id' and i.value <> wa) or (i.kind = 'bsuid' and i.scope = portfolio and i.value <> user_id));
  if wa is not null then
    perform switchboard.release_number(holder.business_id, wa, holder.id, p_at);
    perform switchboard.add_identity(holder, 'wa_id', '', wa);
    update public.contacts set wa_id = wa, phone = '+' || wa where id = holder.id;
  end if;
  perform switchboard.add_identity(holder, 'bsuid', portfolio, user_id);
end $$;

-- A whole batch at once, or, where anything in it fails, each half on its own, down to the single item: what cannot be
-- stored is quarantined with the database's reason, and its neighbours go on. Faults that are not the item's own (no
-- disk, shutdown, deadlock) are raised: nothing is stored, and the provider will deliver again.
create or replace function switchboard.ingest_parts(p_provider text, p_received_at timestamptz, p_items jsonb)
  returns jsonb language plpgsql set search_path = '' as $$
declare
  count integer := jsonb_array_length(p_items);
  failure text;
  halves jsonb[];
begin
  for attempt in 1..3 loop
    begin
      return switchboard.ingest_batch(p_provider, p_received_at, p_items);
    exception when others then
      if sqlstate !~ '^(SB001|22|23|42|P0|54)' then
        raise;
      end if;
      failure := sqlstate || ': ' || sqlerrm;
      -- somebody else was quicker with the same message or person, or has joined the person to another: now they are there to be found
      exit when count > 1 or sqlstate not in ('SB001', '23505', '23503');
    end;
  end loop;
  if count = 1 then
    if failure like 'SB001%' then
      raise exception '%', failure using errcode = 'serialization_failure';
    end if;
    perform switchboard.quarantine(p_provider, p_items #>> '{0,account}', p_items #>> '{0,kind}', 'not_storable', failure, p_items -> 0, p_received_at);
    return '{"outcomes": ["quarantined"], "wake": []}';
  end if;

  -- halves take their locks one after the other: nobody else may be under way in these channels
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended('channel ' || c.id, 0) as key
    from jsonb_array_elements(p_items) e join public.channels c
      on c.provider = p_provider and c.phone_number_id = e ->> 'account' and c.active
    order by 1) k;
  for half in 0..1 loop
    halves := halves || switchboard.ingest_parts(p_provider, p_received_at, (
      select jsonb_agg(e.event order by e.n) from jsonb_array_elements(p_items) with ordinality e (event, n)
      where (e.n > count / 2) = (half = 1)));
  end loop;
  return jsonb_build_object('outcomes', (halves[1] -> 'outcomes') || (halves[2] -> 'outcomes'), 'wake', (
    select coalesce(jsonb_agg(w.one), '[]') from (
      select distinct on (e.one -> 'conversation_id') e.one
      from jsonb_array_elements((halves[1] -> 'wake') || (halves[2] -> 'wake')) with ordinality e (one, n)
      order by e.one -> 'conversation_id', e.n desc) w));
end $$;

-- ---- commands ----------------------------------------------------------------------------------------------------------

-- The caller's contact, also by an id that it has had; another tenant's does not exist.
create or replace function switchboard.own_contact(p_id uuid) returns public.contacts
  language plpgsql stable set search_path = '' as $$
declare
  person public.contacts;
begin
  select * into person from public.contacts k
  where k.id = coalesce((select g.contact_id from public.contact_merges g where g.merged_contact_id = p_id), p_id)
    and k.business_id = any (switchboard.my_business_ids())
    and (k.org_id <> all (switchboard.my_restricted_org_ids()) or k.id = any (switchboard.my_assigned_contact_ids()));
  if not found then
    raise exception 'There is no such contact.' using errcode = 'SB404', detail = jsonb_build_object('contact_id', p_id)::text;
  end if;
  return person;
end $$;

create function switchboard.contact_view(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('contact_id', c.id, 'business_id', c.business_id, 'name', c.name, 'phone', c.phone, 'email', c.email,
    'tags', to_jsonb(c.tags), 'opted_in', c.opted_in, 'unread_count', c.unread_count, 'conversation_status', c.conversation_status,
    'identities', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value, 'ended_at', i.ended_at) order by i.ended_at nulls first, i.kind, i.value), '[]')
      from public.contact_identities i where i.contact_id = c.id),
    'conversation_ids', (select coalesce(jsonb_agg(v.id order by v.last_message_at desc, v.id), '[]') from public.conversations v where v.contact_id = c.id))
  from public.contacts c where c.id = p_id
$$;

-- p: { contact_id (stays), merged_contact_id (goes), reason }. Asked again it answers the same.
create function switchboard.merge_contacts_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  stays public.contacts := switchboard.own_contact((p ->> 'contact_id')::uuid);
  goes public.contacts := switchboard.own_contact((p ->> 'merged_contact_id')::uuid);
begin
  perform switchboard.own_writable_business(stays.business_id);
  if goes.business_id <> stays.business_id then
    raise exception 'These contacts belong to different workspaces.' using errcode = 'SB400';
  elsif goes.id <> stays.id then
    perform switchboard.merge_contacts(goes.id, stays.id, p ->> 'reason', switchboard.acting_member(stays.org_id));
  elsif (p ->> 'contact_id')::uuid = (p ->> 'merged_contact_id')::uuid then
    raise exception 'A contact cannot be joined to itself.' using errcode = 'SB400';
  end if;
  return switchboard.contact_view(stays.id);
end $$;

-- p: { business_id, ref: { wa_id, phone, variants }, platform, name, email, tags, notes }. The person with this number, who may be
-- here already: what is known is kept. How WhatsApp spells the number is not known before it says so.
create function switchboard.create_contact_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  place public.businesses;
  person uuid;
  created boolean;
begin
  select * into place from public.businesses where id = switchboard.own_writable_business((p ->> 'business_id')::uuid);
  perform switchboard.lock_people(array[place.id], array[p -> 'ref']);
  person := coalesce(switchboard.identity_holder(place.id, 'wa_id', '', switchboard.spellings(p -> 'ref')), (
    select c.id from public.contacts c
    where c.business_id = place.id and c.phone = any (array(select '+' || s from unnest(switchboard.spellings(p -> 'ref')) s))
    order by c.created_at, c.id limit 1));
  created := person is null;
  if created then
    insert into public.contacts (org_id, business_id, platform, platform_id, phone)
    values (place.org_id, place.id, p ->> 'platform', p #>> '{ref,wa_id}', p #>> '{ref,phone}') returning id into person;
  end if;
  update public.contacts c set name = coalesce(c.name, p ->> 'name'), email = coalesce(c.email, p ->> 'email'),
    notes = coalesce(c.notes, p ->> 'notes'), phone = coalesce(c.phone, p #>> '{ref,phone}'),
    tags = c.tags || array(select t from jsonb_array_elements_text(coalesce(p -> 'tags', '[]')) t where t <> all (c.tags))
  where c.id = person;
  return switchboard.contact_view(person) || jsonb_build_object('created', created);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
