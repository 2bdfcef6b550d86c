-- Ingest: one call stores a whole webhook body. Every item gets exactly one outcome: stored, duplicate (it told us nothing
-- new), parked (its message is not here yet) or quarantined (we cannot place it); the four add up to the items that came in.
--
-- Locks, always in this order, so that calls never wait for each other in a ring: channel (advisory), person (advisory),
-- conversations by (channel, contact), messages, contacts by id.

create type switchboard.inbound_item as (
  n integer,
  kind text,
  event jsonb,
  org_id uuid,
  business_id uuid,
  channel_id uuid,
  -- whose line it is, as far as known; and whether we know all the names that came with it
  contact_id uuid,
  acquainted boolean,
  provider_id text,
  -- the row that it repeats, or that it is about
  message_id uuid,
  at timestamptz,
  -- an item before it says exactly the same
  repeated boolean
);

-- Rank of a delivery status: a message only ever climbs. Whatever the provider says later, in any order and any number
-- of times, the highest wins: `failed` outranks `sent` but not `delivered`. No search path, so that it can be inlined.
create function switchboard.delivery_rank(status text) returns integer
  language sql immutable parallel safe as $$
  select case status when 'queued' then 1 when 'sending' then 2 when 'unknown' then 3 when 'held' then 4 when 'sent' then 5
    when 'expired' then 6 when 'failed' then 7 when 'delivered' then 8 when 'read' then 9 else 0 end
$$;

create function switchboard.quarantine(
  p_provider text, p_account text, p_kind text, p_reason text, p_detail text, p_event jsonb, p_received_at timestamptz)
  returns void language sql set search_path = '' as $$
  insert into switchboard.quarantined_events (provider, account, kind, reason, detail, raw, received_at)
  values (p_provider, p_account, coalesce(p_kind, 'unknown'), p_reason, p_detail, convert_to(p_event::text, 'UTF8'), p_received_at)
$$;

create function switchboard.park(p_channel_id uuid, p_target text, p_kind text, p_event jsonb) returns boolean
  language sql set search_path = '' as $$
  with parked as (
    insert into switchboard.parked_events (channel_id, target, kind, digest, event)
    values (p_channel_id, p_target, p_kind, md5((p_event - 'raw')::text), p_event)
    on conflict do nothing returning 1)
  select exists (select from parked)
$$;

-- Keeps what is told about an account, or about a message in words that we do not know, as it came.
create function switchboard.keep_raw(
  p_provider text, p_org_id uuid, p_entry text, p_field text, p_dedupe text, p_event jsonb, p_received_at timestamptz)
  returns text language plpgsql set search_path = '' as $$
begin
  insert into switchboard.provider_events (provider, org_id, entry, field, dedupe, at, payload, received_at)
  values (p_provider, p_org_id, p_entry, p_field, p_dedupe, to_timestamp((p_event ->> 'at')::double precision),
    coalesce(p_event -> 'raw', p_event), p_received_at)
  on conflict (provider, dedupe) do nothing;
  return case when found then 'stored' else 'duplicate' end;
end $$;

-- An event of a whole account goes to the organization of the number it names, or of the account's numbers.
create function switchboard.store_account_event(p_provider text, p_event jsonb, p_received_at timestamptz) returns text
  language plpgsql set search_path = '' as $$
declare
  owner_id uuid := coalesce(
    (select c.org_id from public.channels c
      where c.provider = p_provider and c.phone_number_id = p_event ->> 'account' and c.active),
    (select c.org_id from public.channels c where c.provider = p_provider and c.waba_id = p_event ->> 'entry'
      order by c.active desc, c.created_at, c.id limit 1));
begin
  if owner_id is null then
    perform switchboard.quarantine(p_provider, p_event ->> 'entry', 'account', 'unknown_account',
      'no channel belongs to this account', p_event, p_received_at);
    return 'quarantined';
  end if;
  return switchboard.keep_raw(p_provider, owner_id, p_event ->> 'entry', p_event ->> 'field', p_event ->> 'dedupe', p_event, p_received_at);
end $$;

-- ---- who wrote -------------------------------------------------------------------------------------------------------

-- Names that a person no longer goes by: a late message is still theirs.
create index contact_identities_past on public.contact_identities (business_id, kind, scope, value, ended_at) where ended_at is not null;

create function switchboard.identity_holder(p_business_id uuid, p_kind text, p_scope text, p_values text[]) returns uuid
  language sql stable set search_path = '' as $$
  select i.contact_id from public.contact_identities i
  where i.business_id = p_business_id and i.kind = p_kind and i.scope = p_scope and i.value = any (p_values) and i.ended_at is null
  order by array_position(p_values, i.value) limit 1
$$;

create function switchboard.add_identity(p_contact public.contacts, p_kind text, p_scope text, p_value text) returns void
  language sql set search_path = '' as $$
  insert into public.contact_identities (org_id, business_id, contact_id, kind, scope, value)
  select p_contact.org_id, p_contact.business_id, p_contact.id, p_kind, p_scope, p_value where p_value <> ''
  on conflict (business_id, kind, scope, value) where ended_at is null do nothing
$$;

-- Takes a number from everybody but its new holder: whoever had it keeps the thread, nobody inherits a stranger's.
create function switchboard.release_number(p_business_id uuid, p_number text, p_holder uuid, p_at timestamptz) returns void
  language sql set search_path = '' as $$
  update public.contact_identities i set ended_at = p_at, ended_reason = 'number has a new holder'
  where i.business_id = p_business_id and i.kind = 'wa_id' and i.scope = '' and i.value = p_number and i.ended_at is null
    and i.contact_id is distinct from p_holder;
  update public.contacts c set phone = null, wa_id = null
  where c.business_id = p_business_id and c.id is distinct from p_holder and (c.phone = '+' || p_number or c.id in (
    select i.contact_id from public.contact_identities i
    where i.business_id = p_business_id and i.kind = 'wa_id' and i.scope = '' and i.value = p_number and i.ended_at = p_at))
$$;

-- Every spelling under which a reference's number may be on file (Brazil, Argentina, Mexico); the provider's own first.
create function switchboard.spellings(p_ref jsonb) returns text[]
  language sql immutable set search_path = '' as $$
  select array_remove(nullif(p_ref ->> 'wa_id', '') || array(select jsonb_array_elements_text(coalesce(p_ref -> 'variants', '[]'))), null)
$$;

-- Makes callers with the same people wait for each other, in one order for everybody.
create function switchboard.lock_people(p_business_ids uuid[], p_refs jsonb[]) returns void
  language sql set search_path = '' as $$
  select pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended(r.business_id::text || name, 0) as key
    from unnest(p_business_ids, p_refs) r (business_id, ref)
    cross join unnest(array[
      (select min(s) from unnest(switchboard.spellings(r.ref)) s),
      coalesce(r.ref ->> 'scope', '') || '/' || nullif(r.ref ->> 'bsuid', '')]) name
    where name is not null
    order by 1) k
$$;

-- Finds the contact that a reference names, makes one, or links a name to one we have. The caller has locked the person.
-- A number that shows up under another business-scoped id has a new holder: the old contact keeps its thread and loses
-- the number. Two contacts that already own one name each are left apart; the business-scoped id decides.
create function switchboard.resolve_contact(p_org_id uuid, p_business_id uuid, p_platform text, p_ref jsonb, p_at timestamptz) returns uuid
  language plpgsql set search_path = '' as $$
declare
  wa text := nullif(p_ref ->> 'wa_id', '');
  number text := nullif(p_ref ->> 'phone', '');
  user_id text := nullif(p_ref ->> 'bsuid', '');
  portfolio text := coalesce(p_ref ->> 'scope', '');
  spellings text[] := switchboard.spellings(p_ref);
  by_user uuid := switchboard.identity_holder(p_business_id, 'bsuid', portfolio, array[user_id]);
  by_number uuid := switchboard.identity_holder(p_business_id, 'wa_id', '', spellings);
  holder public.contacts;
begin
  if wa is null and user_id is null then
    raise exception 'a contact needs a number or a user id' using errcode = '22023';
  end if;
  if by_number is null and cardinality(spellings) > 0 then
    -- typed in by a person, never heard from: the provider's spelling may differ by a digit
    select c.id into by_number from public.contacts c
    where c.business_id = p_business_id and c.wa_id is null and c.phone = any (number || array(select '+' || s from unnest(spellings) s))
    order by c.created_at, c.id limit 1;
  end if;
  if by_user is null and by_number is not null and user_id is not null and exists (
    select from public.contact_identities i
    where i.contact_id = by_number and i.kind = 'bsuid' and i.scope = portfolio and i.ended_at is null) then
    perform switchboard.release_number(p_business_id, i.value, null, p_at)
    from public.contact_identities i where i.contact_id = by_number and i.kind = 'wa_id' and i.ended_at is null;
    by_number := null;
  end if;

  if by_user is null and by_number is null then
    insert into public.contacts (org_id, business_id, platform, platform_id, name, phone, wa_id)
    values (p_org_id, p_business_id, p_platform, coalesce(wa, user_id), nullif(p_ref ->> 'name', ''),
      (select number where not exists (select from public.contacts c where c.business_id = p_business_id and c.phone = number)), wa)
    returning * into holder;
  else
    select * into holder from public.contacts where id = coalesce(by_user, by_number);
  end if;
  if by_number is null or by_number = holder.id then
    perform switchboard.add_identity(holder, 'wa_id', '', wa);
  end if;
  perform switchboard.add_identity(holder, 'bsuid', portfolio, user_id);
  perform switchboard.add_identity(holder, 'parent_bsuid', '', nullif(p_ref ->> 'parent_bsuid', ''));
  return holder.id;
end $$;

-- Fills what a contact's own row lacks. Never overwrites: a person may have corrected it.
create function switchboard.complete_contact(p_contact_id uuid, p_ref jsonb) returns void
  language sql set search_path = '' as $$
  update public.contacts c set name = coalesce(c.name, f.name), wa_id = coalesce(c.wa_id, f.wa_id), phone = coalesce(c.phone, f.phone)
  from (
    select nullif(p_ref ->> 'name', '') as name,
      (select i.value from public.contact_identities i
        where i.contact_id = p_contact_id and i.kind = 'wa_id' and i.value = p_ref ->> 'wa_id' and i.ended_at is null) as wa_id,
      (select p_ref ->> 'phone' where exists (
          select from public.contact_identities i
          where i.contact_id = p_contact_id and i.kind = 'wa_id' and i.value = any (switchboard.spellings(p_ref)) and i.ended_at is null)
        and not exists (
          select from public.contacts o join public.contacts me on me.id = p_contact_id
          where o.business_id = me.business_id and o.phone = p_ref ->> 'phone')) as phone) f
  where c.id = p_contact_id
    and (c.name is null and f.name is not null or c.wa_id is null and f.wa_id is not null or c.phone is null and f.phone is not null)
$$;

-- The provider says that a person goes by other names from now on. Old names stay in the history with their end, by the
-- provider's clock.
create function switchboard.rename_contact(p_contact_id uuid, p_next jsonb, p_at timestamptz, p_reason text) returns void
  language plpgsql set search_path = '' as $$
declare
  holder public.contacts;
  wa text := nullif(p_next ->> 'wa_id', '');
  user_id text := nullif(p_next ->> 'bsuid', '');
  portfolio text := coalesce(p_next ->> 'scope', '');
begin
  select * into holder from public.contacts where id = p_contact_id for no key update;
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

-- ---- what happened to a message --------------------------------------------------------------------------------------

-- Delivery statuses, any number for any messages. Times are the earliest that the provider named for each step; `read`
-- implies `delivered`; of several errors or prices one and the same wins in any order. Returns for each status whether
-- it told us anything new, null where the message is not one of ours. The caller holds the conversations.
create function switchboard.apply_statuses(p_message_ids uuid[], p_events jsonb[]) returns boolean[]
  language plpgsql set search_path = '' as $$
declare
  news boolean[];
  undelivered uuid[];
begin
  with reported as (
    select r.message_id, r.event, r.n, s.step, case s.step when 'played' then 'read' else s.step end as reached,
      to_timestamp((r.event ->> 'at')::double precision) as moment
    from unnest(p_message_ids, p_events) with ordinality r (message_id, event, n)
    cross join lateral (select r.event ->> 'status' as step) s
  ), facts as (
    select message_id,
      (array_agg(reached order by switchboard.delivery_rank(reached) desc))[1] as reached,
      min(moment) filter (where step = 'sent') as sent_at,
      min(moment) filter (where step in ('delivered', 'read', 'played')) as delivered_at,
      min(moment) filter (where step in ('read', 'played')) as read_at,
      min(moment) filter (where step = 'played') as played_at,
      min(moment) filter (where step = 'failed') as failed_at,
      (array_agg(event -> 'error' order by event -> 'error' desc nulls last) filter (where step = 'failed'))[1] as error,
      (array_agg(event -> 'pricing' order by event -> 'pricing' desc nulls last))[1] as pricing,
      min(event ->> 'provider_id') as provider_id
    from reported group by message_id
  ), before as (
    select m.* from public.messages m where m.id = any (p_message_ids)
  ), after as (
    update public.messages m set
      wa_message_id = coalesce(m.wa_message_id, f.provider_id),
      delivery_status = case
        when switchboard.delivery_rank(f.reached) > switchboard.delivery_rank(m.delivery_status) then f.reached else m.delivery_status end,
      sent_at = least(m.sent_at, f.sent_at),
      delivered_at = least(m.delivered_at, f.delivered_at),
      read_at = least(m.read_at, f.read_at),
      played_at = least(m.played_at, f.played_at),
      failed_at = least(m.failed_at, f.failed_at),
      error = greatest(m.error, f.error),
      pricing = greatest(m.pricing, f.pricing)
    from facts f
    where m.id = f.message_id and m.direction = 'outbound'
    returning m.id, m.delivery_status, m.sender_type, m.approved_at
  )
  select
    (select array_agg(case when b.direction = 'outbound' then
        switchboard.delivery_rank(r.reached) > switchboard.delivery_rank(b.delivery_status)
        or b.wa_message_id is null
        or (r.step = 'sent' and r.moment < coalesce(b.sent_at, 'infinity'))
        or (r.step in ('delivered', 'read', 'played') and r.moment < coalesce(b.delivered_at, 'infinity'))
        or (r.step in ('read', 'played') and r.moment < coalesce(b.read_at, 'infinity'))
        or (r.step = 'played' and r.moment < coalesce(b.played_at, 'infinity'))
        or (r.step = 'failed' and (r.moment < coalesce(b.failed_at, 'infinity')
          or greatest(b.error, r.event -> 'error') is distinct from b.error))
        or greatest(b.pricing, r.event -> 'pricing') is distinct from b.pricing end order by r.n)
      from reported r left join before b on b.id = r.message_id),
    (select array_agg(a.id) from after a join before b on b.id = a.id
      where a.delivery_status = 'failed' and b.delivery_status is distinct from 'failed' and a.sender_type = 'ai' and a.approved_at is null)
  into news, undelivered;

  -- the provider knows these messages, so it took them: attempts whose answer we never saw are settled
  update public.send_attempts a set state = 'accepted', lease_until = null, ended_at = coalesce(a.ended_at, now()),
    provider_message_id = coalesce(a.provider_message_id, r.event ->> 'provider_id')
  from unnest(p_message_ids, p_events) r (message_id, event)
  where a.message_id = r.message_id and a.state in ('sending', 'unknown')
    and (r.event ->> 'attempt_id' is null or a.id = (r.event ->> 'attempt_id')::uuid);

  -- 131047: Meta counts the window as closed (unless the customer wrote again after that)
  update public.conversations v set window_expires_at = to_timestamp((r.event ->> 'at')::double precision)
  from unnest(p_message_ids, p_events) r (message_id, event) join public.messages m on m.id = r.message_id
  where r.event #>> '{error,code}' = '131047' and v.id = m.conversation_id
    and to_timestamp((r.event ->> 'at')::double precision) between v.window_expires_at - interval '24 hours' and v.window_expires_at;

  if undelivered is not null then
    -- a customer whom the AI could not reach gets a person
    perform switchboard.hand_over(m.conversation_id, 'reply_not_delivered') from public.messages m where m.id = any (undelivered);
  end if;
  return news;
end $$;

-- An edit or a revoke. The newest edit shows, a revoke is final; every edit is kept, whatever came first. A line that is
-- still unanswered counts as new input when its text changes. Returns whether it told us anything new. The caller holds
-- the conversation.
create function switchboard.apply_change(p_message_id uuid, p_event jsonb) returns boolean
  language plpgsql set search_path = '' as $$
declare
  moment timestamptz := to_timestamp((p_event ->> 'at')::double precision);
  line public.messages;
  edits jsonb;
  newest jsonb;
begin
  select * into line from public.messages where id = p_message_id for no key update;
  if p_event ->> 'kind' = 'revoke' then
    if moment >= line.revoked_at then
      return false;
    end if;
    update public.messages set revoked_at = moment, content = '[message deleted]', media_url = null where id = line.id;
    if line.revoked_at is not null then
      return true;
    end if;
  else
    if line.payload -> 'edits' @> jsonb_build_array(jsonb_build_object('id', p_event -> 'provider_id')) then
      return false;
    end if;
    -- two edits in the same second: the provider's id breaks the tie the same way in any order
    select jsonb_agg(e order by (e -> 'at')::numeric, e ->> 'id') into edits
    from jsonb_array_elements(coalesce(line.payload -> 'edits', '[]') || jsonb_build_object('id', p_event -> 'provider_id',
      'at', (p_event ->> 'at')::numeric, 'type', p_event -> 'type', 'content', p_event -> 'content',
      'media_type', p_event #> '{media,mime_type}', 'raw', p_event -> 'raw')) e;
    newest := edits -> -1;
    update public.messages set
      content = case when revoked_at is null then newest ->> 'content' else content end,
      type = newest ->> 'type', media_type = coalesce(newest ->> 'media_type', media_type),
      edited_at = to_timestamp((newest ->> 'at')::double precision),
      payload = jsonb_set(case jsonb_typeof(payload) when 'object' then payload else '{}' end, '{edits}', edits)
    where id = line.id;
    if line.revoked_at is not null or newest -> 'id' <> p_event -> 'provider_id' then
      return true;
    end if;
  end if;
  update public.conversations v set inbound_version = v.inbound_version + 1
  where v.id = line.conversation_id and line.direction = 'inbound' and line.inbound_version > v.answered_version;
  return true;
end $$;

-- Applies what was parked for messages that have just become known. The caller holds the conversations.
create function switchboard.apply_parked(p_channel_id uuid, p_targets text[]) returns void
  language plpgsql set search_path = '' as $$
declare
  waiting record;
begin
  for waiting in
    with taken as (
      delete from switchboard.parked_events where channel_id = p_channel_id and target = any (p_targets) returning *)
    select m.id as message_id,
      array_agg(t.event order by t.id) filter (where t.kind = 'status') as statuses,
      array_agg(t.event order by t.id) filter (where t.kind <> 'status') as changes
    from taken t join public.messages m on m.channel_id = p_channel_id and m.wa_message_id = t.target
    group by m.id order by m.id
  loop
    if waiting.statuses is not null then
      perform switchboard.apply_statuses(array_fill(waiting.message_id, array[cardinality(waiting.statuses)]), waiting.statuses);
    end if;
    if waiting.changes is not null then
      perform switchboard.apply_change(waiting.message_id, e) from unnest(waiting.changes) e;
    end if;
  end loop;
end $$;

-- ---- a batch ---------------------------------------------------------------------------------------------------------

-- Each item with its number's channel, its person and its message as far as we know them. Index look-ups only, one by
-- one, so that no estimate can turn them into a scan of a large table.
create function switchboard.place_items(p_provider text, p_received_at timestamptz, p_items jsonb) returns switchboard.inbound_item[]
  language sql stable set search_path = '' as $$
  with named as (
    select e.n::integer as n, e.event, e.event ->> 'kind' as kind, e.event ->> 'provider_id' as provider_id,
      -- a clock ahead of ours may not open a window into the future
      least(to_timestamp((e.event ->> 'at')::double precision), p_received_at + interval '2 minutes') as at,
      row_number() over (
        partition by e.event ->> 'account', e.event ->> 'kind', e.event ->> 'provider_id',
          case when e.event ->> 'kind' = 'status' then e.event end order by e.n) > 1 as repeated,
      nullif(e.event #>> '{contact,wa_id}', '') as wa, nullif(e.event #>> '{contact,bsuid}', '') as user_id
    from jsonb_array_elements(p_items) with ordinality e (event, n)
  )
  select array_agg((r.n, r.kind, r.event, c.org_id, c.business_id, c.id,
      coalesce(p.by_user, p.former, p.by_number),
      coalesce(p.former is not null and p.by_user is null
        or ((r.user_id is null or p.by_user is not null) and (r.wa is null or p.by_number is not null) and coalesce(p.by_user = p.by_number, true)
          and (r.event #>> '{contact,name}' is null
            or (select k.name is not null from public.contacts k where k.id = coalesce(p.by_user, p.by_number)))), false),
      r.provider_id, t.message_id, r.at, r.repeated)::switchboard.inbound_item order by r.n)
  from named r
  left join lateral (
    select k.org_id, k.business_id, k.id, k.portfolio_id from public.channels k
    where k.provider = p_provider and k.phone_number_id = r.event ->> 'account' and k.active limit 1) c on true
  left join lateral (
    select
      (select i.contact_id from public.contact_identities i
        where i.business_id = c.business_id and i.kind = 'bsuid' and i.scope = s.scope and i.value = r.user_id and i.ended_at is null) as by_user,
      (select i.contact_id from public.contact_identities i
        where i.business_id = c.business_id and i.kind = 'wa_id' and i.scope = '' and i.value = r.wa and i.ended_at is null) as by_number,
      -- a line from before its writer's name passed to another; a number alone says nothing once a user id is given
      (select i.contact_id from public.contact_identities i
        where i.business_id = c.business_id and i.kind = case when r.user_id is null then 'wa_id' else 'bsuid' end
          and i.scope = case when r.user_id is null then '' else s.scope end and i.value = coalesce(r.user_id, r.wa)
          and i.ended_at >= r.at order by i.ended_at limit 1) as former
    from (select coalesce(c.portfolio_id, r.event #>> '{contact,scope}', '') as scope) s
    offset 0) p on r.kind in ('message', 'identity')
  left join lateral (
    select coalesce(
      (select m.id from public.send_attempts a join public.messages m on m.id = a.message_id
        where r.kind = 'status' and a.id = (r.event ->> 'attempt_id')::uuid and m.channel_id = c.id and m.wa_message_id is null),
      (select m.id from public.messages m
        where m.channel_id = c.id and m.wa_message_id = coalesce(r.event ->> 'target', r.provider_id))) as message_id
    offset 0) t on true
$$;

-- Whether an item is about a message and that message is not here.
create function switchboard.is_early(x switchboard.inbound_item) returns boolean
  language sql immutable as $$
  select x.channel_id is not null and x.message_id is null
    and (x.kind in ('edit', 'revoke') or x.kind = 'status' and x.event ->> 'status' <> 'other')
$$;

-- Whoever parks an event for a message of a channel waits until nobody is storing messages there and the other way
-- round: otherwise both could miss each other, and the event would wait for a message that is long here.
create function switchboard.lock_channels(p_items switchboard.inbound_item[]) returns void
  language sql set search_path = '' as $$
  select case when k.parks then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
  from (
    select hashtextextended('channel ' || x.channel_id, 0) as key, bool_or(switchboard.is_early(x)) as parks
    from unnest(p_items) x
    where x.channel_id is not null and (x.kind = 'message' and x.message_id is null or switchboard.is_early(x))
    group by x.channel_id order by 1) k
$$;

-- Whether an item is a line that the thread does not have yet.
create function switchboard.is_new(x switchboard.inbound_item) returns boolean
  language sql immutable as $$
  select x.kind in ('message', 'identity') and x.channel_id is not null and x.provider_id <> ''
    and x.message_id is null and not x.repeated
$$;

-- A person as an event names them (`contact`, or `next` after a change), with what their user id is scoped to.
create function switchboard.contact_ref(p_event jsonb, p_name text, p_portfolio_id text) returns jsonb
  language sql immutable as $$
  select p_event -> p_name || jsonb_build_object('scope', coalesce(p_portfolio_id, p_event #>> array[p_name, 'scope'], p_event #>> '{contact,scope}', ''))
$$;

-- The people of new lines whom we do not know under every name that came with them.
create function switchboard.strangers(p_items switchboard.inbound_item[])
  returns table (org_id uuid, business_id uuid, platform text, ref jsonb, at timestamptz)
  language sql stable set search_path = '' as $$
  select x.org_id, x.business_id, h.platform, r.ref, min(x.at)
  from unnest(p_items) x join public.channels h on h.id = x.channel_id
  cross join lateral (select switchboard.contact_ref(x.event, 'contact', h.portfolio_id) as ref offset 0) r
  where switchboard.is_new(x) and not x.acquainted
  group by 1, 2, 3, 4 order by min(x.n)
$$;

-- Takes the conversations that the batch writes to, where it will not only append to them: messages are written under
-- their conversation's lock.
create function switchboard.lock_conversations(p_items switchboard.inbound_item[]) returns void
  language plpgsql set search_path = '' as $$
begin
  if not exists (select from unnest(p_items) x where x.message_id is not null and (x.kind <> 'message' or x.event ? 'media')) then
    return;
  end if;
  perform 1 from public.conversations v
  where v.id in (
    select m.conversation_id from unnest(p_items) x join public.messages m on m.id = x.message_id
    union all
    select o.id from unnest(p_items) x join public.conversations o on o.channel_id = x.channel_id and o.contact_id = x.contact_id
    where switchboard.is_new(x))
  order by v.channel_id, v.contact_id
  for no key update;
  if exists (select from unnest(p_items) x where x.message_id is not null and not exists (select from public.messages m where m.id = x.message_id)) then
    raise exception 'a message went while we waited for its conversation' using errcode = 'SB001';
  end if;
end $$;

-- Writes new lines into their threads, and says which deadlines that armed. Conversations are made, or locked and
-- advanced, in one statement and one order; a line's place follows from the number its conversation had.
create function switchboard.store_lines(p_received_at timestamptz, p_items switchboard.inbound_item[]) returns jsonb
  language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  expected integer;
  written integer;
  wake jsonb;
begin
  with fresh as (
    select x.*,
      x.kind = 'message' and x.event ->> 'direction' = 'inbound' and x.event ->> 'origin' = 'live'
        and x.event ->> 'type' <> 'system' as live,
      x.kind = 'message' and x.event ->> 'direction' = 'inbound' and x.event ->> 'origin' = 'live'
        and x.event ->> 'type' not in ('reaction', 'system') as asks,
      x.kind = 'message' and x.event ->> 'origin' = 'phone' as echo,
      (x.event ->> 'wakes')::boolean and p_received_at - x.at <= (
        select make_interval(secs => coalesce(substring(s.value from '^[0-9]{1,8}$')::integer, 900))
        from public.app_config s where s.key = 'ai.late_after_seconds') as wakes
    from unnest(p_items) x
    where switchboard.is_new(x)
  ), per_conversation as (
    select f.org_id, f.business_id, f.channel_id, f.contact_id,
      count(*) as lines,
      count(*) filter (where f.asks) as asking,
      count(*) filter (where f.echo) as echoes,
      coalesce(bool_or(f.wakes), false) as wakes,
      max(f.at) as last_at,
      max(f.at) filter (where f.live) as last_live_at
    from fresh f group by 1, 2, 3, 4
  ), advanced as (
    insert into public.conversations as v (org_id, business_id, channel_id, contact_id, status, last_message_at, window_expires_at,
      unread_count, message_seq, inbound_version, epoch, ai_blocked_reason, ai_waiting_since, ai_due_at)
    select p.org_id, p.business_id, p.channel_id, p.contact_id,
      case when p.echoes > 0 then 'assigned' else 'ai_handling' end,
      p.last_at, p.last_live_at + interval '24 hours', p.asking, p.lines, p.asking, p.echoes,
      case when p.echoes > 0 then 'assigned' end,
      case when a.may then now() end,
      case when a.may then now() + make_interval(secs => least(a.ai_delay_seconds, a.ai_max_wait_seconds)) end
    from per_conversation p
    cross join lateral (
      select c.ai_delay_seconds, c.ai_max_wait_seconds, p.wakes and p.echoes = 0 and c.auth_state = 'ok' and b.ai_enabled as may
      from public.channels c join public.businesses b on b.id = c.business_id where c.id = p.channel_id) a
    order by p.channel_id, p.contact_id
    on conflict (channel_id, contact_id) do update set
      last_message_at = greatest(v.last_message_at, excluded.last_message_at),
      window_expires_at = greatest(v.window_expires_at, excluded.window_expires_at),
      unread_count = v.unread_count + excluded.unread_count,
      message_seq = v.message_seq + excluded.message_seq,
      inbound_version = v.inbound_version + excluded.inbound_version,
      epoch = v.epoch + excluded.epoch,
      -- a customer's line reopens what was resolved; a person's line from the phone takes over what the AI had
      status = case
        when excluded.epoch > 0 and (v.status = 'ai_handling' or v.status = 'resolved' and excluded.inbound_version > 0) then 'assigned'
        when v.status = 'resolved' and excluded.inbound_version > 0 then 'ai_handling'
        else v.status end,
      assigned_to = case when v.status = 'resolved' and excluded.inbound_version > 0 then null else v.assigned_to end,
      ai_blocked_reason = case when excluded.ai_due_at is not null and v.status <> 'assigned' and v.ai_enabled then null
        else v.ai_blocked_reason end,
      answered_version = case when excluded.epoch > 0 then v.inbound_version else v.answered_version end,
      ai_waiting_since = case
        when excluded.epoch > 0 then null
        when excluded.ai_due_at is null or v.status = 'assigned' or not v.ai_enabled then v.ai_waiting_since
        else coalesce(v.ai_waiting_since, now()) end,
      ai_due_at = case
        when excluded.epoch > 0 then null
        when excluded.ai_due_at is null or v.status = 'assigned' or not v.ai_enabled then v.ai_due_at
        else least(excluded.ai_due_at, greatest(now(), coalesce(v.ai_waiting_since, now()) + (
          select make_interval(secs => c.ai_max_wait_seconds) from public.channels c where c.id = v.channel_id))) end
    returning v.id, v.channel_id, v.contact_id, v.message_seq, v.inbound_version, v.ai_due_at, v.ai_waiting_since
  ), numbered as (
    select f.*, v.id as conversation_id,
      v.message_seq - count(*) over (partition by v.id) + row_number() over (partition by v.id order by f.at, f.n) as seq,
      case when f.asks then
        v.inbound_version - count(*) filter (where f.asks) over (partition by v.id)
          + count(*) filter (where f.asks) over (partition by v.id order by f.at, f.n)
      end as version
    from fresh f join advanced v on v.channel_id = f.channel_id and v.contact_id = f.contact_id
  ), stored as (
    insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content,
      media_type, wa_message_id, delivery_status, read, created_at, type, origin, payload, seq, inbound_version, provider_ts,
      received_at, reply_to)
    select q.conversation_id, q.business_id, q.org_id, q.channel_id, q.contact_id,
      coalesce(q.event ->> 'direction', 'inbound'),
      case when q.event ->> 'direction' = 'outbound' then 'agent' else 'contact' end,
      q.event ->> 'content', q.event #>> '{media,mime_type}', q.provider_id,
      case when q.event ->> 'direction' = 'outbound' then 'sent' end,
      q.version is null,
      -- the provider counts in seconds; the place in the thread breaks ties, so that sorting by time is sorting the thread
      q.at + make_interval(secs => (q.seq % 1000000) * 0.000001),
      coalesce(q.event ->> 'type', 'system'), coalesce(q.event ->> 'origin', 'live'),
      q.event -> 'raw', q.seq, q.version, q.at, p_received_at, q.event ->> 'reply_to'
    from numbered q
    on conflict (channel_id, wa_message_id) where wa_message_id is not null do nothing
    returning id)
  select (select count(*) from numbered), (select count(*) from stored),
    coalesce((select jsonb_agg(jsonb_build_object('conversation_id', v.id,
        'due_in_ms', greatest(0, ceil(extract(epoch from v.ai_due_at - clock_timestamp()) * 1000))::integer))
      from advanced v where v.ai_waiting_since = now() and v.ai_due_at is not null), '[]')
  into expected, written, wake;
  if written <> expected then
    raise exception 'another call stored one of these messages first' using errcode = 'SB001';
  end if;
  return wake;
end $$;

-- Media that came with messages: a row each for whoever fetches it. The file of an imported line may come after the line
-- and under the same id (Meta's history): what the line lacks is filled in. Returns the numbers of such items.
create function switchboard.store_media(p_items switchboard.inbound_item[]) returns integer[]
  language plpgsql set search_path = '' as $$
declare
  filled integer[];
begin
  with filling as (
    update public.messages m set
      media_type = x.event #>> '{media,mime_type}',
      type = case when m.edited_at is null then x.event ->> 'type' else m.type end,
      content = case when m.edited_at is null and m.revoked_at is null then x.event ->> 'content' else m.content end,
      payload = case when m.payload ? 'edits' then jsonb_set(x.event -> 'raw', '{edits}', m.payload -> 'edits') else x.event -> 'raw' end
    from unnest(p_items) x
    where x.kind = 'message' and x.event #>> '{media,mime_type}' is not null and not switchboard.is_new(x)
      and m.channel_id = x.channel_id and m.wa_message_id = x.provider_id and m.media_type is null
    returning x.n)
  select array_agg(n) into filled from filling;

  insert into public.media_files (org_id, business_id, message_id, provider_media_id, mime_type, sha256, filename)
  select distinct on (m.id) m.org_id, m.business_id, m.id, x.event #>> '{media,id}', x.event #>> '{media,mime_type}',
    x.event #>> '{media,sha256}', x.event #>> '{media,filename}'
  from unnest(p_items) x join public.messages m on m.channel_id = x.channel_id and m.wa_message_id = x.provider_id
  where x.kind = 'message' and x.event #>> '{media,id}' is not null
    and not exists (select from public.media_files f where f.message_id = m.id)
  order by m.id, x.n;
  return filled;
end $$;

-- What is about messages, accounts or nobody: item by item, except statuses. Returns each item's outcome under its number.
create function switchboard.store_others(p_provider text, p_received_at timestamptz, p_items switchboard.inbound_item[], p_outcomes text[])
  returns text[] language plpgsql set search_path = '' as $$
declare
  outcomes text[] := p_outcomes;
  i switchboard.inbound_item;
  numbers integer[];
  news boolean[];
begin
  -- our own message came back as an echo, and now a status says that the two are one
  perform switchboard.merge_echo(m, x.provider_id) from unnest(p_items) x join public.messages m on m.id = x.message_id
  where x.kind = 'status' and x.event ? 'attempt_id' and m.wa_message_id is null;
  select array_agg(x.n order by x.n), switchboard.apply_statuses(array_agg(x.message_id order by x.n), array_agg(x.event order by x.n))
  into numbers, news
  from unnest(p_items) x
  where x.kind = 'status' and x.message_id is not null and not x.repeated and x.event ->> 'status' <> 'other'
  having count(*) > 0;
  for k in 1 .. coalesce(cardinality(numbers), 0) loop
    outcomes[numbers[k]] := case when news[k] then 'stored' when not news[k] then 'duplicate' end;
  end loop;

  for i in
    select * from unnest(p_items) x
    where p_outcomes[x.n] is null and outcomes[x.n] is null order by x.n
  loop
    if i.kind = 'malformed' then
      perform switchboard.quarantine(p_provider, i.event ->> 'account', i.kind, 'malformed', i.event ->> 'reason',
        coalesce(i.event -> 'raw', i.event), p_received_at);
      outcomes[i.n] := 'quarantined';
    elsif i.kind = 'account' then
      outcomes[i.n] := switchboard.store_account_event(p_provider, i.event, p_received_at);
    elsif i.channel_id is null then
      perform switchboard.quarantine(p_provider, i.event ->> 'account', i.kind,
        case when exists (select from public.channels c where c.provider = p_provider and c.phone_number_id = i.event ->> 'account')
          then 'channel_inactive' else 'unknown_channel' end,
        'no active channel has this number', i.event, p_received_at);
      outcomes[i.n] := 'quarantined';
    elsif i.provider_id is null or i.provider_id = '' or i.kind is null
      or i.kind not in ('status', 'edit', 'revoke') then
      perform switchboard.quarantine(p_provider, i.event ->> 'account', i.kind, 'malformed', 'no id, or no kind that we know', i.event, p_received_at);
      outcomes[i.n] := 'quarantined';
    elsif i.repeated then
      outcomes[i.n] := 'duplicate';
    elsif switchboard.is_early(i) then
      outcomes[i.n] := case when switchboard.park(i.channel_id, coalesce(i.event ->> 'target', i.provider_id), i.kind, i.event)
        then 'parked' else 'duplicate' end;
    elsif i.kind = 'status' then
      outcomes[i.n] := switchboard.keep_raw(p_provider, i.org_id, i.event ->> 'account', 'statuses',
        'status ' || i.provider_id || ' ' || md5(i.event::text), i.event, p_received_at);
    else
      outcomes[i.n] := case when switchboard.apply_change(i.message_id, i.event) then 'stored' else 'duplicate' end;
    end if;
  end loop;
  return outcomes;
end $$;

-- Conversations whose next message was waiting for one that has just been delivered, in the form of `wake`.
create function switchboard.released(p_items switchboard.inbound_item[]) returns jsonb
  language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(distinct jsonb_build_object('conversation_id', m.conversation_id, 'due_in_ms', 0)), '[]')
  from unnest(p_items) x
  join public.channels c on c.id = x.channel_id and c.strict_order_seconds > 0
  join public.messages m on m.channel_id = x.channel_id and m.wa_message_id = x.provider_id
  join public.send_attempts a on a.conversation_id = m.conversation_id and a.state = 'queued'
  where x.kind = 'status' and x.event ->> 'status' in ('delivered', 'read', 'played', 'failed')
$$;

-- Set-based: the common case costs a handful of statements however many items there are. Raises SB001 when another call
-- stored one of the same messages meanwhile.
create function switchboard.ingest_batch(p_provider text, p_received_at timestamptz, p_items jsonb)
  returns jsonb language plpgsql set search_path = '' as $$
declare
  items switchboard.inbound_item[] := switchboard.place_items(p_provider, p_received_at, p_items);
  outcomes text[];
  wake jsonb := '[]';
  strangers integer[];
  new_lines boolean;
  has_media boolean;
  has_others boolean;
  filled integer;
begin
  perform switchboard.lock_channels(items);
  select array_agg(x.n) filter (where switchboard.is_new(x) and not x.acquainted), coalesce(bool_or(switchboard.is_new(x)), false)
  into strangers, new_lines from unnest(items) x;
  if strangers is not null then
    perform switchboard.lock_people(array_agg(s.business_id), array_agg(s.ref)) from switchboard.strangers(items) s;
    perform switchboard.resolve_contact(s.org_id, s.business_id, s.platform, s.ref, s.at) from switchboard.strangers(items) s;
  end if;
  if strangers is not null or (select bool_or(switchboard.is_early(x)) from unnest(items) x) then
    items := switchboard.place_items(p_provider, p_received_at, p_items);
  end if;
  perform switchboard.lock_conversations(items);
  if new_lines then
    wake := switchboard.store_lines(p_received_at, items);
  end if;

  select array_agg(case
      when switchboard.is_new(x) then 'stored'
      when x.kind in ('message', 'identity') and x.channel_id is not null and x.provider_id <> '' then 'duplicate' end order by x.n),
    coalesce(bool_or(x.kind = 'message' and x.channel_id is not null and x.event ? 'media'), false)
  into outcomes, has_media from unnest(items) x;
  if has_media then
    foreach filled in array coalesce(switchboard.store_media(items), '{}') loop
      outcomes[filled] := 'stored';
    end loop;
  end if;
  if array_position(outcomes, null) is not null then
    outcomes := switchboard.store_others(p_provider, p_received_at, items, outcomes);
  end if;
  if new_lines then
    perform switchboard.settle_lines(items, strangers);
  end if;
  return jsonb_build_object('outcomes', to_jsonb(outcomes), 'wake', wake || switchboard.released(items));
end $$;

-- What new lines bring with them: events that waited for them, and news about their writers.
create function switchboard.settle_lines(p_items switchboard.inbound_item[], p_strangers integer[]) returns void
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.apply_parked(x.channel_id, array_agg(x.provider_id))
  from unnest(p_items) x
  where switchboard.is_new(x) and exists (
    select from switchboard.parked_events k where k.channel_id = x.channel_id and k.target = x.provider_id)
  group by x.channel_id order by x.channel_id;
  perform switchboard.complete_contact(x.contact_id, x.event -> 'contact')
  from unnest(p_items) x where switchboard.is_new(x) and x.n = any (p_strangers) order by x.contact_id, x.n;
  perform switchboard.rename_contact(x.contact_id, switchboard.contact_ref(x.event, 'next', c.portfolio_id), x.at, x.event ->> 'content')
  from unnest(p_items) x join public.channels c on c.id = x.channel_id
  where switchboard.is_new(x) and x.kind = 'identity' order by x.at, x.n;
end $$;

-- A whole batch at once, or, where anything in it fails, each half on its own, down to the single item: what cannot be
-- stored is quarantined with the database's reason, and its neighbours go on. Faults that are not the item's own (no
-- disk, shutdown, deadlock) are raised: nothing is stored, and the provider will deliver again.
create function switchboard.ingest_parts(p_provider text, p_received_at timestamptz, p_items jsonb)
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
      -- somebody else was quicker with the same message or person: now they are there to be found
      exit when count > 1 or sqlstate not in ('SB001', '23505');
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

-- Entry point. p: { provider, received_at (unix seconds), items: ProviderEvent[] }. Returns { outcomes, wake }:
-- one outcome an item, and the conversations whose deadline has just been armed with the milliseconds until then.
-- Plans are made once a connection and kept; one made while a table was small must not read it whole for ever.
create function switchboard.ingest_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  if jsonb_array_length(p -> 'items') = 0 then
    return '{"outcomes": [], "wake": []}';
  end if;
  return switchboard.ingest_parts(p ->> 'provider', to_timestamp((p ->> 'received_at')::double precision), p -> 'items');
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
