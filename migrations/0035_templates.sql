-- The catalogue of templates: what Meta says of them by list and by webhook, and what a message from one is checked against.

alter table public.templates
  add column parameter_format text not null default 'POSITIONAL' check (parameter_format in ('POSITIONAL', 'NAMED')),
  add column quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  -- why it is refused or paused, in Meta's words
  add column status_reason text,
  -- the category that Meta has announced for a later moment
  add column announced_category text check (announced_category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
  add column category_changes_at timestamptz,
  -- until when what we know of each is true: what Meta said before that is old
  add column status_at timestamptz,
  add column category_at timestamptz,
  add column quality_at timestamptz,
  -- when the list last held it
  add column seen_at timestamptz;
grant select (parameter_format, quality, status_reason, announced_category, category_changes_at, status_at, category_at, quality_at, seen_at)
  on public.templates to authenticated, service_role;
create index templates_announced on public.templates (category_changes_at) where category_changes_at is not null;

-- When a number's account was last read, and when it should be again.
create table switchboard.template_syncs (
  channel_id uuid primary key references public.channels (id) on delete cascade,
  due_at timestamptz,
  synced_at timestamptz,
  error text
);
create index template_syncs_due on switchboard.template_syncs (due_at) where due_at is not null;
alter table switchboard.template_syncs enable row level security;
alter table switchboard.template_syncs force row level security;
create policy worker on switchboard.template_syncs to switchboard_worker using (true) with check (true);
create policy definer on switchboard.template_syncs to switchboard_definer using (true) with check (true);
grant select, insert, update, delete on switchboard.template_syncs to switchboard_worker, switchboard_definer;

-- ---- messages ----------------------------------------------------------------------------------------------------------

-- What a message is about. A template's category says it, of templates that share the name the strictest; one that we do not
-- know counts as marketing, and anything else answers somebody. A template that Meta has made marketing is so at once.
create or replace function switchboard.topic_of(p_message public.messages) returns text
  language sql stable set search_path = '' as $$
  select case when p_message.type <> 'template' then 'utility' when t.category in ('UTILITY', 'AUTHENTICATION') then 'utility' else 'marketing' end
  from (select 1) one left join lateral (
    select k.category
    from public.templates x left join public.channels c on c.id = p_message.channel_id
    cross join lateral (select case when x.category_changes_at <= clock_timestamp() then x.announced_category else x.category end as category) k
    where x.business_id = p_message.business_id and x.name = p_message.payload ->> 'name' and x.language = p_message.payload ->> 'language'
      and (c.waba_id is null or x.waba_id = c.waba_id)
    order by k.category = 'MARKETING' desc limit 1) t on true
$$;

-- The template that a message is made from, as far as its parameters are checked against it; null when we do not know it.
create function switchboard.template_shape(p_message public.messages, p_waba_id text) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('components', t.components, 'parameter_format', t.parameter_format)
  from public.templates t
  where p_message.type = 'template' and t.business_id = p_message.business_id and t.waba_id = p_waba_id
    and t.name = p_message.payload ->> 'name' and t.language = p_message.payload ->> 'language'
$$;

-- What the holder of an attempt needs for the provider call.
create or replace function switchboard.claimed(p_attempt public.send_attempts) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('outcome', 'claimed', 'attempt', jsonb_build_object(
    'id', p_attempt.id, 'lease_token', p_attempt.lease_token, 'number', p_attempt.number,
    'conversation_id', m.conversation_id, 'message_id', m.id,
    'to', switchboard.recipient(m.contact_id, m.channel_id), 'content', m.payload, 'reply_to', m.reply_to,
    'template', switchboard.template_shape(m, c.waba_id),
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token,
      'secret', switchboard.channel_secret(c))))
  from public.messages m join public.channels c on c.id = m.channel_id where m.id = p_attempt.message_id
$$;

create function switchboard.template_view(p_template public.templates) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('template_id', p_template.id, 'business_id', p_template.business_id, 'waba_id', p_template.waba_id,
    'provider_template_id', p_template.provider_template_id, 'name', p_template.name, 'language', p_template.language,
    'category', p_template.category, 'status', p_template.status, 'status_reason', p_template.status_reason, 'quality', p_template.quality,
    'parameter_format', p_template.parameter_format, 'components', p_template.components)
$$;

-- Before a message: the template it would be made from. p: { template_id } or { conversation_id, name, language }. Returns
-- { template, known: whether the account's list has been read }: a template that a list lacks does not exist.
create function switchboard.find_template_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  channel public.channels;
  one public.templates;
begin
  if p ->> 'template_id' is not null then
    select * into one from public.templates where id = (p ->> 'template_id')::uuid and business_id = any (switchboard.my_business_ids());
    if not found then
      raise exception 'There is no such template.' using errcode = 'SB404', detail = jsonb_build_object('template_id', p ->> 'template_id')::text;
    end if;
    return jsonb_build_object('template', switchboard.template_view(one), 'known', true);
  end if;
  talk := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  select * into channel from public.channels where id = talk.channel_id;
  select * into one from public.templates t
  where t.business_id = talk.business_id and t.waba_id = channel.waba_id and t.name = p ->> 'name' and t.language = p ->> 'language';
  return jsonb_build_object('template', case when one.id is not null then switchboard.template_view(one) end,
    'known', exists (select from switchboard.template_syncs s join public.channels c on c.id = s.channel_id
      where c.business_id = talk.business_id and c.waba_id = channel.waba_id and s.synced_at is not null));
end $$;

-- ---- what Meta says ----------------------------------------------------------------------------------------------------

-- The status that an event means; null for one that changes nothing about whether it can be sent.
create function switchboard.template_status(p_event text, p_title text) returns text
  language sql immutable set search_path = '' as $$
  select case
    when p_event in ('REINSTATED', 'UNARCHIVED') or p_title = 'UNPAUSE' then 'APPROVED'
    when p_event = 'FLAGGED' then null
    else p_event end
$$;

-- Asks for the account's list to be read again soon.
create function switchboard.refresh_templates(p_channel_id uuid) returns void
  language sql set search_path = '' as $$
  insert into switchboard.template_syncs (channel_id, due_at) values (p_channel_id, clock_timestamp())
  on conflict (channel_id) do update set due_at = least(switchboard.template_syncs.due_at, excluded.due_at)
$$;

-- What Meta tells of templates by webhook. Events come in any order and more than once: each kind of fact has the time until
-- which it is known, and what is older changes nothing. A template that we do not know, or whose texts have changed, is read
-- with the next list. Never fails: the event itself is kept whatever it says.
create function switchboard.note_template_event() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  v jsonb := new.payload;
  moment timestamptz := coalesce(new.at, new.received_at);
  state text := switchboard.template_status(upper(v ->> 'event'), v #>> '{other_info,title}');
  reason text := coalesce(v #>> '{rejection_info,reason}', v #>> '{other_info,description}', nullif(v ->> 'reason', 'NONE'));
  grade text := upper(v ->> 'new_quality_score');
  kind text := upper(coalesce(v ->> 'new_category', case when v ? 'event' then v ->> 'message_template_category' end));
  announced text := upper(v ->> 'correct_category');
  announced_at timestamptz := case when v ->> 'category_update_timestamp' ~ '^\d{9,11}$' then to_timestamp((v ->> 'category_update_timestamp')::bigint) end;
  known boolean := false;
  one record;
begin
  for one in
    select t.id from public.templates t
    where t.org_id = new.org_id and t.waba_id = new.entry
      and (t.provider_template_id = v ->> 'message_template_id'
        or (t.name = v ->> 'message_template_name' and t.language = v ->> 'message_template_language'))
    order by t.id for no key update
  loop
    known := true;
    update public.templates t set status = state, status_reason = reason, status_at = moment
    where t.id = one.id and state is not null and coalesce(t.status_at <= moment, true);
    update public.templates t set quality = grade, quality_at = moment
    where t.id = one.id and grade in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN') and coalesce(t.quality_at <= moment, true);
    update public.templates t set category = kind, category_at = moment,
      announced_category = null, category_changes_at = null
    where t.id = one.id and announced is null and kind in ('MARKETING', 'UTILITY', 'AUTHENTICATION')
      and coalesce(t.category_at <= moment, true);
    update public.templates t set announced_category = announced, category_changes_at = announced_at
    where t.id = one.id and announced in ('MARKETING', 'UTILITY', 'AUTHENTICATION') and announced_at is not null
      and coalesce(t.category_at <= moment, true);
  end loop;
  if not known or new.field = 'message_template_components_update' then
    perform switchboard.refresh_templates(c.id) from (
      select distinct on (x.business_id) x.id from public.channels x
      where x.org_id = new.org_id and x.provider = 'meta' and x.waba_id = new.entry and x.active order by x.business_id, x.created_at, x.id) c;
  end if;
  return null;
end $$;
alter function switchboard.note_template_event() owner to switchboard_definer;
create trigger note_template_event after insert on switchboard.provider_events for each row
  when (new.provider = 'meta' and new.field in ('message_template_status_update', 'message_template_quality_update',
    'template_category_update', 'message_template_components_update'))
  execute function switchboard.note_template_event();

-- ---- the account's list ------------------------------------------------------------------------------------------------

create function switchboard.template_account(p_channel public.channels) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('channel_id', p_channel.id, 'waba_id', p_channel.waba_id, 'access_token', p_channel.access_token)
$$;

-- The account in which the caller may see to templates, with its sealed token. p: { channel_id } or { template_id }, manage:
-- whether it is to be changed there.
create function switchboard.template_account_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.templates;
  channel public.channels;
begin
  if p ->> 'template_id' is not null then
    select * into one from public.templates where id = (p ->> 'template_id')::uuid and business_id = any (switchboard.my_business_ids());
    if not found then
      raise exception 'There is no such template.' using errcode = 'SB404', detail = jsonb_build_object('template_id', p ->> 'template_id')::text;
    end if;
    select * into channel from public.channels
    where business_id = one.business_id and waba_id = one.waba_id and provider = 'meta' and access_token is not null
    order by active desc, auth_state = 'ok' desc, created_at, id limit 1;
    if not found then
      raise exception 'No number of this template''s account is connected here any more.' using errcode = 'SB409';
    end if;
  else
    select * into channel from public.channels where id = (p ->> 'channel_id')::uuid and business_id = any (switchboard.my_business_ids());
    if not found then
      raise exception 'There is no such channel.' using errcode = 'SB404', detail = jsonb_build_object('channel_id', p ->> 'channel_id')::text;
    end if;
  end if;
  perform switchboard.own_writable_business(channel.business_id);
  if (p ->> 'manage')::boolean and channel.business_id <> all (switchboard.my_managed_business_ids()) then
    raise exception 'Templates are changed by those who manage this workspace.' using errcode = 'SB403',
      detail = jsonb_build_object('business_id', channel.business_id)::text;
  elsif channel.provider <> 'meta' or channel.waba_id is null or channel.access_token is null then
    raise exception 'Templates belong to a WhatsApp account: this channel has none with a token.' using errcode = 'SB400',
      detail = jsonb_build_object('channel_id', channel.id)::text;
  end if;
  return switchboard.template_account(channel)
    || jsonb_build_object('template', case when one.id is not null then switchboard.template_view(one) end);
end $$;

-- Writes down what Meta has just said of templates. What a webhook has told since `fetched_at` stays. A minute's grace, for
-- clocks differ.
-- p: { channel_id, fetched_at (unix ms), templates: [{ id, name, language, category, status, components, parameter_format,
-- quality, reason }] }. Returns { stored, template_ids }.
create function switchboard.store_templates_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  with known as materialized (
    select to_timestamp((p ->> 'fetched_at')::double precision / 1000) as at, c.*
    from public.channels c where c.id = (p ->> 'channel_id')::uuid
  ), stored as (
    insert into public.templates as t (org_id, business_id, waba_id, provider_template_id, name, language, category, status, status_reason,
      components, parameter_format, quality, status_at, category_at, quality_at, seen_at)
    select distinct on (x ->> 'name', x ->> 'language') k.org_id, k.business_id, k.waba_id, x ->> 'id', x ->> 'name', x ->> 'language', x ->> 'category', x ->> 'status', x ->> 'reason',
      x -> 'components', x ->> 'parameter_format', x ->> 'quality', k.at - interval '1 minute', k.at - interval '1 minute', k.at - interval '1 minute', k.at
    from known k, jsonb_array_elements(p -> 'templates') x
    order by x ->> 'name', x ->> 'language'
    on conflict (business_id, waba_id, name, language) do update set
      provider_template_id = excluded.provider_template_id, components = excluded.components, parameter_format = excluded.parameter_format,
      seen_at = greatest(t.seen_at, excluded.seen_at),
      status = case when coalesce(t.status_at <= excluded.seen_at, true) then excluded.status else t.status end,
      status_reason = case when t.status_at > excluded.seen_at then t.status_reason when t.status = excluded.status
        then coalesce(excluded.status_reason, t.status_reason) else excluded.status_reason end,
      status_at = greatest(t.status_at, excluded.status_at),
      category = case when coalesce(t.category_at <= excluded.seen_at, true) then excluded.category else t.category end,
      announced_category = case when t.announced_category is distinct from excluded.category then t.announced_category end,
      category_changes_at = case when t.announced_category is distinct from excluded.category then t.category_changes_at end,
      category_at = greatest(t.category_at, excluded.category_at),
      quality = case when coalesce(t.quality_at <= excluded.seen_at, true) then coalesce(excluded.quality, t.quality) else t.quality end,
      quality_at = greatest(t.quality_at, excluded.quality_at)
    returning t.id)
  select jsonb_build_object('stored', count(*), 'template_ids', coalesce(jsonb_agg(id), '[]')) from stored
$$;

-- The list has been read to its end, or could not be. Only a whole list says what is not there any more.
-- p: { channel_id, started_at (unix ms), error, unreadable: how many templates could not be read }. Returns { templates, deleted }.
create function switchboard.end_template_sync_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  channel public.channels;
  gone integer := 0;
begin
  select * into channel from public.channels where id = (p ->> 'channel_id')::uuid;
  insert into switchboard.template_syncs as s (channel_id, due_at, synced_at, error)
  values (channel.id, case when p ->> 'error' is not null then clock_timestamp() + interval '15 minutes' end,
    case when p ->> 'error' is null then clock_timestamp() end, p ->> 'error')
  on conflict (channel_id) do update set due_at = excluded.due_at, synced_at = coalesce(excluded.synced_at, s.synced_at), error = excluded.error;
  if p ->> 'error' is null and coalesce((p ->> 'unreadable')::integer, 0) = 0 then
    update public.templates t set status = 'DELETED', status_at = clock_timestamp()
    where t.business_id = channel.business_id and t.waba_id = channel.waba_id and t.status <> 'DELETED'
      and coalesce(t.seen_at, t.created_at) < to_timestamp((p ->> 'started_at')::double precision / 1000);
    get diagnostics gone = row_count;
  end if;
  return jsonb_build_object('templates', (select count(*) from public.templates t
    where t.business_id = channel.business_id and t.waba_id = channel.waba_id and t.status <> 'DELETED'), 'deleted', gone);
end $$;

-- Accounts to be read now, each given out once in ten minutes; what Meta had announced becomes true. p: { limit, all: whether
-- those without a reason are read too, one number an account }. Returns { accounts, next_due_in_ms }.
create function switchboard.template_syncs_due_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  accounts jsonb;
begin
  update public.templates set category = announced_category, category_at = category_changes_at, announced_category = null, category_changes_at = null
  where id in (select t.id from public.templates t where t.category_changes_at <= clock_timestamp() order by t.id for no key update);
  if (p ->> 'all')::boolean then
    perform switchboard.refresh_templates(c.id) from (
      select distinct on (x.business_id, x.waba_id) x.id from public.channels x
      where x.provider = 'meta' and x.active and x.waba_id is not null and x.access_token is not null and x.auth_state = 'ok'
      order by x.business_id, x.waba_id, x.created_at, x.id) c;
  end if;
  with due as (
    select s.channel_id from switchboard.template_syncs s where s.due_at <= clock_timestamp()
    order by s.due_at, s.channel_id limit coalesce((p ->> 'limit')::integer, 20) for update skip locked
  ), taken as (
    update switchboard.template_syncs s set due_at = clock_timestamp() + interval '10 minutes' from due where s.channel_id = due.channel_id returning s.channel_id)
  select coalesce(jsonb_agg(switchboard.template_account(c)), '[]') into accounts
  from taken t join public.channels c on c.id = t.channel_id where c.waba_id is not null and c.access_token is not null;
  return jsonb_build_object('accounts', accounts,
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
      select min(s.due_at) as at from switchboard.template_syncs s union all select min(t.category_changes_at) from public.templates t) w having min(w.at) is not null));
end $$;

-- ---- changing them -----------------------------------------------------------------------------------------------------

-- Which languages of a name there are, and what speaks against deleting them. p: { channel_id, name, languages }: languages to
-- be deleted, all that are meant. Returns { channel_id, …, doomed: [{ template_id, provider_template_id, language }] }.
create function switchboard.doomed_templates_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  account jsonb := switchboard.template_account_v1(jsonb_build_object('channel_id', p -> 'channel_id', 'manage', true));
  channel public.channels;
  wanted text[] := array(select distinct e from jsonb_array_elements_text(p -> 'languages') e order by 1);
  there text[];
  busy text;
begin
  select * into channel from public.channels where id = (p ->> 'channel_id')::uuid;
  select coalesce(array_agg(t.language order by t.language), '{}') into there from public.templates t
  where t.business_id = channel.business_id and t.waba_id = channel.waba_id and t.name = p ->> 'name' and t.status <> 'DELETED';
  if there = '{}' then
    raise exception 'There is no template "%" in this account.', p ->> 'name' using errcode = 'SB404';
  elsif not wanted <@ there or wanted = '{}' then
    raise exception 'Name the languages to be deleted. "%" exists in: %.', p ->> 'name', array_to_string(there, ', ') using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('name', p ->> 'name', 'languages', there))::text;
  end if;
  select string_agg(distinct c.name, ', ') into busy from public.campaigns c join public.templates t on t.id = c.template_id
  where t.business_id = channel.business_id and t.waba_id = channel.waba_id and t.name = p ->> 'name' and t.language = any (wanted)
    and c.status in ('SCHEDULED', 'RUNNING', 'PAUSED');
  if busy is not null then
    raise exception 'Campaigns still use it: %. Cancel them first.', busy using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('campaigns', busy))::text;
  end if;
  return account || jsonb_build_object('doomed', (select jsonb_agg(jsonb_build_object('template_id', t.id,
      'provider_template_id', t.provider_template_id, 'language', t.language) order by t.language)
    from public.templates t
    where t.business_id = channel.business_id and t.waba_id = channel.waba_id and t.name = p ->> 'name' and t.language = any (wanted) and t.status <> 'DELETED'));
end $$;

-- What a command has changed at Meta a moment ago. p: { template_id, change: created | edited | deleted, category, components }.
create function switchboard.template_changed_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.templates;
begin
  update public.templates t set
    status = case p ->> 'change' when 'deleted' then 'DELETED' when 'edited' then 'PENDING' else t.status end,
    status_reason = case when p ->> 'change' = 'created' then t.status_reason end,
    status_at = case when p ->> 'change' = 'created' then t.status_at else clock_timestamp() - interval '1 minute' end,
    components = coalesce(p -> 'components', t.components),
    category = coalesce(p ->> 'category', t.category)
  where t.id = (p ->> 'template_id')::uuid and t.business_id = any (switchboard.my_managed_business_ids())
  returning * into one;
  return switchboard.template_view(one);
end $$;

-- A sync that a person asked for has ended; written down as theirs. p: { channel_id, templates, deleted }.
create function switchboard.sync_templates_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$ select p $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
