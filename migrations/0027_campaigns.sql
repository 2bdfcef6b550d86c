-- Campaigns: one message to many people, written down one row a recipient. The ledger is the truth: leases with a fencing
-- token hand rows out, a claim puts a message through the gate and into the journal, and counters follow in the same
-- transaction.
--
-- Locks, always in this order: conversations by id, messages, recipients by id, campaigns. A campaign's row comes last, at
-- the commit, so that claims, records and statuses of many batches never wait for each other in a ring.

alter table public.campaigns
  -- the message, as a provider's adapter takes it; {{contact.name}} and the like are filled in a recipient
  add column content jsonb not null default '{}',
  -- [{ name, weight, content }]: versions to be compared; empty for one version
  add column arms jsonb not null default '[]',
  -- { tags, match: any | all, exclude_tags, contact_ids } or { retry_of, reasons }
  add column audience jsonb not null default '{}',
  add column category text not null default 'MARKETING' check (category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
  add column max_per_second integer check (max_per_second between 1 and 1000),
  -- recipients that have not been written to by then are not written to any more
  add column expires_at timestamptz,
  add column launched_at timestamptz,
  add column ended_at timestamptz,
  -- paused: why, for a person to read, and whether we did it
  add column paused_reason text,
  add column paused_by_system boolean not null default false,
  -- refusals without an acceptance in between
  add column failure_streak integer not null default 0,
  -- when a recipient last changed its state
  add column moved_at timestamptz,
  add column retry_of uuid,
  add column created_by uuid,
  add column pending_count integer not null default 0,
  add column sending_count integer not null default 0,
  add column held_count integer not null default 0,
  add column delivered_count integer not null default 0,
  add column read_count integer not null default 0,
  add column unknown_count integer not null default 0,
  add column skipped_count integer not null default 0,
  add column cancelled_count integer not null default 0,
  add column expired_count integer not null default 0,
  add foreign key (org_id, business_id, retry_of) references public.campaigns (org_id, business_id, id);
create index campaigns_scheduled on public.campaigns (scheduled_at) where status = 'SCHEDULED';
create index campaigns_running on public.campaigns (id) where status = 'RUNNING';
create index campaigns_stopped on public.campaigns (id) where status = 'PAUSED' and paused_by_system;

alter table public.campaign_recipients
  add constraint campaign_recipients_state_check check (state in ('pending', 'leased', 'sending', 'accepted', 'held', 'sent', 'delivered',
    'read', 'unknown', 'failed', 'skipped', 'cancelled', 'expired')),
  -- pending: not before this moment
  add column due_at timestamptz not null default now(),
  -- leased: only who shows this token, before the lease ends, may claim
  add column lease_token uuid,
  add column lease_until timestamptz,
  add column tries integer not null default 0,
  add column arm text;
create index campaign_recipients_due on public.campaign_recipients (campaign_id, due_at, id) where state = 'pending';
create index campaign_recipients_lease on public.campaign_recipients (campaign_id, lease_until) where state = 'leased';
create index campaign_recipients_message on public.campaign_recipients (message_id) where message_id is not null;
create index campaign_recipients_contact on public.campaign_recipients (contact_id);

-- the campaign that a line belongs to
alter table public.messages add column campaign_id uuid;
create index messages_campaign on public.messages (channel_id, created_at) where campaign_id is not null;

-- people who may be written to first in any 24 hours, over all numbers of the portfolio; null: not known
alter table public.channels add column daily_user_limit integer check (daily_user_limit > 0);
-- messages a second that the provider takes from this number
alter table public.channels add column messages_per_second integer not null default 80 check (messages_per_second between 1 and 1000);

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('campaigns', 'content, arms, audience, category, max_per_second, expires_at, launched_at, ended_at, paused_reason, paused_by_system,
        failure_streak, moved_at, retry_of, created_by, pending_count, sending_count, held_count, delivered_count, read_count,
        unknown_count, skipped_count, cancelled_count, expired_count'),
      ('campaign_recipients', 'due_at, lease_token, lease_until, tries, arm'),
      ('messages', 'campaign_id'), ('channels', 'daily_user_limit, messages_per_second')) as x (name, columns)
  loop
    execute format('grant select (%s) on public.%I to authenticated, service_role', t.columns, t.name);
  end loop;
end $$;

insert into public.app_config (key, value, description) values
  ('campaign.lease_seconds', '120', 'How long a batch of recipients may wait in the queue before others may take it'),
  ('campaign.max_tries', '5', 'Provider calls made for one recipient before it is given up'),
  ('campaign.failure_streak', '20', 'Refusals in a row after which a campaign pauses itself'),
  ('campaign.expires_after_hours', '168', 'How long after its launch a campaign goes on trying to reach people'),
  ('campaign.stalled_after_seconds', '300', 'A running campaign with due recipients that has not moved for this long raises an alert');

-- ---- counters ----------------------------------------------------------------------------------------------------------

-- What a change of recipients means for their campaigns is gathered for the transaction and written once, at its end.
create function switchboard.note_recipients() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  deltas jsonb := coalesce(nullif(current_setting('switchboard.campaign_deltas', true), '')::jsonb, '{}');
begin
  if tg_op = 'INSERT' then
    select deltas || coalesce(jsonb_object_agg(d.key, d.n + coalesce((deltas ->> d.key)::integer, 0)), '{}') into deltas
    from (select n.campaign_id || ' ' || n.state as key, count(*)::integer as n from new_rows n group by 1) d;
  elsif tg_op = 'DELETE' then
    select deltas || coalesce(jsonb_object_agg(d.key, d.n + coalesce((deltas ->> d.key)::integer, 0)), '{}') into deltas
    from (select o.campaign_id || ' ' || o.state as key, -count(*)::integer as n from old_rows o group by 1) d;
  else
    select deltas || coalesce(jsonb_object_agg(d.key, d.n + coalesce((deltas ->> d.key)::integer, 0)), '{}') into deltas
    from (
      select key, sum(n)::integer as n from (
        select n.campaign_id || ' ' || n.state as key, 1 as n from new_rows n
        union all select o.campaign_id || ' ' || o.state, -1 from old_rows o) x
      group by key having sum(n) <> 0) d;
  end if;
  perform set_config('switchboard.campaign_deltas', deltas::text, true);
  return null;
end $$;

-- Writes the gathered changes, campaigns in order of their ids. A running campaign none of whose recipients is open any
-- more is completed; what the provider holds back or nobody knows of is open.
create function switchboard.count_recipients() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  deltas jsonb := nullif(current_setting('switchboard.campaign_deltas', true), '')::jsonb;
  one record;
begin
  if deltas is null or deltas = '{}' then
    return null;
  end if;
  perform set_config('switchboard.campaign_deltas', '', true);
  for one in
    select split_part(d.key, ' ', 1)::uuid as id, jsonb_object_agg(split_part(d.key, ' ', 2), d.value::integer) as moved, sum(d.value::integer)::integer as total
    from jsonb_each_text(deltas) d group by 1 order by 1
  loop
    update public.campaigns c set
      total_contacts = total_contacts + one.total,
      pending_count = pending_count + switchboard.moved(one.moved, '{pending}'),
      sending_count = sending_count + switchboard.moved(one.moved, '{leased,sending}'),
      held_count = held_count + switchboard.moved(one.moved, '{held}'),
      sent_count = sent_count + switchboard.moved(one.moved, '{accepted,sent,delivered,read}'),
      delivered_count = delivered_count + switchboard.moved(one.moved, '{delivered,read}'),
      read_count = read_count + switchboard.moved(one.moved, '{read}'),
      unknown_count = unknown_count + switchboard.moved(one.moved, '{unknown}'),
      failed_count = failed_count + switchboard.moved(one.moved, '{failed}'),
      skipped_count = skipped_count + switchboard.moved(one.moved, '{skipped}'),
      cancelled_count = cancelled_count + switchboard.moved(one.moved, '{cancelled}'),
      expired_count = expired_count + switchboard.moved(one.moved, '{expired}'),
      moved_at = clock_timestamp()
    where c.id = one.id;
    update public.campaigns c set status = 'COMPLETED', ended_at = clock_timestamp()
    where c.id = one.id and switchboard.is_done(c);
  end loop;
  return null;
end $$;

create function switchboard.moved(p_deltas jsonb, p_states text[]) returns integer
  language sql immutable set search_path = '' as $$
  select coalesce(sum((p_deltas ->> s)::integer), 0)::integer from unnest(p_states) s
$$;

create function switchboard.is_done(p_campaign public.campaigns) returns boolean
  language sql stable set search_path = '' as $$
  select p_campaign.status = 'RUNNING' and p_campaign.pending_count + p_campaign.sending_count = 0
    and (p_campaign.held_count + p_campaign.unknown_count = 0 or p_campaign.expires_at < clock_timestamp())
$$;

create trigger note_insert after insert on public.campaign_recipients referencing new table as new_rows
  for each statement execute function switchboard.note_recipients();
create trigger note_update after update on public.campaign_recipients referencing old table as old_rows new table as new_rows
  for each statement execute function switchboard.note_recipients();
create trigger note_delete after delete on public.campaign_recipients referencing old table as old_rows
  for each statement execute function switchboard.note_recipients();
create constraint trigger count_changed after insert or delete or update of state on public.campaign_recipients
  deferrable initially deferred for each row execute function switchboard.count_recipients();

-- A recipient's state follows its message's, whoever moves that: the provider's statuses, a lost answer, a person's word.
create function switchboard.follow_message() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from new_rows n where n.campaign_id is not null) then
    return null;
  end if;
  update public.campaign_recipients r set state = f.state, reason = f.reason
  from (
    select x.id, case n.delivery_status when 'sending' then case x.state when 'unknown' then 'sending' else x.state end else n.delivery_status end as state,
      case when n.delivery_status = 'failed' then coalesce(n.error ->> 'code', 'failed') when n.delivery_status = 'expired' then 'nothing_heard' end as reason
    from new_rows n join public.campaign_recipients x on x.message_id = n.id
    where n.campaign_id is not null and n.delivery_status <> 'queued' and x.state <> 'cancelled'
    order by x.id for no key update of x) f
  where r.id = f.id and (r.state, r.reason) is distinct from (f.state, f.reason);
  return null;
end $$;
create trigger follow_message after update on public.messages referencing new table as new_rows
  for each statement execute function switchboard.follow_message();

do $$
declare
  f regprocedure;
begin
  foreach f in array array['switchboard.note_recipients()', 'switchboard.count_recipients()', 'switchboard.follow_message()']::regprocedure[] loop
    execute format('alter function %s owner to switchboard_definer', f);
  end loop;
end $$;

-- ---- audience ----------------------------------------------------------------------------------------------------------

-- Everybody whom an audience names, and why each one who is left out is. Contacts that share a number are one person: the
-- oldest stands for them, and if any of them has opted out, they all have.
create function switchboard.audience(p_campaign public.campaigns)
  returns table (contact_id uuid, reason text, due_at timestamptz, phone text)
  language sql stable set search_path = '' as $$
  with named as (
    select k.*, now() as due_at from public.contacts k
    where k.business_id = p_campaign.business_id and not p_campaign.audience ? 'retry_of'
      and ((p_campaign.audience ->> 'everybody')::boolean is true
        or k.id in (select e::uuid from jsonb_array_elements_text(p_campaign.audience -> 'contact_ids') e)
        or (jsonb_array_length(p_campaign.audience -> 'tags') > 0 and case p_campaign.audience ->> 'match'
          when 'all' then k.tags @> array(select jsonb_array_elements_text(p_campaign.audience -> 'tags'))
          else k.tags && array(select jsonb_array_elements_text(p_campaign.audience -> 'tags')) end))
    union all
    -- the provider keeps these back for a day: an earlier try would be refused again
    select k.*, case when r.reason in ('131049', '130472') then r.updated_at + interval '24 hours' else now() end
    from public.campaign_recipients r join public.contacts k on k.id = r.contact_id
    where r.campaign_id = (p_campaign.audience ->> 'retry_of')::uuid and r.business_id = p_campaign.business_id
      and r.state in ('failed', 'expired', 'cancelled')
      and (p_campaign.audience -> 'reasons' is null or r.reason in (select jsonb_array_elements_text(p_campaign.audience -> 'reasons')))
  ), people as (
    select n.*, bool_or(n.opted_in is false) over person as opted_out, row_number() over (person order by n.created_at, n.id) as place
    from named n
    window person as (partition by coalesce(n.wa_id, ltrim(n.phone, '+'), n.id::text))
  )
  select p.id, case
      when p.place > 1 then 'duplicate_person'
      when p_campaign.category = 'MARKETING' and p.opted_out then 'opted_out'
      when p_campaign.category = 'MARKETING' and p.opted_in is null then 'no_consent'
      when switchboard.recipient(p.id, p_campaign.channel_id) = '{"phone": null, "bsuid": null}' then 'unreachable'
      when p.tags && array(select jsonb_array_elements_text(coalesce(p_campaign.audience -> 'exclude_tags', '[]'))) then 'excluded_tag'
      when coalesce(trim(p.name), '') = '' and (p_campaign.content::text || p_campaign.arms::text) like '%{{contact.name}}%' then 'missing_variable'
      when coalesce(p.email, '') = '' and (p_campaign.content::text || p_campaign.arms::text) like '%{{contact.email}}%' then 'missing_variable'
    end, p.due_at, coalesce(p.wa_id, ltrim(p.phone, '+'))
  from people p
$$;

-- Which version of a campaign a contact gets: the same one whenever it is asked.
create function switchboard.arm_of(p_campaign public.campaigns, p_contact_id uuid) returns text
  language sql stable set search_path = '' as $$
  with arms as (
    select a.value ->> 'name' as name, sum(greatest(1, coalesce((a.value ->> 'weight')::integer, 1))) over (order by a.ordinality) as upto
    from jsonb_array_elements(p_campaign.arms) with ordinality a
  ), draw as (
    select mod(mod(hashtextextended(p_campaign.id::text || p_contact_id::text, 0), max(upto)) + max(upto), max(upto)) as at from arms
  )
  select a.name from arms a, draw d where a.upto > d.at order by a.upto limit 1
$$;

-- A text as it stands between the quotation marks of JSON.
create function switchboard.inner_json(p_text text) returns text
  language sql immutable set search_path = '' as $$
  select substr(j, 2, length(j) - 2) from to_jsonb(regexp_replace(trim(coalesce(p_text, '')), '\s+', ' ', 'g')) v, lateral (select v::text as j) x
$$;

-- One contact's message. Values are put in as JSON text, so that no name can change the message's shape.
create function switchboard.personal_content(p_campaign public.campaigns, p_arm text, p_contact public.contacts) returns jsonb
  language sql stable set search_path = '' as $$
  select replace(replace(replace(coalesce((select a -> 'content' from jsonb_array_elements(p_campaign.arms) a where a ->> 'name' = p_arm), p_campaign.content)::text,
    '{{contact.name}}', switchboard.inner_json(p_contact.name)), '{{contact.email}}', switchboard.inner_json(p_contact.email)),
    '{{contact.phone}}', switchboard.inner_json(p_contact.phone))::jsonb
$$;

-- ---- life --------------------------------------------------------------------------------------------------------------

-- The caller's campaign; another tenant's does not exist.
create function switchboard.own_campaign(p_id uuid) returns public.campaigns
  language plpgsql set search_path = '' as $$
declare
  one public.campaigns;
begin
  select * into one from public.campaigns where id = p_id and business_id = any (switchboard.my_business_ids());
  if not found then
    raise exception 'There is no such campaign.' using errcode = 'SB404', detail = jsonb_build_object('campaign_id', p_id)::text;
  end if;
  perform switchboard.own_writable_business(one.business_id);
  return one;
end $$;

create function switchboard.campaign_view(p_id uuid) returns jsonb
  language sql volatile set search_path = '' as $$
  select jsonb_build_object('campaign_id', c.id, 'business_id', c.business_id, 'channel_id', c.channel_id, 'template_id', c.template_id, 'name', c.name,
    'status', c.status, 'category', c.category, 'scheduled_at', c.scheduled_at, 'launched_at', c.launched_at, 'expires_at', c.expires_at,
    'ended_at', c.ended_at, 'paused_reason', c.paused_reason, 'retry_of', c.retry_of,
    'recipients', jsonb_build_object('total', c.total_contacts, 'pending', c.pending_count, 'sending', c.sending_count, 'held', c.held_count,
      'sent', c.sent_count, 'delivered', c.delivered_count, 'read', c.read_count, 'unknown', c.unknown_count, 'failed', c.failed_count,
      'skipped', c.skipped_count, 'cancelled', c.cancelled_count, 'expired', c.expired_count))
  from public.campaigns c where c.id = p_id
$$;

create function switchboard.wrong_state(p_campaign public.campaigns, p_what text) returns void
  language plpgsql set search_path = '' as $$
begin
  raise exception 'This campaign is %: it cannot be %.', lower(p_campaign.status), p_what using errcode = 'SB409',
    detail = jsonb_build_object('current', switchboard.campaign_view(p_campaign.id))::text;
end $$;

-- Why a campaign's message may not go out at all at this moment, for a person to read; null when nothing stands in its way.
create function switchboard.campaign_hindrance(p_campaign public.campaigns) returns text
  language sql stable set search_path = '' as $$
  select coalesce(
    (select case
        when not c.active then 'The number is switched off.'
        when c.auth_state = 'stopped' then 'The provider has stopped the number: ' || coalesce(c.auth_state_reason, 'no reason given')
        when c.auth_state <> 'ok' then 'The provider refuses the number''s credentials: ' || coalesce(c.auth_state_reason, 'reconnect the channel') end
      from public.channels c where c.id = p_campaign.channel_id),
    (select case
        when t.status <> 'APPROVED' then format('The template %s is %s.', t.name, lower(t.status))
        when t.category <> p_campaign.category then format('The template %s is %s now; the campaign was made as %s.', t.name, lower(t.category), lower(p_campaign.category)) end
      from public.templates t where t.id = p_campaign.template_id))
$$;

-- Body parameters that the template asks for and the message does not give, or the other way round; null when they agree.
create function switchboard.template_mismatch(p_components jsonb, p_content jsonb) returns text
  language sql stable set search_path = '' as $$
  select case when wanted.n <> given.n then format('The template''s body takes %s variables, the message gives %s.', wanted.n, given.n) end
  from (select count(distinct m[1]) as n from jsonb_array_elements(p_components) c, regexp_matches(c ->> 'text', '\{\{\s*(\w+)\s*\}\}', 'g') m
      where upper(c ->> 'type') = 'BODY') wanted,
    (select coalesce(sum(jsonb_array_length(coalesce(c -> 'parameters', '[]'))), 0) as n
      from jsonb_array_elements(coalesce(p_content -> 'components', '[]')) c where lower(c ->> 'type') = 'body') given
$$;

-- p: { business_id, channel_id, name, template_id, components, content, arms, audience, category, max_per_second, expires_at }
create function switchboard.create_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  business uuid := switchboard.own_writable_business((p ->> 'business_id')::uuid);
  channel public.channels;
  template public.templates;
  body jsonb := p -> 'content';
  versions jsonb := coalesce(p -> 'arms', '[]');
  wrong text;
  made public.campaigns;
begin
  select * into channel from public.channels where id = (p ->> 'channel_id')::uuid and business_id = business;
  if not found then
    raise exception 'There is no such channel in this workspace.' using errcode = 'SB404', detail = jsonb_build_object('channel_id', p ->> 'channel_id')::text;
  end if;
  if p ->> 'template_id' is not null then
    select * into template from public.templates where id = (p ->> 'template_id')::uuid and business_id = business;
    if not found then
      raise exception 'There is no such template in this workspace.' using errcode = 'SB404', detail = jsonb_build_object('template_id', p ->> 'template_id')::text;
    elsif template.waba_id is distinct from channel.waba_id then
      raise exception 'This template belongs to another account than the number.' using errcode = 'SB400',
        detail = jsonb_build_object('template_id', template.id)::text;
    end if;
    body := jsonb_build_object('type', 'template', 'name', template.name, 'language', template.language)
      || jsonb_strip_nulls(jsonb_build_object('components', p -> 'components'));
    select jsonb_agg(jsonb_build_object('name', a -> 'name', 'weight', coalesce(a -> 'weight', '1'),
      'content', body || jsonb_build_object('components', a -> 'components'))) into versions
    from jsonb_array_elements(versions) a;
    versions := coalesce(versions, '[]');
    select m into wrong from (
      select switchboard.template_mismatch(template.components, body) as m where versions = '[]'
      union all select switchboard.template_mismatch(template.components, a -> 'content') from jsonb_array_elements(versions) a) x
    where m is not null limit 1;
    if wrong is not null then
      raise exception '%', wrong using errcode = 'SB400', detail = jsonb_build_object('template_id', template.id)::text;
    end if;
  elsif channel.platform = 'whatsapp' and body ->> 'type' = 'template' then
    raise exception 'Name the template by template_id.' using errcode = 'SB400';
  end if;
  insert into public.campaigns (org_id, business_id, channel_id, template_id, name, content, arms, audience, category, max_per_second, expires_at, created_by)
  values (channel.org_id, business, channel.id, template.id, p ->> 'name', body, versions, p -> 'audience',
    coalesce(template.category, p ->> 'category', 'MARKETING'), (p ->> 'max_per_second')::integer, (p ->> 'expires_at')::timestamptz, auth.uid())
  returning * into made;
  return switchboard.campaign_view(made.id);
end $$;

-- p: { campaign_id }. Whom it would reach, who is left out and why, what it would cost, how long it would take. Prices are
-- the workspace's own: settings.message_prices, { category: { calling code or "default": US dollars } }.
create function switchboard.estimate_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
  prices jsonb;
  pace integer;
  answer jsonb;
begin
  select coalesce(b.settings #> array['message_prices', run.category], '{}') into prices from public.businesses b where b.id = run.business_id;
  select least(coalesce(run.max_per_second, 1000), c.messages_per_second) into pace from public.channels c where c.id = run.channel_id;
  with people as materialized (
    select a.reason, (select pr.key from jsonb_each(prices) pr where a.phone like pr.key || '%' order by length(pr.key) desc limit 1) as code
    from switchboard.audience(run) a
  ), priced as (
    select coalesce(code, 'default') as code, count(*)::integer as recipients, (prices ->> coalesce(code, 'default'))::numeric as price
    from people where reason is null group by 1
  )
  select jsonb_build_object('campaign_id', run.id,
    'recipients', (select count(*) from people where reason is null),
    'excluded', (select count(*) from people where reason is not null),
    'excluded_by_reason', (select coalesce(jsonb_object_agg(reason, n), '{}') from (select reason, count(*) as n from people where reason is not null group by 1) x),
    'cost_usd', (select case when bool_or(price is null) then null else coalesce(sum(price * recipients), 0) end from priced),
    'cost_by_country', (select coalesce(jsonb_agg(jsonb_build_object('calling_code', code, 'recipients', recipients, 'price_usd', price) order by code), '[]') from priced),
    'messages_per_second', pace,
    'duration_seconds', (select ceil(count(*)::numeric / pace)::integer from people where reason is null),
    'hindrance', switchboard.campaign_hindrance(run)) into answer;
  return answer;
end $$;

-- Fixes the audience and sets the campaign going. Who is left out has a row too, with the reason.
create function switchboard.launch_campaign(p_id uuid) returns void
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns;
begin
  select * into run from public.campaigns where id = p_id for no key update;
  if run.status not in ('DRAFT', 'SCHEDULED') then
    return;
  end if;
  insert into public.campaign_recipients (org_id, business_id, campaign_id, contact_id, state, reason, due_at, arm)
  select run.org_id, run.business_id, run.id, a.contact_id, case when a.reason is null then 'pending' else 'skipped' end, a.reason, a.due_at,
    case when run.arms <> '[]' then switchboard.arm_of(run, a.contact_id) end
  from switchboard.audience(run) a order by a.contact_id;
  update public.campaigns set status = 'RUNNING', launched_at = clock_timestamp(), paused_reason = null, paused_by_system = false, failure_streak = 0,
    expires_at = coalesce(expires_at, clock_timestamp() + make_interval(hours => switchboard.setting('campaign.expires_after_hours')::integer))
  where id = run.id;
  -- nobody to write to
  if not exists (select from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'pending') then
    update public.campaigns set status = 'COMPLETED', ended_at = clock_timestamp() where id = run.id;
  end if;
end $$;

-- p: { campaign_id, scheduled_at }
create function switchboard.schedule_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
  moment timestamptz := (p ->> 'scheduled_at')::timestamptz;
begin
  if moment <= clock_timestamp() then
    raise exception 'scheduled_at is in the past.' using errcode = 'SB400', detail = jsonb_build_object('scheduled_at', moment)::text;
  elsif run.expires_at <= moment then
    raise exception 'The campaign expires before it would start.' using errcode = 'SB400', detail = jsonb_build_object('expires_at', run.expires_at)::text;
  end if;
  update public.campaigns set status = 'SCHEDULED', scheduled_at = moment where id = run.id and status in ('DRAFT', 'SCHEDULED');
  if not found then
    perform switchboard.wrong_state(run, 'scheduled');
  end if;
  return switchboard.campaign_view(run.id);
end $$;

-- p: { campaign_id }. Starting what runs already changes nothing.
create function switchboard.start_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
  hindrance text := switchboard.campaign_hindrance(run);
begin
  if run.status in ('DRAFT', 'SCHEDULED') and hindrance is not null then
    raise exception '%', hindrance using errcode = 'SB409', detail = jsonb_build_object('current', switchboard.campaign_view(run.id))::text;
  elsif run.status not in ('DRAFT', 'SCHEDULED', 'RUNNING', 'COMPLETED') then
    perform switchboard.wrong_state(run, 'started');
  end if;
  perform switchboard.launch_campaign(run.id);
  set constraints all immediate;
  return switchboard.campaign_view(run.id);
end $$;

-- p: { campaign_id }
create function switchboard.pause_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
begin
  update public.campaigns set status = 'PAUSED', paused_reason = 'A person paused it.', paused_by_system = false where id = run.id and status = 'RUNNING';
  if not found and run.status <> 'PAUSED' then
    perform switchboard.wrong_state(run, 'paused');
  end if;
  return switchboard.campaign_view(run.id);
end $$;

-- p: { campaign_id }
create function switchboard.resume_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
  hindrance text := switchboard.campaign_hindrance(run);
begin
  if run.status = 'PAUSED' and hindrance is not null then
    raise exception '%', hindrance using errcode = 'SB409', detail = jsonb_build_object('current', switchboard.campaign_view(run.id))::text;
  end if;
  update public.campaigns set status = 'RUNNING', paused_reason = null, paused_by_system = false, failure_streak = 0, moved_at = clock_timestamp()
  where id = run.id and status = 'PAUSED';
  if not found and run.status <> 'RUNNING' then
    perform switchboard.wrong_state(run, 'resumed');
  end if;
  update public.campaigns c set status = 'COMPLETED', ended_at = clock_timestamp() where c.id = run.id and switchboard.is_done(c);
  return switchboard.campaign_view(run.id);
end $$;

-- Those that nobody has claimed are not written to any more. Rows that a claim holds at this moment are passed over: they
-- are on their way, or come back and are found by the next look.
create function switchboard.drop_pending(p_campaign_id uuid, p_state text, p_reason text) returns void
  language sql set search_path = '' as $$
  update public.campaign_recipients r set state = p_state, reason = p_reason, lease_token = null, lease_until = null
  where r.id in (select x.id from public.campaign_recipients x where x.campaign_id = p_campaign_id and x.state in ('pending', 'leased')
    order by x.id for update skip locked)
$$;

-- p: { campaign_id }
create function switchboard.cancel_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
begin
  update public.campaigns set status = 'CANCELLED', ended_at = clock_timestamp()
  where id = run.id and status not in ('COMPLETED', 'CANCELLED');
  if not found and run.status <> 'CANCELLED' then
    perform switchboard.wrong_state(run, 'cancelled');
  end if;
  perform switchboard.drop_pending(run.id, 'cancelled', 'campaign_cancelled');
  set constraints all immediate;
  return switchboard.campaign_view(run.id);
end $$;

-- p: { campaign_id, reasons, name }. A new draft for those that the first one failed to reach; whoever may have got it, and
-- those of whom nobody knows, are not among them.
create function switchboard.retry_campaign_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns := switchboard.own_campaign((p ->> 'campaign_id')::uuid);
  made uuid;
begin
  if run.status not in ('COMPLETED', 'CANCELLED', 'PAUSED') then
    perform switchboard.wrong_state(run, 'tried again before it has ended');
  end if;
  insert into public.campaigns (org_id, business_id, channel_id, template_id, name, content, arms, audience, category, max_per_second, retry_of, created_by)
  values (run.org_id, run.business_id, run.channel_id, run.template_id, coalesce(p ->> 'name', run.name || ' (again)'), run.content, run.arms,
    jsonb_strip_nulls(jsonb_build_object('retry_of', run.id, 'reasons', p -> 'reasons')), run.category, run.max_per_second, run.id, auth.uid())
  returning id into made;
  return switchboard.campaign_view(made);
end $$;

-- ---- fan-out -----------------------------------------------------------------------------------------------------------

-- Stops a campaign by itself, with the reason.
create function switchboard.stop_campaign(p_id uuid, p_reason text) returns void
  language sql set search_path = '' as $$
  update public.campaigns set status = 'PAUSED', paused_reason = p_reason, paused_by_system = true where id = p_id and status = 'RUNNING'
$$;

-- How many more people the portfolio may write to first today; null for no limit that we know. Callers wait for each other.
create function switchboard.portfolio_room(p_channel public.channels) returns integer
  language plpgsql set search_path = '' as $$
declare
  most integer;
  used integer;
  portfolio text := coalesce(p_channel.portfolio_id, p_channel.waba_id, p_channel.id::text);
begin
  select min(c.daily_user_limit) into most from public.channels c
  where coalesce(c.portfolio_id, c.waba_id, c.id::text) = portfolio;
  if most is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('portfolio ' || portfolio, 0));
  select count(distinct w.contact_id) into used from public.channels c
  cross join lateral (
    select m.contact_id from public.messages m
    where m.channel_id = c.id and m.campaign_id is not null and m.created_at > clock_timestamp() - interval '24 hours' and m.delivery_status <> 'failed'
    union all
    select r.contact_id from public.campaigns g join public.campaign_recipients r on r.campaign_id = g.id
    where g.channel_id = c.id and g.status in ('RUNNING', 'PAUSED') and r.state = 'leased') w
  where coalesce(c.portfolio_id, c.waba_id, c.id::text) = portfolio;
  return greatest(0, most - used);
end $$;

-- Hands out due recipients in batches, each under a token of its own. What is leased and not claimed in time goes back:
-- nothing can have been sent for it, for a claim needs the token and the time.
-- p: { campaign_id, batch_size, batches, lease_seconds }. Returns { status, messages_per_second, channel_id, batches:
-- [{ lease_token, recipient_ids }], next_due_in_ms }: null when nothing will fall due by itself.
create function switchboard.campaign_lease_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns;
  channel public.channels;
  hindrance text;
  size integer := least(coalesce((p ->> 'batch_size')::integer, 50), 50);
  most integer := size * least(coalesce((p ->> 'batches')::integer, 10), 40);
  room integer;
  handed jsonb := '[]';
begin
  select * into run from public.campaigns where id = (p ->> 'campaign_id')::uuid;
  if run.status = 'SCHEDULED' and run.scheduled_at <= clock_timestamp() then
    hindrance := switchboard.campaign_hindrance(run);
    perform switchboard.launch_campaign(run.id);
    set constraints all immediate;
    select * into run from public.campaigns where id = run.id;
  end if;
  select * into channel from public.channels where id = run.channel_id;
  update public.campaign_recipients r set state = 'pending', lease_token = null, lease_until = null
  where r.id in (select x.id from public.campaign_recipients x where x.campaign_id = run.id and x.state = 'leased' and x.lease_until < clock_timestamp()
    order by x.id for update skip locked);
  if run.status = 'CANCELLED' then
    perform switchboard.drop_pending(run.id, 'cancelled', 'campaign_cancelled');
  elsif run.status = 'RUNNING' and run.expires_at < clock_timestamp() then
    perform switchboard.drop_pending(run.id, 'expired', 'campaign_expired');
    set constraints all immediate;
    update public.campaigns c set status = 'COMPLETED', ended_at = clock_timestamp() where c.id = run.id and switchboard.is_done(c);
  elsif run.status = 'RUNNING' then
    hindrance := switchboard.campaign_hindrance(run);
    if hindrance is not null then
      perform switchboard.stop_campaign(run.id, hindrance);
    else
      room := switchboard.portfolio_room(channel);
      with due as materialized (
        select r.id from public.campaign_recipients r
        where r.campaign_id = run.id and r.state = 'pending' and r.due_at <= clock_timestamp()
        order by r.due_at, r.id limit least(most, room) for update skip locked
      ), dealt as (
        select d.id, (row_number() over (order by d.id) - 1) / size as batch from due d
      ), tokens as materialized (
        select b.batch, gen_random_uuid() as token from (select distinct batch from dealt) b
      ), leased as (
        update public.campaign_recipients r set state = 'leased', lease_token = t.token,
          lease_until = clock_timestamp() + make_interval(secs => coalesce((p ->> 'lease_seconds')::integer, switchboard.setting('campaign.lease_seconds')::integer))
        from dealt d join tokens t using (batch) where r.id = d.id
        returning r.id, r.lease_token)
      select coalesce(jsonb_agg(jsonb_build_object('lease_token', l.lease_token, 'recipient_ids', l.ids)), '[]') into handed
      from (select lease_token, jsonb_agg(id order by id) as ids from leased group by lease_token) l;
    end if;
  end if;
  set constraints all immediate;
  select * into run from public.campaigns where id = run.id;
  return jsonb_build_object('status', run.status, 'channel_id', run.channel_id,
    'messages_per_second', least(coalesce(run.max_per_second, 1000), channel.messages_per_second),
    'batches', handed,
    'next_due_in_ms', case
      when run.status = 'SCHEDULED' then ceil(extract(epoch from run.scheduled_at - clock_timestamp()) * 1000)::bigint
      when run.status = 'RUNNING' then (
        select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
          -- a full portfolio is looked at again in a while
          select case when room = 0 then greatest(min(r.due_at), clock_timestamp() + interval '5 minutes') else min(r.due_at) end as at
            from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'pending'
          union all select min(r.lease_until) from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'leased'
          union all select run.expires_at where run.held_count + run.unknown_count + run.sending_count > 0) w
        where w.at is not null) end);
end $$;

-- The gate for one recipient: the one gate, and what a campaign must look at besides: consent as it is at this moment.
create function switchboard.campaign_gate(p_campaign public.campaigns, p_contact public.contacts, p_conversation_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  with base as (
    select switchboard.gate_v1(p_conversation_id, coalesce(p_campaign.content ->> 'type', p_campaign.arms #>> '{0,content,type}'), 'campaign',
      case p_campaign.category when 'MARKETING' then 'marketing' else 'utility' end) as v
  ), consent as (
    select p_campaign.category <> 'MARKETING' or coalesce(p_contact.opted_in, false) as passed,
      jsonb_build_object('opted_in', p_contact.opted_in, 'category', p_campaign.category) as input
  )
  select case when c.passed or not (b.v ->> 'allowed')::boolean then b.v
      else b.v || jsonb_build_object('allowed', false, 'rule', 'campaign_consent', 'reason', 'The contact has not agreed to such messages.') end
    || jsonb_build_object('trace', b.v -> 'trace' || jsonb_build_array(jsonb_build_object('rule', 'campaign_consent', 'input', c.input, 'passed', c.passed)))
  from base b, consent c
$$;

-- Claims leased recipients: each one's message goes through the gate and into the journal, and is handed out for its provider
-- call. Who is refused is skipped, with the reason; whose conversation has something under way waits a little, for people go
-- first. Whatever comes too late gets nothing: a lease that ran out, a slot that has passed.
-- p: { campaign_id, lease_token, recipient_ids, starts_at (unix ms: the moment of the provider calls), lease_seconds }.
-- Returns { outcome: claimed | late | stopped, attempts: [{ recipient_id, attempt }] }
create function switchboard.campaign_claim_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns;
  starts timestamptz := to_timestamp((p ->> 'starts_at')::double precision / 1000);
  token uuid := (p ->> 'lease_token')::uuid;
  attempt_token uuid := gen_random_uuid();
  ids uuid[] := array(select e::uuid from jsonb_array_elements_text(p -> 'recipient_ids') e);
  contacts uuid[];
  hindrance text;
  passed jsonb;
  answer jsonb;
begin
  if starts < clock_timestamp() then
    return '{"outcome": "late", "attempts": []}';
  end if;
  select * into run from public.campaigns where id = (p ->> 'campaign_id')::uuid;
  hindrance := switchboard.campaign_hindrance(run);
  if run.status <> 'RUNNING' or hindrance is not null then
    update public.campaign_recipients r set lease_token = null, lease_until = null,
      state = case when run.status = 'CANCELLED' then 'cancelled' else 'pending' end,
      reason = case when run.status = 'CANCELLED' then 'campaign_cancelled' end
    where r.id in (select x.id from public.campaign_recipients x where x.id = any (ids) and x.state = 'leased' and x.lease_token = token
      order by x.id for update);
    if hindrance is not null then
      set constraints all immediate;
      perform switchboard.stop_campaign(run.id, hindrance);
    end if;
    return '{"outcome": "stopped", "attempts": []}';
  end if;

  contacts := array(select r.contact_id from public.campaign_recipients r where r.id = any (ids) and r.campaign_id = run.id and r.lease_token = token);
  insert into public.conversations (org_id, business_id, channel_id, contact_id)
  select run.org_id, run.business_id, run.channel_id, c.id from unnest(contacts) c (id)
  where not exists (select from public.conversations v where v.channel_id = run.channel_id and v.contact_id = c.id)
  order by c.id on conflict (channel_id, contact_id) do nothing;
  perform 1 from public.conversations v where v.channel_id = run.channel_id and v.contact_id = any (contacts) order by v.id for no key update;

  with held as materialized (
    select r.* from public.campaign_recipients r
    where r.id = any (ids) and r.campaign_id = run.id and r.state = 'leased' and r.lease_token = token and r.lease_until > clock_timestamp()
    order by r.id for update
  ), judged as materialized (
    select h.id as recipient_id, h.message_id, h.tries, h.arm, v.id as conversation_id, v.message_seq, k as contact,
      switchboard.campaign_gate(run, k, v.id) as verdict,
      exists (select from public.send_attempts a where a.conversation_id = v.id and a.state in ('queued', 'sending')) as busy
    from held h
    join public.contacts k on k.id = h.contact_id
    join public.conversations v on v.channel_id = run.channel_id and v.contact_id = h.contact_id
  )
  select jsonb_agg(to_jsonb(j) || jsonb_build_object('attempt_id', gen_random_uuid(), 'letter_id', coalesce(j.message_id, gen_random_uuid()),
      'payload', switchboard.personal_content(run, j.arm, j.contact), 'go', (j.verdict ->> 'allowed')::boolean and not j.busy) - 'contact')
  into passed from judged j;
  if passed is null then
    return '{"outcome": "claimed", "attempts": []}';
  end if;

  insert into public.messages (id, conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content, type, origin, payload,
    delivery_status, read, created_at, seq, campaign_id)
  select (j ->> 'letter_id')::uuid, v.id, v.business_id, v.org_id, v.channel_id, v.contact_id, 'outbound', 'agent',
    coalesce(j #>> '{payload,text}', j #>> '{payload,caption}', format('[template %s]', j #>> '{payload,name}')), j #>> '{payload,type}', 'api', j -> 'payload',
    'sending', true, clock_timestamp(), v.message_seq + 1, run.id
  from jsonb_array_elements(passed) j join public.conversations v on v.id = (j ->> 'conversation_id')::uuid
  where (j ->> 'go')::boolean and j ->> 'message_id' is null;
  update public.conversations v set message_seq = v.message_seq + 1
  from jsonb_array_elements(passed) j where v.id = (j ->> 'conversation_id')::uuid and (j ->> 'go')::boolean and j ->> 'message_id' is null;
  insert into public.send_attempts (id, org_id, business_id, conversation_id, message_id, number, state, gate, lease_token, started_at, lease_until)
  select (j ->> 'attempt_id')::uuid, run.org_id, run.business_id, (j ->> 'conversation_id')::uuid, (j ->> 'letter_id')::uuid, (j ->> 'tries')::integer + 1,
    'sending', j -> 'verdict', attempt_token, coalesce(starts, clock_timestamp()),
    coalesce(starts, clock_timestamp()) + make_interval(secs => (p ->> 'lease_seconds')::integer)
  from jsonb_array_elements(passed) j where (j ->> 'go')::boolean;
  update public.campaign_recipients r set
    state = x.state, message_id = x.letter_id, tries = r.tries + (x.state = 'sending')::integer,
    reason = case x.state when 'skipped' then x.j #>> '{verdict,rule}' end,
    due_at = case when x.state = 'pending' then coalesce((x.j #>> '{verdict,allowed_at}')::timestamptz, clock_timestamp() + interval '5 seconds') else r.due_at end,
    lease_token = null, lease_until = null
  from (
    select (j ->> 'recipient_id')::uuid as id, j, case
        when (j ->> 'go')::boolean then 'sending'
        -- a refusal that time will lift, or a conversation that is busy
        when (j #>> '{verdict,allowed}')::boolean or j #>> '{verdict,allowed_at}' is not null then 'pending'
        else 'skipped' end as state,
      case when (j ->> 'go')::boolean then (j ->> 'letter_id')::uuid else (j ->> 'message_id')::uuid end as letter_id
    from jsonb_array_elements(passed) j) x
  where r.id = x.id;
  update public.messages m set delivery_status = 'sending'
  from jsonb_array_elements(passed) j where m.id = (j ->> 'message_id')::uuid and (j ->> 'go')::boolean and m.delivery_status = 'queued';

  select jsonb_build_object('outcome', 'claimed', 'attempts', coalesce(jsonb_agg(jsonb_build_object(
    'recipient_id', j ->> 'recipient_id', 'attempt', switchboard.claimed(a) -> 'attempt')), '[]')) into answer
  from jsonb_array_elements(passed) j join public.send_attempts a on a.id = (j ->> 'attempt_id')::uuid;
  return answer;
end $$;

-- Codes that mean the campaign, not the person: nobody else would get it either.
create function switchboard.stops_campaign(p_class text, p_code text) returns boolean
  language sql immutable set search_path = '' as $$
  select p_class in ('auth', 'stop_channel')
    or p_code in ('131048', '368', '131031', '131042', '131063', '132000', '132001', '132005', '132007', '132008', '132012', '132015', '132016', '132068', '132069')
$$;

-- Writes down what came of the provider calls of one batch. Safe to repeat. An acceptance is the common case and is written
-- for all at once; anything else goes the way of every other send. A failure that may be repeated gives the recipient back
-- to its campaign, behind its pace and its pause.
-- p: { campaign_id, results: [{ attempt_id, lease_token, recipient_id, state, … as record_v1 takes it }], lease_seconds }.
-- Returns { recorded, status, paused_reason, claims: [what the conversations offer next] }
create function switchboard.campaign_record_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run_id uuid := (p ->> 'campaign_id')::uuid;
  channel uuid := (select c.channel_id from public.campaigns c where c.id = run_id);
  conversations uuid[];
  plain jsonb;
  one record;
  next jsonb;
  claims jsonb := '[]';
  n integer := 0;
  refusals integer;
  run public.campaigns;
  cause text;
begin
  conversations := array(select a.conversation_id from jsonb_array_elements(p -> 'results') r join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid);
  perform 1 from public.conversations v where v.id = any (conversations) order by v.id for no key update;
  -- accepted, nothing else to learn from it
  select coalesce(jsonb_agg(r), '[]') into plain
  from jsonb_array_elements(p -> 'results') r
  join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid and a.lease_token = (r ->> 'lease_token')::uuid
  join public.messages m on m.id = a.message_id
  join public.contacts k on k.id = m.contact_id
  where r ->> 'state' = 'accepted' and (r ->> 'held')::boolean is not true and (k.wa_id is not null or r #>> '{contact,wa_id}' is null)
    and not exists (select from public.messages e where e.channel_id = channel and e.wa_message_id = r ->> 'provider_id' and e.id <> m.id);
  update public.messages m set wa_message_id = r ->> 'provider_id', delivery_status = case when m.delivery_status = 'unknown' then 'sending' else m.delivery_status end
  from jsonb_array_elements(plain) r join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid where m.id = a.message_id;
  update public.send_attempts a set state = 'accepted', provider_message_id = r ->> 'provider_id', ended_at = clock_timestamp(), lease_until = null
  from jsonb_array_elements(plain) r where a.id = (r ->> 'attempt_id')::uuid and a.state in ('sending', 'unknown', 'accepted');
  get diagnostics n = row_count;
  update public.campaign_recipients r set state = 'accepted', reason = null
  from (select x.id from public.campaign_recipients x
    where x.id in (select (j ->> 'recipient_id')::uuid from jsonb_array_elements(plain) j) and x.state in ('sending', 'unknown') order by x.id for no key update) h
  where r.id = h.id;
  perform switchboard.apply_parked(channel, array(select r ->> 'provider_id' from jsonb_array_elements(plain) r));

  for one in
    select r as result, a.conversation_id, a.number, a.message_id from jsonb_array_elements(p -> 'results') r
    join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid
    where a.lease_token = (r ->> 'lease_token')::uuid and not plain @> jsonb_build_array(r)
    order by a.conversation_id
  loop
    n := n + 1;
    if one.result ->> 'state' = 'failed' and one.result ->> 'class' in ('retry', 'retry_pair') and one.number < switchboard.setting('campaign.max_tries')::integer then
      update public.send_attempts set state = 'failed', error_class = one.result ->> 'class', error_code = one.result ->> 'code',
        error_title = one.result ->> 'title', error_detail = one.result ->> 'detail', ended_at = clock_timestamp(), lease_until = null
      where id = (one.result ->> 'attempt_id')::uuid and state in ('sending', 'unknown');
      if found then
        update public.messages set delivery_status = 'queued' where id = one.message_id and delivery_status in ('sending', 'unknown');
        update public.campaign_recipients set state = 'pending', reason = one.result ->> 'code',
          due_at = clock_timestamp() + make_interval(secs => coalesce((one.result ->> 'retry_after_ms')::double precision, 1000) / 1000)
        where id = (one.result ->> 'recipient_id')::uuid and message_id = one.message_id and state in ('sending', 'unknown');
      end if;
    else
      next := switchboard.record_v1(one.result || jsonb_build_object('lease_seconds', p -> 'lease_seconds'));
      if next #>> '{next,outcome}' = 'claimed' then
        claims := claims || jsonb_build_array(next -> 'next');
      end if;
      update public.campaign_recipients set state = 'accepted', reason = null
      where id = (one.result ->> 'recipient_id')::uuid and state = 'sending' and one.result ->> 'state' = 'accepted';
    end if;
  end loop;
  -- people's messages that queued up behind these in the meantime
  for one in
    select a.conversation_id from public.send_attempts a where a.conversation_id = any (conversations) and a.state = 'queued' and a.due_at <= clock_timestamp()
    group by a.conversation_id
    having not exists (select from public.send_attempts s where s.conversation_id = a.conversation_id and s.state = 'sending')
  loop
    next := switchboard.claim_v1(one.conversation_id, (p ->> 'lease_seconds')::integer, null);
    if next ->> 'outcome' = 'claimed' then
      claims := claims || jsonb_build_array(next);
    end if;
  end loop;

  set constraints all immediate;
  select count(*) into refusals from jsonb_array_elements(p -> 'results') r where r ->> 'state' = 'failed' and r ->> 'class' not in ('retry', 'retry_pair');
  select r ->> 'title' into cause from jsonb_array_elements(p -> 'results') r
  where r ->> 'state' = 'failed' and switchboard.stops_campaign(r ->> 'class', r ->> 'code') limit 1;
  update public.campaigns c set failure_streak = case when plain <> '[]' then 0 else c.failure_streak + refusals end
  where c.id = run_id and c.failure_streak is distinct from case when plain <> '[]' then 0 else c.failure_streak + refusals end;
  select * into run from public.campaigns where id = run_id;
  if cause is null and run.failure_streak >= switchboard.setting('campaign.failure_streak')::integer then
    cause := format('The provider refused %s messages in a row.', run.failure_streak);
  end if;
  if cause is not null then
    perform switchboard.stop_campaign(run_id, cause);
  end if;
  return jsonb_build_object('recorded', n, 'claims', claims, 'status', (select c.status from public.campaigns c where c.id = run_id), 'paused_reason', cause);
end $$;

-- What a crash or a lost wake-up left behind: campaigns whose start, recipients or leases are overdue.
-- p: { limit }. Returns { due: [campaign_id, …], next_due_in_ms }
create function switchboard.campaign_sweep_v1(p jsonb) returns jsonb
  language sql volatile set search_path = '' as $$
  with watched as materialized (
    select c.id, c.scheduled_at as at from public.campaigns c where c.status = 'SCHEDULED'
    union all
    select c.id, least(
        (select min(r.due_at) from public.campaign_recipients r where r.campaign_id = c.id and r.state = 'pending'),
        (select min(r.lease_until) from public.campaign_recipients r where r.campaign_id = c.id and r.state = 'leased'), c.expires_at)
    from public.campaigns c where c.status = 'RUNNING'
    union all
    select c.id, now() from public.campaigns c where c.status = 'CANCELLED' and c.pending_count > 0)
  select jsonb_build_object(
    'due', (select coalesce(jsonb_agg(d.id order by d.at), '[]') from (
      select w.id, w.at from watched w where w.at <= clock_timestamp() order by w.at limit coalesce((p ->> 'limit')::integer, 100)) d),
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from watched w having count(w.at) > 0))
$$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
