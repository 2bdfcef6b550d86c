-- Why a message is where it is, and whether one may be sent: read only, and only what the gate and the turns wrote down.

-- How often the AI began anew because the customer went on writing, before a turn that ended the burst.
create function switchboard.restarts_before(p_turn public.ai_turns) returns integer
  language sql stable set search_path = '' as $$
  select count(*)::integer from public.ai_turns t
  where t.conversation_id = p_turn.conversation_id and t.state = 'superseded' and t.started_at < p_turn.started_at
    and t.started_at > coalesce((select max(c.started_at) from public.ai_turns c
      where c.conversation_id = p_turn.conversation_id and c.state = 'committed' and c.started_at < p_turn.started_at), '-infinity')
$$;

-- The turn behind a message: the one that wrote it, or for a customer's line the first that has read and settled it.
create function switchboard.turn_behind(p_message public.messages) returns public.ai_turns
  language sql stable set search_path = '' as $$
  select t from public.ai_turns t
  where t.conversation_id = p_message.conversation_id and case p_message.direction
    when 'outbound' then t.id = p_message.ai_turn_id
    else t.state = 'committed' and t.cursor >= p_message.inbound_version end
  order by t.cursor, t.started_at limit 1
$$;

create function switchboard.turn_facts(p_turn public.ai_turns) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('turn_id', p_turn.id, 'state', p_turn.state, 'decision', p_turn.decision, 'reason', p_turn.reason,
    'confidence', p_turn.confidence, 'threshold', p_turn.threshold, 'requested_model', p_turn.requested_model,
    'served_model', p_turn.served_model, 'prompt_version', p_turn.prompt_version, 'latency_ms', p_turn.latency_ms,
    'restarts', switchboard.restarts_before(p_turn), 'started_at', p_turn.started_at, 'ended_at', p_turn.ended_at)
  where p_turn.id is not null
$$;

create function switchboard.attempt_facts(p_message_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('attempt_id', a.id, 'number', a.number, 'state', a.state, 'queued_at', a.created_at,
    'due_at', a.due_at, 'started_at', a.started_at, 'ended_at', a.ended_at, 'provider_message_id', a.provider_message_id,
    'error_class', a.error_class, 'error_code', a.error_code, 'error_title', a.error_title, 'error_detail', a.error_detail,
    'gate', a.gate) order by a.number, a.position), '[]')
  from public.send_attempts a where a.message_id = p_message_id
$$;

-- p: { message_id }. `now` is the gate's verdict on sending this message at this moment; null once the customer has it.
create function switchboard.explain_message_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  line public.messages;
begin
  select * into line from public.messages where id = (p ->> 'message_id')::uuid and business_id = any (switchboard.my_business_ids());
  if not found then
    raise exception 'There is no such message.' using errcode = 'SB404', detail = jsonb_build_object('message_id', p ->> 'message_id')::text;
  end if;
  return jsonb_build_object(
    'message', (
      select jsonb_build_object('message_id', line.id, 'conversation_id', line.conversation_id, 'direction', line.direction, 'origin', line.origin,
        'type', line.type, 'sender_type', line.sender_type, 'sender_name', s.name, 'is_draft', line.is_draft,
        'delivery_status', line.delivery_status, 'wa_message_id', line.wa_message_id, 'error', line.error, 'created_at', line.created_at,
        'approved_at', line.approved_at, 'approved_by_name', b.name, 'sent_at', line.sent_at, 'delivered_at', line.delivered_at,
        'read_at', line.read_at, 'failed_at', line.failed_at, 'ai_blocked_reason', v.ai_blocked_reason, 'conversation_status', v.status)
      from public.conversations v
      left join public.team_members s on s.id = line.sender_id
      left join public.team_members b on b.id = line.approved_by
      where v.id = line.conversation_id),
    'attempts', switchboard.attempt_facts(line.id),
    'turn', switchboard.turn_facts(switchboard.turn_behind(line)),
    'now', case when line.direction = 'outbound' and coalesce(line.delivery_status, '') not in ('sent', 'delivered', 'read')
      then switchboard.gate_v1(line.conversation_id, line.type, case
        when line.sender_type = 'ai' and line.approved_at is null and not line.is_draft then 'ai' else 'person' end) end);
end $$;

-- p: { conversation_id, type }. The gate's verdict on a person's message at this moment; nothing is written.
create function switchboard.may_i_send_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
begin
  if not exists (
    select from public.conversations v where v.id = (p ->> 'conversation_id')::uuid and v.business_id = any (switchboard.my_business_ids())) then
    raise exception 'There is no such conversation.' using errcode = 'SB404',
      detail = jsonb_build_object('conversation_id', p ->> 'conversation_id')::text;
  end if;
  return switchboard.gate_v1((p ->> 'conversation_id')::uuid, p ->> 'type', 'person');
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
