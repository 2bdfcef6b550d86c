-- Sends whose outcome nobody knows, settled by a person.

-- The end of a page, for a caller to give back: microseconds since 1970 and a row's id, which together order the list.
create function switchboard.page_key(p_at timestamptz, p_id uuid) returns text
  language sql immutable parallel safe set search_path = '' as
  $$ select (extract(epoch from p_at) * 1000000)::bigint || '.' || p_id $$;

create function switchboard.page_at(p_key text) returns timestamptz
  language sql stable parallel safe set search_path = '' as
  $$ select to_timestamp(0) + split_part(p_key, '.', 1)::bigint * interval '1 microsecond' $$;

create function switchboard.page_id(p_key text) returns uuid
  language sql immutable parallel safe set search_path = '' as $$ select split_part(p_key, '.', 2)::uuid $$;

-- The caller's businesses, or the one of them that the caller names.
create function switchboard.own_businesses(p_business_id uuid) returns uuid[]
  language plpgsql stable set search_path = '' as $$
declare
  mine uuid[] := switchboard.my_business_ids();
begin
  if p_business_id is null then
    return mine;
  elsif p_business_id = any (mine) then
    return array[p_business_id];
  end if;
  raise exception 'There is no such workspace.' using errcode = 'SB404', detail = jsonb_build_object('business_id', p_business_id)::text;
end $$;

-- Whether a person has something to decide: the outcome is unknown, nothing has been heard of the message since, and it
-- has not been sent again.
create function switchboard.is_doubtful(p_attempt public.send_attempts, p_delivery_status text) returns boolean
  language sql stable set search_path = '' as $$
  select p_attempt.state = 'unknown' and p_delivery_status = 'unknown' and not exists (
    select from public.send_attempts later where later.message_id = p_attempt.message_id and later.number > p_attempt.number)
$$;

create index send_attempts_doubtful on public.send_attempts (business_id, started_at, id) where state = 'unknown';

-- p: { business_id, limit, after }. Oldest first. Returns { sends, next }: `next` is the `after` of the page that follows.
create function switchboard.list_unknown_sends_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  mine uuid[] := switchboard.own_businesses((p ->> 'business_id')::uuid);
  most integer := (p ->> 'limit')::integer;
begin
  return (
    select jsonb_build_object(
      'sends', coalesce(jsonb_agg(l.send order by l.n) filter (where l.n <= most), '[]'),
      'next', case when count(*) > most then max(l.key) filter (where l.n = most) end)
    from (
      select row_number() over (order by a.started_at, a.id) as n, switchboard.page_key(a.started_at, a.id) as key,
        jsonb_build_object('attempt_id', a.id, 'number', a.number, 'message_id', m.id, 'type', m.type, 'content', m.content,
          'conversation_id', v.id, 'business_id', a.business_id, 'contact_name', coalesce(k.name, k.phone), 'started_at', a.started_at,
          'why', concat_ws(': ', a.error_title, a.error_detail)) as send
      from public.send_attempts a
      join public.messages m on m.id = a.message_id
      join public.conversations v on v.id = a.conversation_id
      join public.contacts k on k.id = v.contact_id
      where a.state = 'unknown' and a.business_id = any (mine) and switchboard.is_doubtful(a, m.delivery_status)
        and (p ->> 'after' is null or (a.started_at, a.id) > (switchboard.page_at(p ->> 'after'), switchboard.page_id(p ->> 'after')))
      order by a.started_at, a.id limit most + 1) l);
end $$;

-- What a person has decided about an attempt. Nobody may write down the provider's answer to it any more.
create function switchboard.note_settlement(p_attempt_id uuid, p_state text, p_title text, p_member uuid) returns void
  language sql set search_path = '' as $$
  update public.send_attempts set state = p_state, ended_at = now(), lease_token = null, lease_until = null,
    error_code = 'settled_by_person', error_title = p_title,
    error_detail = 'Decided by ' || coalesce((select t.name from public.team_members t where t.id = p_member), 'a program with an API key')
  where id = p_attempt_id
$$;

-- p: { attempt_id, outcome: sent | not_sent | send_again, wa_message_id, lease_seconds }. Optimistic: refused when a status
-- or somebody else has settled it. An attempt that is made again stays unknown, for a late status to settle.
create function switchboard.settle_send_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  try public.send_attempts;
  talk public.conversations;
  letter public.messages;
  member uuid;
  next jsonb := '{"outcome": "idle"}';
  title text;
begin
  select * into try from public.send_attempts where id = (p ->> 'attempt_id')::uuid and business_id = any (switchboard.my_business_ids());
  if not found then
    raise exception 'There is no such send.' using errcode = 'SB404', detail = jsonb_build_object('attempt_id', p ->> 'attempt_id')::text;
  end if;
  talk := switchboard.own_conversation(try.conversation_id);
  member := switchboard.acting_member(talk.org_id);
  select * into letter from public.messages where id = try.message_id for no key update;
  select * into try from public.send_attempts where id = try.id for update;
  if not coalesce(switchboard.is_doubtful(try, letter.delivery_status), false) then
    raise exception 'This send has been settled meanwhile.' using errcode = 'SB409', detail = jsonb_build_object('current',
      jsonb_build_object('attempt_id', try.id, 'state', try.state, 'message_id', letter.id, 'delivery_status', letter.delivery_status,
        'wa_message_id', letter.wa_message_id))::text;
  end if;

  case p ->> 'outcome'
  when 'sent' then
    begin
      next := switchboard.record_v1(jsonb_build_object('attempt_id', try.id, 'lease_token', try.lease_token, 'state', 'accepted', 'held', false,
        'provider_id', coalesce(p ->> 'wa_message_id', letter.wa_message_id), 'lease_seconds', p -> 'lease_seconds')) -> 'next';
    exception when unique_violation then
      raise exception 'Another message of this number has that id.' using errcode = 'SB409',
        detail = jsonb_build_object('current', jsonb_build_object('attempt_id', try.id, 'state', try.state, 'message_id', letter.id,
          'delivery_status', letter.delivery_status, 'wa_message_id', letter.wa_message_id))::text;
    end;
    perform switchboard.note_settlement(try.id, 'accepted', 'A person found that it was sent', member);
  when 'not_sent' then
    title := 'A person found that it was not sent';
    perform switchboard.note_settlement(try.id, 'failed', title, member);
    perform switchboard.fail_message(letter.id, jsonb_build_object('code', 'settled_by_person', 'title', title));
  when 'send_again' then
    perform switchboard.note_settlement(try.id, 'unknown', 'A person had it sent again', member);
    -- what a person sends passes the gate as a person's
    update public.messages set delivery_status = 'queued',
      approved_at = case when sender_type = 'ai' then coalesce(approved_at, clock_timestamp()) else approved_at end,
      approved_by = case when sender_type = 'ai' then coalesce(approved_by, member) else approved_by end
    where id = letter.id;
    insert into public.send_attempts (org_id, business_id, conversation_id, message_id, number)
    values (try.org_id, try.business_id, try.conversation_id, try.message_id, try.number + 1);
    next := switchboard.claim_v1(talk.id, (p ->> 'lease_seconds')::integer, null);
  else
    raise exception 'unknown outcome %', p ->> 'outcome' using errcode = '22023';
  end case;
  return switchboard.sending_result(letter.id, next);
end $$;

-- The provider's word on a message goes before what a person supposed of it, and before a repetition that has not left.
create function switchboard.heed_status() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  update public.send_attempts set state = 'cancelled', ended_at = now(), error_title = 'The provider has the message from an earlier attempt'
  where message_id = new.id and state = 'queued';
  update public.send_attempts set state = 'accepted', error_class = null,
    error_title = 'A person supposed that it was not sent; the provider has reported it since'
  where message_id = new.id and state = 'failed' and error_code = 'settled_by_person';
  return null;
end $$;
alter function switchboard.heed_status() owner to switchboard_definer;
create trigger heed_status after update of delivery_status on public.messages for each row
  when (old.delivery_status in ('queued', 'failed') and new.delivery_status in ('sent', 'delivered', 'read'))
  execute function switchboard.heed_status();

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
