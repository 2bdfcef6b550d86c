-- Ingest: one call stores a whole webhook body. Every item gets exactly one outcome: stored, duplicate, parked (its
-- message is not here yet) or quarantined (we cannot place it); the four add up to the items that came in.

create type switchboard.inbound_item as (
  n integer,
  kind text,
  event jsonb,
  org_id uuid,
  business_id uuid,
  channel_id uuid,
  contact_id uuid,
  provider_id text,
  at timestamptz,
  -- known already when the call began
  seen boolean
);

-- Rank of a delivery status: a message only ever climbs. Whatever the provider says later, in any order and any number
-- of times, the highest wins: `failed` outranks `sent` but not `delivered`.
create function switchboard.delivery_rank(status text) returns integer
  language sql immutable parallel safe set search_path = '' as $$
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

-- ---- who wrote -------------------------------------------------------------------------------------------------------

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

-- The contact that a reference names, made or linked when needed. Two callers with the same person wait for each other.
-- A number that shows up under another business-scoped id has a new holder: the old contact keeps its thread and loses
-- the number (nobody inherits a stranger's conversation). Two contacts that already own one name each are left apart;
-- the business-scoped id decides.
create function switchboard.resolve_contact(p_org_id uuid, p_business_id uuid, p_platform text, p_ref jsonb) returns uuid
  language plpgsql set search_path = '' as $$
declare
  wa text := nullif(p_ref ->> 'wa_id', '');
  number text := nullif(p_ref ->> 'phone', '');
  user_id text := nullif(p_ref ->> 'bsuid', '');
  portfolio text := coalesce(p_ref ->> 'scope', '');
  spellings text[] := array_remove(wa || array(select jsonb_array_elements_text(coalesce(p_ref -> 'variants', '[]'))), null);
  by_user uuid;
  by_number uuid;
  holder public.contacts;
begin
  if wa is null and user_id is null then
    raise exception 'a contact needs a number or a user id' using errcode = '22023';
  end if;
  perform pg_advisory_xact_lock(hashtextextended(p_business_id::text || name_, 0))
  from unnest(array_remove(array[(select min(s) from unnest(spellings) s), portfolio || '/' || user_id], null)) name_ order by name_;

  by_user := switchboard.identity_holder(p_business_id, 'bsuid', portfolio, array[user_id]);
  by_number := switchboard.identity_holder(p_business_id, 'wa_id', '', spellings);
  if by_number is null and cardinality(spellings) > 0 then
    -- typed in by a person, never heard from: the provider's spelling may differ by a digit
    select c.id into by_number from public.contacts c
    where c.business_id = p_business_id and c.phone = any (number || array(select '+' || s from unnest(spellings) s)) limit 1;
  end if;

  if by_user is null and by_number is not null and user_id is not null and exists (
    select from public.contact_identities i
    where i.contact_id = by_number and i.kind = 'bsuid' and i.scope = portfolio and i.ended_at is null) then
    update public.contact_identities set ended_at = now(), ended_reason = 'number has a new holder'
    where contact_id = by_number and kind = 'wa_id' and ended_at is null;
    update public.contacts set phone = null, wa_id = null where id = by_number;
    by_number := null;
  end if;

  if by_user is null and by_number is null then
    insert into public.contacts (org_id, business_id, platform, platform_id, name, phone, wa_id)
    values (p_org_id, p_business_id, p_platform, coalesce(wa, user_id), nullif(p_ref ->> 'name', ''), number, wa)
    returning * into holder;
  else
    select * into holder from public.contacts where id = coalesce(by_user, by_number);
    if (holder.wa_id is null and wa is not null and by_number is not distinct from holder.id)
      or (holder.wa_id is null and by_number is null and wa is not null)
      or (holder.name is null and nullif(p_ref ->> 'name', '') is not null) then
      update public.contacts set
        wa_id = case when by_number is null or by_number = holder.id then coalesce(wa_id, wa) else wa_id end,
        phone = case when by_number is null or by_number = holder.id then coalesce(phone, number) else phone end,
        name = coalesce(name, nullif(p_ref ->> 'name', ''))
      where id = holder.id returning * into holder;
    end if;
  end if;

  if by_number is null or by_number = holder.id then
    perform switchboard.add_identity(holder, 'wa_id', '', wa);
  end if;
  perform switchboard.add_identity(holder, 'bsuid', portfolio, user_id);
  perform switchboard.add_identity(holder, 'parent_bsuid', '', nullif(p_ref ->> 'parent_bsuid', ''));
  return holder.id;
end $$;

-- The provider says that a person goes by other names from now on. Old names stay in the history with their end.
create function switchboard.rename_contact(p_contact_id uuid, p_next jsonb, p_reason text) returns void
  language plpgsql set search_path = '' as $$
declare
  holder public.contacts;
  wa text := nullif(p_next ->> 'wa_id', '');
  user_id text := nullif(p_next ->> 'bsuid', '');
  portfolio text := coalesce(p_next ->> 'scope', '');
begin
  select * into holder from public.contacts where id = p_contact_id for no key update;
  update public.contact_identities i set ended_at = now(), ended_reason = p_reason
  where i.contact_id = holder.id and i.ended_at is null
    and ((i.kind = 'wa_id' and i.value <> wa) or (i.kind = 'bsuid' and i.scope = portfolio and i.value <> user_id));
  if wa is not null and switchboard.identity_holder(holder.business_id, 'wa_id', '', array[wa]) is distinct from holder.id then
    -- the number's earlier holder keeps the thread, not the number
    update public.contact_identities i set ended_at = now(), ended_reason = 'number has a new holder'
    where i.business_id = holder.business_id and i.kind = 'wa_id' and i.value = wa and i.contact_id <> holder.id and i.ended_at is null;
    update public.contacts set phone = null, wa_id = null
    where business_id = holder.business_id and id <> holder.id and (wa_id = wa or phone = '+' || wa);
    perform switchboard.add_identity(holder, 'wa_id', '', wa);
  end if;
  if wa is not null then
    update public.contacts set wa_id = wa, phone = '+' || wa where id = holder.id;
  end if;
  perform switchboard.add_identity(holder, 'bsuid', portfolio, user_id);
end $$;

-- ---- what happened to a message --------------------------------------------------------------------------------------

-- A delivery status. Times are the earliest that the provider named for each step; `read` implies `delivered`.
-- Returns whether anything changed.
create function switchboard.apply_status(p_message_id uuid, p_event jsonb) returns boolean
  language plpgsql set search_path = '' as $$
declare
  step text := p_event ->> 'status';
  moment timestamptz := to_timestamp((p_event ->> 'at')::double precision);
  before public.messages;
  after public.messages;
  reached text := case step when 'played' then 'read' when 'other' then null else step end;
begin
  select * into before from public.messages where id = p_message_id for no key update;
  update public.messages m set
    wa_message_id = coalesce(m.wa_message_id, p_event ->> 'provider_id'),
    delivery_status = case
      when switchboard.delivery_rank(reached) > switchboard.delivery_rank(m.delivery_status) then reached else m.delivery_status end,
    sent_at = case when step = 'sent' then least(m.sent_at, moment) else m.sent_at end,
    delivered_at = case when step in ('delivered', 'read', 'played') then least(m.delivered_at, moment) else m.delivered_at end,
    read_at = case when step in ('read', 'played') then least(m.read_at, moment) else m.read_at end,
    played_at = case when step = 'played' then least(m.played_at, moment) else m.played_at end,
    failed_at = case when step = 'failed' then least(m.failed_at, moment) else m.failed_at end,
    -- of several, one and the same wins in any order
    error = case when step = 'failed' then greatest(m.error, p_event -> 'error') else m.error end,
    pricing = greatest(m.pricing, p_event -> 'pricing')
  where m.id = p_message_id and m.direction = 'outbound'
  returning * into after;
  if not found then
    return false;
  end if;

  if step <> 'other' then
    -- the provider knows this message: an attempt whose answer we never saw is settled
    update public.send_attempts a set
      state = case when step = 'failed' then 'failed' else 'accepted' end,
      provider_message_id = coalesce(a.provider_message_id, p_event ->> 'provider_id'),
      error_class = case when step = 'failed' then 'never' end,
      error_code = p_event #>> '{error,code}', error_title = p_event #>> '{error,title}',
      ended_at = coalesce(a.ended_at, now()), lease_until = null
    where a.message_id = p_message_id and a.state in ('sending', 'unknown')
      and (p_event ->> 'attempt_id' is null or a.id = (p_event ->> 'attempt_id')::uuid);
  end if;
  if step = 'failed' and p_event #>> '{error,code}' = '131047' then
    update public.conversations v set window_expires_at = least(v.window_expires_at, moment) where v.id = after.conversation_id;
  end if;
  return (before.delivery_status, before.sent_at, before.delivered_at, before.read_at, before.played_at, before.failed_at,
      before.error, before.pricing, before.wa_message_id)
    is distinct from (after.delivery_status, after.sent_at, after.delivered_at, after.read_at, after.played_at, after.failed_at,
      after.error, after.pricing, after.wa_message_id);
end $$;

-- An edit or a revoke. The newest edit wins, a revoke is final. A line that is still unanswered counts as new input.
create function switchboard.apply_change(p_message_id uuid, p_event jsonb) returns boolean
  language plpgsql set search_path = '' as $$
declare
  moment timestamptz := to_timestamp((p_event ->> 'at')::double precision);
  changed public.messages;
begin
  -- conversation first, message second: the order in which every writer takes them
  perform 1 from public.conversations v where v.id = (select m.conversation_id from public.messages m where m.id = p_message_id) for no key update;
  if p_event ->> 'kind' = 'revoke' then
    update public.messages m set revoked_at = moment, content = '[message deleted]', media_url = null
    where m.id = p_message_id and m.revoked_at is null returning * into changed;
  else
    update public.messages m set content = p_event ->> 'content', type = p_event ->> 'type', edited_at = moment,
      media_type = coalesce(p_event #>> '{media,mime_type}', m.media_type),
      payload = jsonb_set(coalesce(m.payload, '{}'), '{edits}', coalesce(m.payload -> 'edits', '[]') || (p_event -> 'raw'))
    where m.id = p_message_id and m.revoked_at is null
      -- two edits in the same second: the provider's id breaks the tie the same way in any order
      and (moment, p_event ->> 'provider_id') > (coalesce(m.edited_at, '-infinity'), coalesce(m.payload #>> '{edits,-1,id}', ''))
    returning * into changed;
  end if;
  if not found then
    return false;
  end if;
  update public.conversations v set inbound_version = v.inbound_version + 1
  where v.id = changed.conversation_id and changed.direction = 'inbound' and changed.inbound_version > v.answered_version;
  return true;
end $$;

-- Applies what was parked for messages that have just become known.
create function switchboard.apply_parked(p_channel_id uuid, p_targets text[]) returns void
  language plpgsql set search_path = '' as $$
declare
  waiting record;
begin
  for waiting in
    with taken as (
      delete from switchboard.parked_events where channel_id = p_channel_id and target = any (p_targets) returning *)
    select t.kind, t.event, m.id as message_id from taken t
    join public.messages m on m.channel_id = p_channel_id and m.wa_message_id = t.target
    order by m.id, t.received_at, t.id
  loop
    if waiting.kind = 'status' then
      perform switchboard.apply_status(waiting.message_id, waiting.event);
    else
      perform switchboard.apply_change(waiting.message_id, waiting.event);
    end if;
  end loop;
end $$;

-- ---- a batch ---------------------------------------------------------------------------------------------------------

-- Set-based first: the common case costs a handful of statements however many items there are. Raises SB001 when another
-- call stored one of the same messages meanwhile; the caller then goes item by item.
create function switchboard.ingest_batch(p_provider text, p_received_at timestamptz, p_items jsonb)
  returns jsonb language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  items switchboard.inbound_item[];
  outcomes text[] := array_fill('quarantined'::text, array[jsonb_array_length(p_items)]);
  i switchboard.inbound_item;
  one record;
  target uuid;
  place integer;
  expected integer;
  written integer;
  wake jsonb := '[]';
  late_after interval;
begin
  -- 1. whose number, which contact, seen before? Index look-ups only.
  select array_agg((r.n, r.event ->> 'kind', r.event, c.org_id, c.business_id, c.id, coalesce(u.contact_id, w.contact_id),
      r.event ->> 'provider_id',
      -- a clock ahead of ours may not open a window into the future
      least(to_timestamp((r.event ->> 'at')::double precision), p_received_at + interval '2 minutes'),
      m.id is not null or r.copy > 1)::switchboard.inbound_item order by r.n)
  into items
  from (
    select e.event, e.n::integer, row_number() over (
      partition by e.event ->> 'account', e.event ->> 'kind', e.event ->> 'provider_id' order by e.n) as copy
    from jsonb_array_elements(p_items) with ordinality e (event, n)) r
  left join public.channels c on c.provider = p_provider and c.phone_number_id = r.event ->> 'account' and c.active
  left join public.contact_identities w on r.event ->> 'kind' = 'message' and w.business_id = c.business_id
    and w.kind = 'wa_id' and w.scope = '' and w.value = r.event #>> '{contact,wa_id}' and w.ended_at is null
  left join public.contact_identities u on r.event ->> 'kind' = 'message' and u.business_id = c.business_id
    and u.kind = 'bsuid' and u.scope = coalesce(c.portfolio_id, r.event #>> '{contact,scope}', '')
    and u.value = r.event #>> '{contact,bsuid}' and u.ended_at is null
  left join public.messages m on r.event ->> 'kind' in ('message', 'identity') and m.channel_id = c.id
    and m.wa_message_id = r.event ->> 'provider_id';

  -- 2. people we do not know yet, or know under fewer names: one by one, in one order for everybody
  for one in
    select array_agg(x.n) as numbers, x.org_id, x.business_id, h.platform,
      x.event -> 'contact' || jsonb_build_object('scope', coalesce(h.portfolio_id, x.event #>> '{contact,scope}', '')) as ref
    from unnest(items) x join public.channels h on h.id = x.channel_id
    where not x.seen and (x.kind = 'identity' or x.kind = 'message' and (x.contact_id is null
      -- one of the two names is unknown, or they disagree
      or (x.event #>> '{contact,bsuid}' is not null and x.event #>> '{contact,wa_id}' is not null and 2 > (
        select count(*) from public.contact_identities k where k.contact_id = x.contact_id and k.ended_at is null
          and ((k.kind = 'wa_id' and k.value = x.event #>> '{contact,wa_id}')
            or (k.kind = 'bsuid' and k.value = x.event #>> '{contact,bsuid}'))))))
    group by x.org_id, x.business_id, h.platform, ref
    order by x.business_id, ref
  loop
    target := switchboard.resolve_contact(one.org_id, one.business_id, one.platform, one.ref);
    foreach place in array one.numbers loop
      items[place].contact_id := target;
    end loop;
  end loop;

  -- 3. conversations: made, or locked and advanced, in one statement and one order
  if exists (select from unnest(items) x where x.kind in ('message', 'identity') and x.channel_id is not null and not x.seen) then
    select make_interval(secs => value::integer) into late_after from public.app_config where key = 'ai.late_after_seconds';
    with fresh as (
      select x.*,
        x.kind = 'message' and x.event ->> 'direction' = 'inbound' and x.event ->> 'origin' = 'live' as live,
        x.kind = 'message' and x.event ->> 'direction' = 'inbound' and x.event ->> 'origin' = 'live'
          and x.event ->> 'type' not in ('reaction', 'system') as asks,
        x.kind = 'message' and x.event ->> 'origin' = 'phone' as echo,
        (x.event ->> 'wakes')::boolean and p_received_at - x.at <= late_after as wakes
      from unnest(items) x
      where x.kind in ('message', 'identity') and x.channel_id is not null and not x.seen
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
        unread_count, message_seq, inbound_version, epoch, ai_waiting_since, ai_due_at)
      select p.org_id, p.business_id, p.channel_id, p.contact_id,
        case when p.echoes > 0 then 'assigned' else 'ai_handling' end,
        p.last_at, p.last_live_at + interval '24 hours', p.asking, p.lines, p.asking, p.echoes,
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
        ai_blocked_reason = case when excluded.ai_due_at is not null then null else v.ai_blocked_reason end,
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
  end if;

  -- 4. the rest, item by item, in the order of rows so that two batches never wait for each other in a ring
  for i in select * from unnest(items) x order by x.channel_id, coalesce(x.event ->> 'target', x.provider_id), x.n loop
    if i.kind in ('malformed') then
      perform switchboard.quarantine(p_provider, i.event ->> 'account', i.kind, 'malformed', i.event ->> 'reason', i.event -> 'raw', p_received_at);
    elsif i.kind = 'account' then
      outcomes[i.n] := switchboard.store_account_event(p_provider, i.event, p_received_at);
    elsif i.channel_id is null then
      perform switchboard.quarantine(p_provider, i.event ->> 'account', i.kind,
        case when exists (select from public.channels c where c.provider = p_provider and c.phone_number_id = i.event ->> 'account')
          then 'channel_inactive' else 'unknown_channel' end,
        'no active channel has this number', i.event, p_received_at);
    elsif i.kind in ('message', 'identity') then
      outcomes[i.n] := case when i.seen then 'duplicate' else 'stored' end;
      if not i.seen and i.kind = 'identity' then
        perform switchboard.rename_contact(i.contact_id,
          i.event -> 'next' || jsonb_build_object('scope', coalesce((select c.portfolio_id from public.channels c where c.id = i.channel_id),
            i.event #>> '{next,scope}', i.event #>> '{contact,scope}', '')), i.event ->> 'content');
      end if;
    else
      select coalesce(
        (select m.id from public.messages m where m.channel_id = i.channel_id and m.wa_message_id = coalesce(i.event ->> 'target', i.provider_id)),
        (select a.message_id from public.send_attempts a join public.messages m on m.id = a.message_id
          where a.id = (i.event ->> 'attempt_id')::uuid and m.channel_id = i.channel_id and m.wa_message_id is null)) into target;
      if target is null then
        outcomes[i.n] := case when switchboard.park(i.channel_id, coalesce(i.event ->> 'target', i.provider_id), i.kind, i.event)
          then 'parked' else 'duplicate' end;
      elsif i.kind = 'status' then
        outcomes[i.n] := case when switchboard.apply_status(target, i.event) then 'stored' else 'duplicate' end;
      else
        outcomes[i.n] := case when switchboard.apply_change(target, i.event) then 'stored' else 'duplicate' end;
      end if;
    end if;
  end loop;

  -- 5. what was waiting for these messages
  for one in
    select x.channel_id, array_agg(x.provider_id) as targets from unnest(items) x
    where x.kind = 'message' and x.channel_id is not null and not x.seen
      and exists (select from switchboard.parked_events k where k.channel_id = x.channel_id and k.target = x.provider_id)
    group by x.channel_id order by x.channel_id
  loop
    perform switchboard.apply_parked(one.channel_id, one.targets);
  end loop;

  return jsonb_build_object('outcomes', to_jsonb(outcomes), 'wake', wake);
end $$;

create function switchboard.store_account_event(p_provider text, p_event jsonb, p_received_at timestamptz) returns text
  language plpgsql set search_path = '' as $$
declare
  owner_id uuid := (select c.org_id from public.channels c where c.provider = p_provider and c.waba_id = p_event ->> 'entry'
    order by c.active desc, c.created_at limit 1);
begin
  if owner_id is null then
    perform switchboard.quarantine(p_provider, p_event ->> 'entry', 'account', 'unknown_account',
      'no channel belongs to this account', p_event, p_received_at);
    return 'quarantined';
  end if;
  insert into switchboard.provider_events (provider, org_id, entry, field, dedupe, at, payload, received_at)
  values (p_provider, owner_id, p_event ->> 'entry', p_event ->> 'field', p_event ->> 'dedupe',
    to_timestamp((p_event ->> 'at')::double precision), p_event -> 'raw', p_received_at)
  on conflict (provider, dedupe) do nothing;
  return case when found then 'stored' else 'duplicate' end;
end $$;

-- One item with its own fate: what cannot be stored is quarantined with the database's reason, and its neighbours go on.
-- Faults that are not the item's own (no disk, shutdown, deadlock) are raised: the provider will deliver again.
create function switchboard.ingest_item(p_provider text, p_received_at timestamptz, p_event jsonb)
  returns jsonb language plpgsql set search_path = '' as $$
declare
  failure text;
begin
  for attempt in 1..3 loop
    begin
      return switchboard.ingest_batch(p_provider, p_received_at, jsonb_build_array(p_event));
    exception
      when sqlstate 'SB001' then continue;
      when others then
        if sqlstate !~ '^(22|23|42|P0|54)' then
          raise;
        end if;
        failure := sqlstate || ': ' || sqlerrm;
        exit;
    end;
  end loop;
  perform switchboard.quarantine(p_provider, p_event ->> 'account', p_event ->> 'kind', 'not_storable', failure, p_event, p_received_at);
  return '{"outcomes": ["quarantined"], "wake": []}';
end $$;

-- Entry point. p: { provider, received_at (unix seconds), items: ProviderEvent[] }. Returns { outcomes, wake }:
-- one outcome an item, and the conversations whose deadline has just been armed with the milliseconds until then.
create function switchboard.ingest_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  received_at timestamptz := to_timestamp((p ->> 'received_at')::double precision);
  outcomes jsonb := '[]';
  wake jsonb := '[]';
  one jsonb;
begin
  if jsonb_array_length(p -> 'items') = 0 then
    return '{"outcomes": [], "wake": []}';
  end if;
  begin
    return switchboard.ingest_batch(p ->> 'provider', received_at, p -> 'items');
  exception
    when deadlock_detected or serialization_failure or lock_not_available then raise;
    when others then
      if sqlstate !~ '^(SB001|22|23|42|P0|54)' then
        raise;
      end if;
  end;
  for i in 0 .. jsonb_array_length(p -> 'items') - 1 loop
    one := switchboard.ingest_item(p ->> 'provider', received_at, p -> 'items' -> i);
    outcomes := outcomes || (one -> 'outcomes');
    wake := wake || (one -> 'wake');
  end loop;
  return jsonb_build_object('outcomes', outcomes, 'wake', wake);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
