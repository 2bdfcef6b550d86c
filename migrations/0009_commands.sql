-- What people and programs may ask for. Every command runs in the transaction that authenticated its caller, sees only
-- that caller's conversations, and refuses with a class-SB SQLSTATE whose DETAIL is JSON for the answer.

-- Turns an API key's digest into the transaction's claims. p_scope: what the command needs.
create function switchboard.authenticate_key_v1(p_key_hash text, p_scope text) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  key public.api_keys;
  claims jsonb;
begin
  select * into key from public.api_keys where key_hash = p_key_hash and revoked_at is null;
  if not found then
    raise exception 'This API key is not valid. Make one in the dashboard, or check that it was copied whole.' using errcode = 'SB401';
  end if;
  if not (p_scope = any (key.scopes) or 'admin' = any (key.scopes)) then
    raise exception 'This API key may not do this: it lacks the scope "%".', p_scope using errcode = 'SB403',
      detail = jsonb_build_object('scope', p_scope, 'scopes', key.scopes)::text;
  end if;
  update public.api_keys set last_used_at = now() where id = key.id and (last_used_at is null or last_used_at < now() - interval '1 minute');
  claims := jsonb_build_object('role', 'authenticated', 'api_key_id', key.id, 'org_id', key.org_id, 'business_id', key.business_id, 'scopes', key.scopes);
  perform set_config('request.jwt.claims', claims::text, true);
  return claims;
end $$;

-- The caller's conversation, locked; another tenant's does not exist. Members and keys are held to the same businesses.
create function switchboard.own_conversation(p_id uuid) returns public.conversations
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
begin
  select * into talk from public.conversations where id = p_id and business_id = any (switchboard.my_business_ids()) for no key update;
  if not found then
    raise exception 'There is no such conversation.' using errcode = 'SB404', detail = jsonb_build_object('conversation_id', p_id)::text;
  end if;
  return talk;
end $$;

-- The team member who is acting; null for an API key, which is nobody in particular.
create function switchboard.acting_member(p_org_id uuid) returns uuid
  language sql stable set search_path = '' as $$
  select id from public.team_members where user_id = auth.uid() and org_id = p_org_id and deleted_at is null and active
$$;

-- What a conversation looks like now, for answers and for the losing side of a race.
create function switchboard.conversation_view(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('conversation_id', v.id, 'status', v.status, 'assigned_to', v.assigned_to, 'assigned_to_name', m.name,
    'ai_enabled', v.ai_enabled, 'ai_blocked_reason', coalesce(switchboard.ai_hindrance(v.id), v.ai_blocked_reason), 'epoch', v.epoch, 'unread_count', v.unread_count,
    'needs_human_reason', v.needs_human_reason, 'window_expires_at', v.window_expires_at)
  from public.conversations v left join public.team_members m on m.id = v.assigned_to
  where v.id = p_id
$$;

-- A person speaks: the AI stands back, and what the customer has written so far counts as answered.
create function switchboard.take_over(p_id uuid, p_member uuid) returns void
  language sql set search_path = '' as $$
  update public.conversations set
    epoch = epoch + 1,
    answered_version = inbound_version,
    ai_due_at = null, ai_waiting_since = null,
    assigned_to = case when status = 'ai_handling' or assigned_to is null then coalesce(p_member, assigned_to) else assigned_to end,
    status = case when status = 'ai_handling' then 'assigned' else status end,
    needs_human_reason = null, needs_human_since = null, escalated_at = null,
    message_seq = message_seq + 1, last_message_at = greatest(last_message_at, clock_timestamp())
  where id = p_id
$$;

-- The answer of every command that sends: what became of the message, and the provider call to make, if any. Volatile,
-- because a stable function would not see what the claim in its own argument has just written.
create function switchboard.sending_result(p_message_id uuid, p_next jsonb) returns jsonb
  language sql set search_path = '' as $$
  select jsonb_build_object(
    'message_id', m.id, 'conversation_id', m.conversation_id, 'delivery_status', m.delivery_status, 'error', m.error,
    'gate', (select a.gate from public.send_attempts a where a.message_id = m.id order by a.position desc, a.number desc limit 1),
    'next', p_next)
  from public.messages m where m.id = p_message_id
$$;

-- What a caller gets who asks again with a key, having locked the conversation: what became of the first request. While
-- its provider call is under way nobody knows, so the caller is asked to come back.
create function switchboard.repeated_request(p_line public.messages, p_conversation_id uuid, p_request_hash text) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  try public.send_attempts;
begin
  if (p_line.conversation_id, p_line.request_hash) is distinct from (p_conversation_id, p_request_hash) then
    raise exception 'This idempotency key was used for another message.' using errcode = 'SB422',
      detail = jsonb_build_object('rule', 'idempotency_key', 'message_id', p_line.id, 'delivery_status', p_line.delivery_status)::text;
  end if;
  select * into try from public.send_attempts where message_id = p_line.id and state = 'sending';
  if found and try.lease_until > clock_timestamp() then
    raise exception 'The first request with this idempotency key is still under way. Ask again in a moment.' using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('message_id', p_line.id, 'delivery_status', p_line.delivery_status),
        'retry_after_ms', 1000)::text;
  elsif found then
    perform switchboard.lose_attempt(try.id);
  end if;
  return switchboard.sending_result(p_line.id, '{"outcome": "idle"}');
end $$;

-- p: { conversation_id, type, text, payload, media_type, media_url, reply_to, idempotency_key, request_hash, lease_seconds }
-- The same key with the same request sends once, however many callers ask at once; see `repeated_request`.
create function switchboard.send_message_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  member uuid := switchboard.acting_member(talk.org_id);
  line public.messages;
begin
  insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, sender_id, content, type,
    origin, payload, media_type, media_url, delivery_status, read, created_at, seq, reply_to, idempotency_key, request_hash, created_by)
  values (talk.id, talk.business_id, talk.org_id, talk.channel_id, talk.contact_id, 'outbound', 'agent', member, p ->> 'text', p ->> 'type',
    'api', p -> 'payload', p ->> 'media_type', p ->> 'media_url', 'queued', true, clock_timestamp(), talk.message_seq + 1, p ->> 'reply_to',
    p ->> 'idempotency_key', p ->> 'request_hash', auth.uid())
  on conflict (business_id, idempotency_key) where idempotency_key is not null do nothing
  returning * into line;
  if not found then
    select * into line from public.messages where business_id = talk.business_id and idempotency_key = p ->> 'idempotency_key';
    return switchboard.repeated_request(line, talk.id, p ->> 'request_hash');
  end if;
  perform switchboard.take_over(talk.id, member);
  perform switchboard.enqueue_attempt(line);
  return switchboard.sending_result(line.id, switchboard.claim_v1(talk.id, (p ->> 'lease_seconds')::integer, null));
end $$;

-- A draft's version counts its own changes and the lines since it was written, the customer's and ours, so that approving
-- what one has seen, and nothing else, is one comparison. Who is refused gets the version that holds now, to confirm with.
create function switchboard.own_draft(p_message_id uuid, p_version integer) returns public.messages
  language plpgsql set search_path = '' as $$
declare
  draft public.messages;
  talk public.conversations;
  customer_lines bigint;
  our_lines bigint;
begin
  select * into draft from public.messages where id = p_message_id and business_id = any (switchboard.my_business_ids());
  if not found then
    if exists (select from public.ai_responses r where r.message_id = p_message_id and r.business_id = any (switchboard.my_business_ids())) then
      raise exception 'This draft is gone: it was rejected, or a newer one has replaced it.' using errcode = 'SB409',
        detail = (select jsonb_build_object('current', jsonb_build_object('is_draft', false, 'outcome', r.human_feedback))
          from public.ai_responses r where r.message_id = p_message_id limit 1)::text;
    end if;
    raise exception 'There is no such draft.' using errcode = 'SB404', detail = jsonb_build_object('message_id', p_message_id)::text;
  end if;
  talk := switchboard.own_conversation(draft.conversation_id);
  select * into draft from public.messages where id = p_message_id for update;
  if draft.id is null or not draft.is_draft then
    raise exception 'This draft has been dealt with already.' using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('is_draft', false, 'delivery_status', draft.delivery_status,
        'approved_at', draft.approved_at, 'approved_by', draft.approved_by))::text;
  end if;
  customer_lines := greatest(0, talk.inbound_version - coalesce(draft.inbound_version, talk.inbound_version));
  select count(*) into our_lines from public.messages m
  where m.conversation_id = talk.id and m.direction = 'outbound' and not m.is_draft and m.origin <> 'history'
    and m.delivery_status <> 'failed' and coalesce(m.received_at, m.created_at) > draft.created_at;
  if draft.draft_version + customer_lines + our_lines <> p_version then
    raise exception 'The draft or the conversation has changed since you looked.' using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('is_draft', true, 'content', draft.content,
        'version', draft.draft_version + customer_lines + our_lines,
        'newer_customer_messages', customer_lines, 'newer_replies', our_lines))::text;
  end if;
  return draft;
end $$;

-- p: { message_id, version, content, lease_seconds }
create function switchboard.approve_draft_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  draft public.messages := switchboard.own_draft((p ->> 'message_id')::uuid, (p ->> 'version')::integer);
  member uuid := switchboard.acting_member(draft.org_id);
  edited text := nullif(p ->> 'content', '');
  talk public.conversations;
begin
  perform switchboard.take_over(draft.conversation_id, member);
  select * into talk from public.conversations where id = draft.conversation_id;
  update public.messages set
    is_draft = false, delivery_status = 'queued', approved_at = clock_timestamp(), approved_by = member, created_at = clock_timestamp(),
    seq = talk.message_seq,
    sender_type = case when edited is not null and edited <> draft.content then 'agent' else 'ai' end,
    sender_id = case when edited is not null and edited <> draft.content then member end,
    content = coalesce(edited, draft.content), payload = jsonb_build_object('type', 'text', 'text', coalesce(edited, draft.content))
  where id = draft.id returning * into draft;
  update public.ai_responses set human_feedback = case when edited is not null and edited <> content then 'edited' else 'approved' end
  where message_id = draft.id;
  perform switchboard.enqueue_attempt(draft);
  return switchboard.sending_result(draft.id, switchboard.claim_v1(draft.conversation_id, (p ->> 'lease_seconds')::integer, null));
end $$;

-- p: { message_id, version, reason }
create function switchboard.reject_draft_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  draft public.messages := switchboard.own_draft((p ->> 'message_id')::uuid, (p ->> 'version')::integer);
begin
  update public.ai_responses set human_feedback = 'rejected', human_feedback_reason = p ->> 'reason' where message_id = draft.id;
  delete from public.messages where id = draft.id;
  return jsonb_build_object('message_id', draft.id, 'conversation_id', draft.conversation_id, 'rejected', true);
end $$;

-- p: { conversation_id, team_member_id (null: nobody, it waits for somebody), expected_epoch }. Taking what somebody else
-- holds needs the epoch that one has seen; of two who take a waiting conversation at once, one wins and the other learns who.
create function switchboard.assign_conversation_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  member uuid := (p ->> 'team_member_id')::uuid;
begin
  if member is not null and not exists (
    select from public.team_members m where m.id = member and m.org_id = talk.org_id and m.active and m.deleted_at is null
      and (m.org_role in ('owner', 'admin')
        or exists (select from public.team_assignments a where a.team_member_id = m.id and a.business_id = talk.business_id))) then
    raise exception 'There is no such team member in this workspace.' using errcode = 'SB404', detail = jsonb_build_object('team_member_id', member)::text;
  end if;
  if (p ->> 'expected_epoch' is not null and (p ->> 'expected_epoch')::bigint <> talk.epoch)
    or (p ->> 'expected_epoch' is null and member is not null and talk.assigned_to is not null and talk.assigned_to <> member) then
    raise exception 'Somebody else was quicker.' using errcode = 'SB409',
      detail = jsonb_build_object('current', switchboard.conversation_view(talk.id))::text;
  end if;
  if talk.assigned_to is distinct from member or talk.status <> 'assigned' then
    update public.conversations set status = 'assigned', assigned_to = member,
      needs_human_reason = case when member is null then coalesce(needs_human_reason, 'unassigned') end,
      needs_human_since = case when member is null then coalesce(needs_human_since, clock_timestamp()) end
    where id = talk.id;
  end if;
  return switchboard.conversation_view(talk.id);
end $$;

-- p: { conversation_id }
create function switchboard.resolve_conversation_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
begin
  update public.conversations set status = 'resolved', answered_version = inbound_version where id = talk.id and status <> 'resolved';
  return switchboard.conversation_view(talk.id);
end $$;

-- Gives the conversation back to the AI. p: { conversation_id }. Lines still unanswered are answered after the usual delay.
create function switchboard.reopen_conversation_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  wake integer;
begin
  update public.conversations set status = 'ai_handling', assigned_to = null where id = talk.id and status <> 'ai_handling';
  wake := switchboard.arm(talk.id);
  return switchboard.conversation_view(talk.id) || jsonb_build_object('wake', wake);
end $$;

-- Sets the deadline of a conversation whose AI may speak again. Returns the milliseconds until then, or null.
create function switchboard.arm(p_conversation_id uuid) returns integer
  language sql set search_path = '' as $$
  update public.conversations v set ai_due_at = now() + make_interval(secs => c.ai_delay_seconds), ai_waiting_since = now(), ai_blocked_reason = null
  from public.channels c
  where v.id = p_conversation_id and c.id = v.channel_id and v.ai_due_at is null and v.inbound_version > v.answered_version
    and switchboard.ai_hindrance(v.id) is null
  returning c.ai_delay_seconds * 1000
$$;

-- p: { conversation_id | business_id, enabled }
create function switchboard.set_ai_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  business uuid := (p ->> 'business_id')::uuid;
  enabled boolean := (p ->> 'enabled')::boolean;
  wake integer;
begin
  if p ->> 'conversation_id' is not null then
    talk := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
    update public.conversations set ai_enabled = enabled where id = talk.id and ai_enabled <> enabled;
    wake := switchboard.arm(talk.id);
    return switchboard.conversation_view(talk.id) || jsonb_build_object('wake', wake);
  end if;
  if not business = any (switchboard.my_business_ids()) then
    raise exception 'There is no such workspace.' using errcode = 'SB404', detail = jsonb_build_object('business_id', business)::text;
  end if;
  update public.businesses set ai_enabled = enabled where id = business and ai_enabled <> enabled;
  if enabled then
    -- lines that nobody has answered meanwhile; the sweep wakes them, and old ones become drafts
    perform switchboard.arm(w.id) from (
      select v.id from public.conversations v
      where v.business_id = business and v.status = 'ai_handling' and v.ai_due_at is null and v.inbound_version > v.answered_version
      order by v.last_message_at desc limit 1000) w;
  end if;
  return jsonb_build_object('business_id', business, 'ai_enabled', enabled);
end $$;

-- p: { conversation_id }. Returns the last customer line, so that the provider can be told as well.
create function switchboard.mark_read_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
begin
  update public.messages set read = true where conversation_id = talk.id and direction = 'inbound' and not read;
  return switchboard.conversation_view(talk.id) || (
    select jsonb_build_object('last_inbound', (
        select m.wa_message_id from public.messages m
        where m.conversation_id = talk.id and m.direction = 'inbound' and m.origin = 'live' order by m.created_at desc limit 1),
      'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token))
    from public.channels c where c.id = talk.channel_id);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
