-- Calls that we make, and what an agent may do in a call.

-- A call as commands show it.
create function switchboard.call_view(c public.calls) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('call_id', c.id, 'conversation_id', c.conversation_id, 'contact_id', c.contact_id, 'channel_id', c.channel_id,
    'direction', c.direction, 'state', c.state, 'reason', c.reason, 'from', c.from_number, 'to', c.to_number, 'topic', c.topic,
    'purpose', c.purpose, 'ringing_at', c.ringing_at, 'answered_at', c.answered_at, 'ended_at', c.ended_at, 'end_cause', c.end_cause,
    'handed_over_at', c.handed_over_at, 'summary', c.summary, 'recorded', c.recorded, 'transcribed', c.transcript_at is not null,
    'billed_seconds', c.billed_seconds, 'cost_micro_usd', c.cost_micro_usd, 'expires_at', c.expires_at, 'created_at', c.created_at)
$$;

-- The caller's call; another tenant's does not exist.
create function switchboard.own_call(p_id uuid) returns public.calls
  language plpgsql stable set search_path = '' as $$
declare
  c public.calls;
begin
  select * into c from public.calls x
  where x.id = p_id and x.business_id = any (switchboard.my_business_ids())
    and (x.org_id <> all (switchboard.my_restricted_org_ids()) or x.conversation_id = any (switchboard.my_assigned_conversation_ids()));
  if not found then
    raise exception 'There is no such call.' using errcode = 'SB404', detail = jsonb_build_object('call_id', p_id)::text;
  end if;
  return c;
end $$;

-- p: { contact_id, channel_id (null: the number that it last had to do with, or the workspace's first), purpose, topic,
-- wait_seconds, idempotency_key }. Puts a call in line that the gate lets pass; a busy line is waited for. Returns { call } or, where the
-- gate refuses, { gate }.
create function switchboard.place_call_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  person public.contacts := switchboard.own_contact((p ->> 'contact_id')::uuid);
  number public.channels;
  talk public.conversations;
  c public.calls;
  verdict jsonb;
begin
  perform switchboard.own_writable_business(person.business_id);
  perform switchboard.hold_calls(person.org_id);
  select * into c from public.calls x where x.business_id = person.business_id and x.idempotency_key = p ->> 'idempotency_key';
  if found then
    if (c.contact_id, c.purpose, c.topic) is distinct from (person.id, p ->> 'purpose', p ->> 'topic') then
      raise exception 'This idempotency key was used for another call.' using errcode = 'SB422', detail = jsonb_build_object('call_id', c.id)::text;
    end if;
    return jsonb_build_object('call', switchboard.call_view(c));
  end if;

  select h.* into number from public.channels h left join public.conversations v on v.channel_id = h.id and v.contact_id = person.id
  where h.business_id = person.business_id and h.provider = 'telnyx' and h.phone_number is not null
    and (p ->> 'channel_id' is null and h.active or h.id = (p ->> 'channel_id')::uuid)
  order by v.last_message_at desc nulls last, h.created_at, h.id limit 1;
  if not found then
    raise exception 'This workspace has no such number that calls.' using errcode = 'SB404', detail = jsonb_build_object('channel_id', p ->> 'channel_id')::text;
  end if;
  insert into public.conversations as v (org_id, business_id, channel_id, contact_id)
  values (person.org_id, person.business_id, number.id, person.id)
  on conflict (channel_id, contact_id) do update set last_message_at = v.last_message_at
  returning * into talk;
  insert into public.calls (org_id, business_id, channel_id, contact_id, conversation_id, direction, carrier, from_number, to_number, purpose, topic,
    max_seconds, expires_at, idempotency_key, created_by)
  values (person.org_id, person.business_id, number.id, person.id, talk.id, 'outbound', 'telnyx', number.phone_number,
    switchboard.recipient(person.id, number.id) ->> 'phone', p ->> 'purpose', p ->> 'topic', number.call_max_seconds,
    clock_timestamp() + make_interval(secs => (p ->> 'wait_seconds')::integer), p ->> 'idempotency_key', switchboard.acting_member(person.org_id))
  returning * into c;
  verdict := case when c.to_number is null then jsonb_build_object('allowed', false, 'rule', 'recipient_known',
    'reason', 'The contact has no phone number.', 'allowed_at', null, 'trace', '[]'::jsonb) else switchboard.call_gate(c) end;
  if not (verdict ->> 'allowed')::boolean and verdict ->> 'rule' <> 'slots' then
    -- nothing was ever called: the command is refused, and only the audit knows of it
    delete from public.calls where id = c.id;
    return jsonb_build_object('gate', verdict);
  end if;
  return jsonb_build_object('call', switchboard.call_view(c));
end $$;

-- p: { call_id }. Returns { call, secret }: with the key, sealed, that opens its recording; null where there is none.
create function switchboard.get_call_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls := switchboard.own_call((p ->> 'call_id')::uuid);
begin
  return jsonb_build_object('call', switchboard.call_view(c), 'agent_call_id', c.agent_call_id,
    'secret', case when c.recorded then switchboard.call_secrets(c.org_id) -> 'ultravox' end);
end $$;

-- A line of the call's thread that says what happened in it.
create function switchboard.note_in_thread(c public.calls, p_name text, p_text text) returns void
  language plpgsql set search_path = '' as $$
declare
  place bigint;
begin
  if exists (select from public.messages m where m.channel_id = c.channel_id and m.wa_message_id = 'call/' || c.id || '/' || p_name) then
    return;
  end if;
  update public.conversations set message_seq = message_seq + 1, last_message_at = greatest(last_message_at, now())
  where id = c.conversation_id returning message_seq into place;
  insert into public.messages (org_id, business_id, channel_id, contact_id, conversation_id, direction, sender_type, content, type, origin,
    wa_message_id, delivery_status, read, seq, provider_ts, received_at, payload)
  values (c.org_id, c.business_id, c.channel_id, c.contact_id, c.conversation_id, 'outbound', 'ai', p_text, 'call', 'ai',
    'call/' || c.id || '/' || p_name, 'delivered', true, place, now(), now(), jsonb_build_object('call_id', c.id));
end $$;

-- What the agent of a call asks for. p: { tool_token_hash, tool, input }. The token opens the tools of its own call while that
-- goes on, and nothing else. Returns null where there is no such call, else { answer, act }: what the agent is told, and what is to be done.
create function switchboard.call_tool_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
  person public.contacts;
  given text := p #>> '{input,text}';
  forward text;
begin
  select * into c from public.calls where tool_token_hash = p ->> 'tool_token_hash';
  if not found or switchboard.is_over(c.state) then
    return null;
  end if;
  perform switchboard.hold_calls(c.org_id);
  select * into c from public.calls where id = c.id;
  select * into person from public.contacts where id = c.contact_id;
  case p ->> 'tool'
    when 'look-up-contact' then
      return jsonb_build_object('act', null, 'answer', (
        select jsonb_build_object('name', person.name, 'notes', person.notes, 'recent', x -> 'recent', 'open', x -> 'open')
        from switchboard.call_context(c) x));
    when 'leave-note' then
      insert into public.call_events (org_id, business_id, call_id, provider, provider_event_id, kind, at, detail)
      values (c.org_id, c.business_id, c.id, 'switchboard', c.id || '/note/' || md5(given), 'note', clock_timestamp(), jsonb_build_object('note', given))
      on conflict do nothing;
      if found then
        perform switchboard.note_in_thread(c, 'note/' || md5(given), 'Note from the call: ' || given);
        update public.contacts set notes = right(concat_ws(E'\n', notes, to_char(now() at time zone 'utc', 'YYYY-MM-DD') || ', by telephone: ' || given), 4000)
        where id = person.id;
      end if;
      return '{"act": null, "answer": {"result": "The note is left."}}';
    when 'record-opt-out' then
      insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, at)
      select c.org_id, c.business_id, c.contact_id, 'voice', 'all', 'withdrawn', 'person', left('said in a call: ' || given, 1000), now()
      where (switchboard.consent_of(c.contact_id, 'voice', 'utility')).state is distinct from 'withdrawn';
      return '{"act": null, "answer": {"result": "It is recorded. Nobody will call again."}}';
    when 'hand-over' then
      perform switchboard.note_in_thread(c, 'handover', 'Handed over from the call: ' || given);
      perform switchboard.hand_over(c.conversation_id, 'call_handed_over');
      select h.calls_forward_to into forward from public.channels h where h.id = c.channel_id;
      if forward is null then
        return '{"act": null, "answer": {"result": "Nobody can take the call now. Say that somebody will call back, and say goodbye."}}';
      end if;
      return jsonb_build_object('answer', jsonb_build_object('result', 'The call is being handed over. Say so, and say goodbye.'),
        'act', switchboard.call_act(c, 'transfer') || jsonb_build_object('number', forward,
          'from', case c.direction when 'inbound' then c.to_number else c.from_number end));
  end case;
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
