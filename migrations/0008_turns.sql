-- The AI's turn: begin reads everything in one go, commit is a compare-and-swap on what begin has read.

create function switchboard.current_period() returns date
  language sql stable set search_path = '' as $$ select date_trunc('month', now() at time zone 'utc')::date $$;

-- Sets one reply aside within the plan's limit and the budget; the row lock makes it exact under any number of callers.
-- Returns null when it fits, otherwise which of the two is used up.
create function switchboard.reserve_usage(p_org_id uuid, p_cost_micro_usd bigint) returns text
  language plpgsql set search_path = '' as $$
declare
  period_row public.usage_periods;
  plan_limit integer;
  budget bigint;
begin
  insert into public.usage_periods (org_id, period) values (p_org_id, switchboard.current_period()) on conflict do nothing;
  select * into period_row from public.usage_periods where org_id = p_org_id and period = switchboard.current_period() for update;
  select monthly_message_limit, monthly_ai_budget_usd * 1000000 into plan_limit, budget from public.organizations where id = p_org_id;
  if period_row.used + period_row.reserved >= plan_limit then
    return 'monthly_limit';
  end if;
  if budget is not null and period_row.cost_micro_usd + period_row.reserved_cost_micro_usd + p_cost_micro_usd > budget then
    return 'ai_budget';
  end if;
  update public.usage_periods set reserved = reserved + 1, reserved_cost_micro_usd = reserved_cost_micro_usd + p_cost_micro_usd
  where org_id = p_org_id and period = period_row.period;
  return null;
end $$;

-- Turns a turn's reservation into use, or gives it back; its cost counts either way. Once per turn.
create function switchboard.settle_usage(p_turn_id uuid, p_replies integer, p_cost_micro_usd bigint) returns void
  language plpgsql set search_path = '' as $$
declare
  turn public.ai_turns;
  now_used integer;
begin
  select * into turn from public.ai_turns where id = p_turn_id for update;
  if turn.reserved_period is null then
    return;
  end if;
  update public.ai_turns set reserved_period = null, reserved_cost_micro_usd = 0, cost_micro_usd = cost_micro_usd + p_cost_micro_usd where id = turn.id;
  update public.usage_periods set reserved = reserved - 1, used = used + p_replies,
    reserved_cost_micro_usd = reserved_cost_micro_usd - turn.reserved_cost_micro_usd, cost_micro_usd = cost_micro_usd + p_cost_micro_usd
  where org_id = turn.org_id and period = turn.reserved_period returning used into now_used;
  if p_replies > 0 and turn.reserved_period = switchboard.current_period() then
    update public.organizations set messages_used_this_month = now_used where id = turn.org_id;
  end if;
end $$;

-- A turn whose object went silent: its reservation returns. What its model cost is told by a commit that comes too late.
create function switchboard.abandon_turn(p_turn_id uuid) returns void
  language plpgsql set search_path = '' as $$
begin
  update public.ai_turns set state = 'abandoned', ended_at = now() where id = p_turn_id and state = 'generating';
  if found then
    perform switchboard.settle_usage(p_turn_id, 0, 0);
  end if;
end $$;

-- Why no AI may answer here now, or null. A reason is a word for the program; docs/architecture.md says what each means.
create function switchboard.ai_hindrance(p_conversation_id uuid) returns text
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
  end
  from public.conversations v join public.businesses b on b.id = v.business_id join public.channels c on c.id = v.channel_id
  where v.id = p_conversation_id
$$;

-- Milliseconds until this conversation's journal needs somebody: a queued attempt falls due, or a lease ends. Null: never.
create function switchboard.send_in_ms(p_conversation_id uuid) returns integer
  language sql stable set search_path = '' as $$
  select greatest(0, ceil(extract(epoch from coalesce(
      min(lease_until) filter (where state = 'sending'), (array_agg(due_at order by position))[1]) - clock_timestamp()) * 1000))::integer
  from public.send_attempts where conversation_id = p_conversation_id and state in ('queued', 'sending')
  having count(*) > 0
$$;

create function switchboard.begin_turn(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  turn public.ai_turns;
  hindrance text;
  lease interval := make_interval(secs => (p ->> 'lease_seconds')::integer);
  reserve bigint := switchboard.setting('ai.turn_cost_reserve_micro_usd')::bigint;
begin
  select * into talk from public.conversations where id = (p ->> 'conversation_id')::uuid for no key update;
  if not found then
    return '{"outcome": "idle"}';
  end if;
  select * into turn from public.ai_turns where conversation_id = talk.id and state = 'generating' for update;
  if found and turn.id <> (p ->> 'turn_id')::uuid then
    if turn.lease_until > clock_timestamp() then
      return jsonb_build_object('outcome', 'busy', 'wait_ms', ceil(extract(epoch from turn.lease_until - clock_timestamp()) * 1000)::integer);
    end if;
    perform switchboard.abandon_turn(turn.id);
    turn := null;
  end if;

  if talk.ai_due_at is null or talk.inbound_version <= talk.answered_version then
    if turn.id is not null then
      perform switchboard.abandon_turn(turn.id);
    end if;
    update public.conversations set ai_due_at = null, ai_waiting_since = null where id = talk.id and ai_due_at is not null;
    return '{"outcome": "idle"}';
  end if;
  hindrance := switchboard.ai_hindrance(talk.id);
  if hindrance is null and turn.id is null and talk.ai_due_at > clock_timestamp() + interval '5 milliseconds' then
    return jsonb_build_object('outcome', 'wait', 'wait_ms', ceil(extract(epoch from talk.ai_due_at - clock_timestamp()) * 1000)::integer);
  end if;
  if hindrance is null and turn.id is null then
    if exists (select from public.ai_turns where id = (p ->> 'turn_id')::uuid) then
      return '{"outcome": "ended"}';
    end if;
    hindrance := switchboard.reserve_usage(talk.org_id, reserve);
  end if;
  if hindrance is not null then
    if turn.id is not null then
      perform switchboard.abandon_turn(turn.id);
    end if;
    update public.conversations set ai_due_at = null, ai_waiting_since = null, ai_blocked_reason = hindrance where id = talk.id;
    return jsonb_build_object('outcome', 'blocked', 'reason', hindrance);
  end if;

  if turn.id is null then
    insert into public.ai_turns (id, org_id, business_id, conversation_id, cursor, epoch, reserved_period, reserved_cost_micro_usd, lease_until)
    values ((p ->> 'turn_id')::uuid, talk.org_id, talk.business_id, talk.id, talk.inbound_version, talk.epoch,
      switchboard.current_period(), reserve, clock_timestamp() + lease)
    returning * into turn;
  else
    update public.ai_turns set cursor = talk.inbound_version, epoch = talk.epoch, lease_until = clock_timestamp() + lease
    where id = turn.id returning * into turn;
  end if;
  return jsonb_build_object('outcome', 'begun',
    'turn', jsonb_build_object('id', turn.id, 'conversation_id', talk.id, 'org_id', talk.org_id, 'cursor', turn.cursor, 'epoch', turn.epoch),
    'context', switchboard.turn_context(talk));
end $$;

-- p: { conversation_id, turn_id, lease_seconds }. The turn id is the caller's: asking again with it continues the same
-- turn with a fresh view. Returns { outcome } and, by outcome:
-- begun: turn, context · wait: wait_ms (not due yet) · busy: wait_ms (another turn's lease) · blocked: reason · ended
-- (this turn id is used up) · idle. When nothing began, `send_in_ms` says whether the journal has work.
create function switchboard.turn_begin_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  result jsonb := switchboard.begin_turn(p);
begin
  if result ->> 'outcome' = 'begun' then
    return result;
  end if;
  return result || jsonb_build_object('send_in_ms', switchboard.send_in_ms((p ->> 'conversation_id')::uuid));
end $$;

-- Everything a turn needs to know, as of the caller's lock on the conversation.
create function switchboard.turn_context(talk public.conversations) returns jsonb
  language sql stable set search_path = '' as $$
  with recent as (
    select m.* from public.messages m
    where m.conversation_id = talk.id and not m.is_draft
    order by m.created_at desc, m.id desc limit 60
  )
  select jsonb_build_object(
    'business', jsonb_build_object('name', b.name, 'ai_system_prompt', b.ai_system_prompt, 'ai_model', b.ai_model, 'ai_temperature', b.ai_temperature),
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token,
      'ai_prompt_override', c.ai_prompt_override, 'ai_auto_send', c.ai_auto_send, 'ai_confidence_threshold', c.ai_confidence_threshold),
    'organization_threshold', o.ai_confidence_threshold,
    'contact_name', k.name,
    'summary', talk.ai_context_summary,
    'messages', (select coalesce(jsonb_agg(jsonb_build_object(
        'direction', r.direction, 'type', r.type, 'content', r.content, 'at', extract(epoch from coalesce(r.provider_ts, r.created_at)),
        'unanswered', coalesce(r.inbound_version > talk.answered_version, false))
        -- by place, not by clock: a machine answers within the second, and providers count in seconds
        order by r.origin <> 'history', case when r.origin = 'history' then r.created_at end, r.seq, r.id), '[]')
      from recent r where r.delivery_status is distinct from 'failed'),
    'last_inbound', (select jsonb_build_object('provider_id', r.wa_message_id, 'at', extract(epoch from r.provider_ts))
      from recent r where r.direction = 'inbound' and r.inbound_version is not null order by r.created_at desc, r.id desc limit 1),
    -- a customer who waited this long is answered by a person, or at least read by one
    'late', coalesce((select extract(epoch from clock_timestamp() - max(r.provider_ts)) > switchboard.setting('ai.late_after_seconds')::integer
      from recent r where r.inbound_version > talk.answered_version), false),
    'restarts', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.state = 'superseded' and t.cursor > talk.answered_version and t.started_at > now() - interval '1 hour'),
    'max_restarts', switchboard.setting('ai.max_restarts')::integer,
    'failures', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.state = 'failed' and t.cursor > talk.answered_version and t.started_at > now() - interval '1 hour'),
    'turns_last_hour', (select count(*) from public.ai_turns t
      where t.conversation_id = talk.id and t.decision = 'send' and t.started_at > now() - interval '1 hour'),
    'max_turns_per_hour', switchboard.setting('ai.max_turns_per_hour')::integer)
  from public.businesses b, public.channels c, public.contacts k, public.organizations o
  where b.id = talk.business_id and c.id = talk.channel_id and k.id = talk.contact_id and o.id = talk.org_id
$$;

-- Adds the figures of a turn's calls to the hour's row. Last in its transaction, with the ledger: the whole organization
-- shares these rows.
create function switchboard.count_ai_call(p_org_id uuid, p jsonb) returns void
  language sql set search_path = '' as $$
  insert into public.ai_usage_metrics as u (org_id, date, hour, requests_count, tokens_used, cost_cents, confidence_sum, confidence_count)
  select p_org_id, (now() at time zone 'utc')::date, extract(hour from now() at time zone 'utc'), (p ->> 'calls')::integer,
    coalesce((p ->> 'prompt_tokens')::bigint, 0) + coalesce((p ->> 'output_tokens')::bigint, 0),
    coalesce((p ->> 'cost_micro_usd')::numeric, 0) / 10000,
    coalesce((p ->> 'confidence')::bigint, 0), case when p ->> 'confidence' is null then 0 else 1 end
  where (p ->> 'calls')::integer > 0
  on conflict (org_id, date, hour) do update set
    requests_count = u.requests_count + excluded.requests_count, tokens_used = u.tokens_used + excluded.tokens_used,
    cost_cents = u.cost_cents + excluded.cost_cents, confidence_sum = u.confidence_sum + excluded.confidence_sum,
    confidence_count = u.confidence_count + excluded.confidence_count
$$;

-- Ends a turn in a state, with its figures.
create function switchboard.end_turn(p_turn_id uuid, p_state text, p_decision text, p_reason text, p_message_id uuid, p jsonb)
  returns public.ai_turns
  language sql set search_path = '' as $$
  update public.ai_turns set state = p_state, decision = p_decision, reason = p_reason, message_id = p_message_id, ended_at = clock_timestamp(),
    confidence = (p ->> 'confidence')::integer, threshold = (p ->> 'threshold')::integer,
    requested_model = p ->> 'requested_model', served_model = p ->> 'served_model', prompt_version = p ->> 'prompt_version',
    prompt_tokens = (p ->> 'prompt_tokens')::integer, output_tokens = (p ->> 'output_tokens')::integer,
    thinking_tokens = (p ->> 'thinking_tokens')::integer, latency_ms = (p ->> 'latency_ms')::integer
  where id = p_turn_id returning *
$$;

-- Ends a turn of which nothing comes: its reservation returns, its cost stays.
create function switchboard.discard_turn(p_turn public.ai_turns, p_state text, p_reason text, p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.end_turn(p_turn.id, p_state, null, p_reason, null, p);
  perform switchboard.settle_usage(p_turn.id, 0, coalesce((p ->> 'cost_micro_usd')::bigint, 0));
  perform switchboard.count_ai_call(p_turn.org_id, p);
  return jsonb_build_object('outcome', p_state, 'reason', p_reason);
end $$;

-- A holder who never heard that it holds an attempt has made no call: the attempt goes back to its place in the line, so
-- that the claim that follows looks at everything again.
create function switchboard.unclaim(p_conversation_id uuid, p_lease_token uuid) returns void
  language sql set search_path = '' as $$
  update public.send_attempts set state = 'queued', gate = null, lease_token = null, lease_until = null, started_at = null
  where conversation_id = p_conversation_id and state = 'sending' and lease_token = p_lease_token
$$;

-- What a committed turn answers, however often it is asked.
create function switchboard.committed(p_turn public.ai_turns, p jsonb) returns jsonb
  language sql set search_path = '' as $$
  select jsonb_build_object('outcome', 'committed', 'decision', p_turn.decision, 'reason', p_turn.reason, 'message_id', p_turn.message_id,
    'due_in_ms', (select greatest(0, ceil(extract(epoch from v.ai_due_at - clock_timestamp()) * 1000))::integer
      from public.conversations v where v.id = p_turn.conversation_id and v.ai_due_at is not null),
    'next', switchboard.claim_v1(p_turn.conversation_id, (p ->> 'lease_seconds')::integer, (p ->> 'lease_token')::uuid))
$$;

-- A model was asked in a turn's name, but the turn is somebody else's by now: nothing comes of the answer but its cost.
create function switchboard.count_discarded(p_turn public.ai_turns, p jsonb) returns void
  language plpgsql set search_path = '' as $$
declare
  cost bigint := coalesce((p ->> 'cost_micro_usd')::bigint, 0);
begin
  -- a turn that ended with its own figures has counted them: this is the same answer told twice
  if p_turn.id is null or p_turn.state not in ('generating', 'abandoned') or p_turn.served_model is not null then
    return;
  end if;
  update public.ai_turns set cost_micro_usd = cost_micro_usd + cost,
    served_model = case when state = 'abandoned' then p ->> 'served_model' end
  where id = p_turn.id;
  update public.usage_periods set cost_micro_usd = cost_micro_usd + cost
  where org_id = p_turn.org_id and period = date_trunc('month', p_turn.started_at at time zone 'utc')::date;
  perform switchboard.count_ai_call(p_turn.org_id, p);
end $$;

-- p: { turn_id, cursor, epoch (as begin gave them), decision: send | draft | none | handoff, last_restart, reply, reason,
-- confidence, threshold, intent, sentiment, needs_human_reason, prompt_version, requested_model, served_model,
-- prompt_tokens, output_tokens, thinking_tokens, cost_micro_usd, latency_ms, calls, lease_seconds, lease_token, repeated (no
-- answer came the first time) }.
-- Returns { outcome: committed | superseded | cancelled | lost, … }; committed carries the decision that held in the
-- end, what the journal offers next, and `due_in_ms` when lines were left for another turn.
-- Safe to repeat: the answer is the same.
create function switchboard.turn_commit_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  turn public.ai_turns;
  line public.messages;
  verdict text := p ->> 'decision';
  why text := p ->> 'reason';
  hindrance text;
  gate jsonb;
  reply text := nullif(p ->> 'reply', '');
  cost bigint := coalesce((p ->> 'cost_micro_usd')::bigint, 0);
  stale boolean;
begin
  select * into talk from public.conversations
  where id = (select t.conversation_id from public.ai_turns t where t.id = (p ->> 'turn_id')::uuid) for no key update;
  select * into turn from public.ai_turns where id = (p ->> 'turn_id')::uuid for update;
  if turn.state = 'committed' then
    if (p ->> 'repeated')::boolean then
      perform switchboard.unclaim(turn.conversation_id, (p ->> 'lease_token')::uuid);
    end if;
    return switchboard.committed(turn, p);
  elsif turn.state in ('superseded', 'cancelled') then
    return jsonb_build_object('outcome', turn.state, 'reason', turn.reason);
  elsif turn.id is null or turn.state <> 'generating'
    -- somebody has begun the same turn again and read more than this caller
    or (turn.cursor, turn.epoch) is distinct from ((p ->> 'cursor')::bigint, (p ->> 'epoch')::bigint) then
    perform switchboard.count_discarded(turn, p);
    return jsonb_build_object('outcome', 'lost', 'state', turn.state);
  end if;

  stale := talk.inbound_version <> turn.cursor;
  if talk.epoch <> turn.epoch or talk.answered_version >= turn.cursor
    -- a customer who never stops writing does not keep the turn going for ever, but nothing is sent on an old view
    or (stale and (verdict = 'send' or not coalesce((p ->> 'last_restart')::boolean, false))) then
    return switchboard.discard_turn(turn, 'superseded', case when talk.epoch <> turn.epoch then 'human_act' else 'newer_message' end, p);
  end if;
  hindrance := switchboard.ai_hindrance(talk.id);
  if hindrance is not null and hindrance <> 'window_closed' then
    update public.conversations set ai_due_at = null, ai_waiting_since = null, ai_blocked_reason = hindrance where id = talk.id;
    return switchboard.discard_turn(turn, 'cancelled', hindrance, p);
  end if;

  if verdict in ('send', 'draft') and reply is null then
    verdict := 'handoff';
    why := 'answer_empty';
  end if;
  -- switches are read now, not when the turn began
  if verdict = 'send' and not (select c.ai_auto_send from public.channels c where c.id = talk.channel_id) then
    verdict := 'draft';
    why := 'auto_send_off';
  end if;
  if verdict = 'send' then
    gate := switchboard.gate_v1(talk.id, 'text', 'ai');
    if not (gate ->> 'allowed')::boolean then
      verdict := 'draft';
      why := gate ->> 'rule';
    end if;
  end if;

  update public.conversations set
    answered_version = turn.cursor,
    ai_due_at = case when stale then ai_due_at end,
    ai_waiting_since = case when stale then ai_waiting_since end,
    ai_blocked_reason = null,
    message_seq = message_seq + case when verdict = 'send' then 1 else 0 end,
    last_message_at = case when verdict = 'send' then greatest(last_message_at, clock_timestamp()) else last_message_at end,
    status = case when verdict = 'handoff' then 'assigned' else status end,
    assigned_to = case when verdict = 'handoff' then null else assigned_to end,
    needs_human_reason = case when verdict = 'handoff' then coalesce(p ->> 'needs_human_reason', why) else needs_human_reason end,
    needs_human_since = case when verdict = 'handoff' then clock_timestamp() else needs_human_since end
  where id = talk.id;

  if reply is not null and verdict <> 'none' then
    update public.ai_responses r set human_feedback = 'superseded'
    from public.messages d where d.conversation_id = talk.id and d.is_draft and r.message_id = d.id and r.human_feedback is null;
    delete from public.messages d where d.conversation_id = talk.id and d.is_draft;
    insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content, type, origin,
      payload, is_draft, delivery_status, confidence, read, created_at, seq, inbound_version, ai_turn_id)
    values (talk.id, talk.business_id, talk.org_id, talk.channel_id, talk.contact_id, 'outbound', 'ai', reply, 'text', 'ai',
      jsonb_build_object('type', 'text', 'text', reply), verdict <> 'send', case when verdict = 'send' then 'queued' end,
      (p ->> 'confidence')::integer, true, clock_timestamp(), case when verdict = 'send' then talk.message_seq + 1 end, turn.cursor, turn.id)
    returning * into line;
    insert into public.ai_responses (org_id, business_id, conversation_id, message_id, turn_id, content, confidence, tokens_used, model)
    values (talk.org_id, talk.business_id, talk.id, line.id, turn.id, reply, (p ->> 'confidence')::integer,
      coalesce((p ->> 'prompt_tokens')::integer, 0) + coalesce((p ->> 'output_tokens')::integer, 0), p ->> 'served_model');
  end if;
  -- what the model made of the lines it read stands on the last of them; an edit may have used up the cursor's own number
  update public.messages m set ai_processed = true,
    ai_extracted_intent = case when r.last then p ->> 'intent' else m.ai_extracted_intent end,
    sentiment = case when r.last then (p ->> 'sentiment')::real else m.sentiment end,
    ai_suggested_responses = case when r.last and reply is not null then jsonb_build_array(reply) else m.ai_suggested_responses end
  from (
    select n.id, n.inbound_version, n.direction, n.inbound_version = max(n.inbound_version) over () as last
    from (select * from public.messages x where x.conversation_id = talk.id order by x.created_at desc, x.id desc limit 100) n
    where n.direction = 'inbound' and n.inbound_version > talk.answered_version and n.inbound_version <= turn.cursor) r
  where m.id = r.id;

  turn := switchboard.end_turn(turn.id, 'committed', verdict, why, line.id, p);
  if verdict = 'send' then
    perform switchboard.enqueue_attempt(line);
  end if;
  perform switchboard.settle_usage(turn.id, case when line.id is null then 0 else 1 end, cost);
  perform switchboard.count_ai_call(turn.org_id, p);
  return switchboard.committed(turn, p);
end $$;

-- The model failed. p: { turn_id, code, message, retryable, retry_in_ms (null: give up and hand over), reason } and the
-- call's figures. Returns { outcome: retrying | handed_off | lost }.
create function switchboard.turn_fail_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  turn public.ai_turns;
  again boolean := p ->> 'retry_in_ms' is not null;
  outcome jsonb;
begin
  select * into talk from public.conversations
  where id = (select t.conversation_id from public.ai_turns t where t.id = (p ->> 'turn_id')::uuid) for no key update;
  select * into turn from public.ai_turns where id = (p ->> 'turn_id')::uuid for update;
  if turn.id is null or turn.state <> 'generating' then
    perform switchboard.count_discarded(turn, p);
    return '{"outcome": "lost"}';
  end if;
  if talk.epoch <> turn.epoch or talk.status <> 'ai_handling' then
    outcome := '{"outcome": "lost"}';
  elsif again then
    update public.conversations set ai_due_at = clock_timestamp() + make_interval(secs => (p ->> 'retry_in_ms')::double precision / 1000)
    where id = talk.id;
    outcome := jsonb_build_object('outcome', 'retrying', 'wait_ms', (p ->> 'retry_in_ms')::integer);
  else
    perform switchboard.hand_over(talk.id, coalesce(p ->> 'reason', 'ai_unavailable'));
    update public.conversations set ai_blocked_reason = coalesce(p ->> 'reason', 'ai_unavailable') where id = talk.id;
    outcome := '{"outcome": "handed_off"}';
  end if;
  insert into public.ai_errors (org_id, business_id, conversation_id, turn_id, code, message, retryable)
  values (turn.org_id, turn.business_id, turn.conversation_id, turn.id, p ->> 'code', p ->> 'message', again);
  perform switchboard.end_turn(turn.id, 'failed', null, p ->> 'code', null, p);
  perform switchboard.settle_usage(turn.id, 0, coalesce((p ->> 'cost_micro_usd')::bigint, 0));
  perform switchboard.count_ai_call(turn.org_id, p);
  return outcome;
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
