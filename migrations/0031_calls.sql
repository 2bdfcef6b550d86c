-- Calls. What a carrier and a voice agent's provider tell about a call is kept, each event once, and the call's row is folded
-- anew from all of them every time: any order and any repeats come to the same row.

alter table public.organizations
  -- calls that may be under way at once; the voice agent's provider has a limit of its own
  add column calls_at_once integer not null default 5 check (calls_at_once >= 0),
  -- null: no limit
  add column monthly_call_seconds integer check (monthly_call_seconds >= 0);
grant select (calls_at_once, monthly_call_seconds) on public.organizations to authenticated, service_role;
grant update (calls_at_once, monthly_call_seconds) on public.organizations to authenticated, service_role;

-- Opening hours: { timezone, days: { mon: [["09:00", "18:00"], …], … } }; null: always.
create function switchboard.is_open(p_hours jsonb, p_at timestamptz) returns boolean
  language sql stable set search_path = '' as $$
  select p_hours is null or exists (
    select from jsonb_array_elements(coalesce(p_hours #> array['days', lower(to_char(l.at, 'dy'))], '[]')) span
    where to_char(l.at, 'HH24:MI') >= span ->> 0 and to_char(l.at, 'HH24:MI') < span ->> 1)
  from (select p_at at time zone (p_hours ->> 'timezone') as at) l
$$;

-- When it opens next, within a week; null: not at all.
create function switchboard.next_opening(p_hours jsonb, p_at timestamptz) returns timestamptz
  language sql stable set search_path = '' as $$
  select min(o.at) from (
    select (d.day + (span ->> 0)::time) at time zone (p_hours ->> 'timezone') as at
    from (select (p_at at time zone (p_hours ->> 'timezone'))::date + n as day from generate_series(0, 7) n) d,
      jsonb_array_elements(coalesce(p_hours #> array['days', lower(to_char(d.day, 'dy'))], '[]')) span) o
  where o.at > p_at
$$;

create function switchboard.are_hours(p_hours jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
declare
  names text[];
begin
  names := array(select jsonb_object_keys(p_hours -> 'days'));
  if jsonb_typeof(p_hours -> 'timezone') is distinct from 'string' or not names <@ array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] then
    return false;
  end if;
  perform now() at time zone (p_hours ->> 'timezone');
  return not exists (
    select from jsonb_each(p_hours -> 'days') d, jsonb_array_elements(d.value) span
    where not (span ->> 0 ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and span ->> 1 ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' and span ->> 0 < span ->> 1) is not false);
exception when others then
  return false;
end $$;
-- a check runs as whoever writes the row
grant execute on function switchboard.are_hours(jsonb) to authenticated, service_role, switchboard_worker, switchboard_definer;

alter table public.channels
  add column calls_hours jsonb check (calls_hours is null or switchboard.are_hours(calls_hours)),
  add column call_max_seconds integer not null default 600 check (call_max_seconds between 30 and 3600),
  -- whom a call is handed to that the agent gives up, E.164; null: nobody, the conversation waits for a person
  add column calls_forward_to text check (calls_forward_to ~ '^\+[1-9][0-9]{6,14}$'),
  add column call_greeting text check (length(call_greeting) <= 500),
  add column call_voice text check (length(call_voice) <= 100),
  add column call_recording boolean not null default false;
grant select (calls_hours, call_max_seconds, calls_forward_to, call_greeting, call_voice, call_recording) on public.channels to authenticated, service_role;
grant update (calls_hours, call_max_seconds, calls_forward_to, call_greeting, call_voice, call_recording) on public.channels to authenticated, service_role;

create table public.calls (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  channel_id uuid not null,
  -- null while the caller withholds the number
  contact_id uuid,
  conversation_id uuid,
  direction text not null check (direction in ('inbound', 'outbound')),
  -- folded from call_events, as are the times, the cause, the summary and the bill
  state text not null default 'queued' check (state in ('queued', 'dialing', 'ringing', 'answered', 'talking',
    'completed', 'missed', 'refused', 'failed', 'expired', 'unknown_end')),
  -- why it was refused or failed, or how it ended, for a person to read
  reason text,
  -- the gate's verdict and every rule it looked at
  gate jsonb,
  topic text not null default 'utility' check (topic in ('marketing', 'utility')),
  -- outbound: what the agent is to do
  purpose text check (length(purpose) <= 2000),
  from_number text,
  to_number text,
  carrier text not null check (carrier in ('telnyx', 'twilio')),
  carrier_leg_id text,
  carrier_session_id text,
  agent_call_id text,
  ringing_at timestamptz,
  answered_at timestamptz,
  joined_at timestamptz,
  ended_at timestamptz,
  handed_over_at timestamptz,
  end_cause text,
  summary text,
  -- null: not known (yet), which is not nothing
  billed_seconds integer check (billed_seconds >= 0),
  cost_micro_usd bigint check (cost_micro_usd >= 0),
  max_seconds integer not null,
  recorded boolean not null default false,
  -- the transcript has been written into the conversation; null: not yet, or there is none
  transcript_at timestamptz,
  -- it counts among those under way until then at the latest
  slot_until timestamptz,
  -- outbound: it is not dialled later than this
  expires_at timestamptz,
  -- whoever works on it has until then
  acting_until timestamptz,
  -- opens the agent's tools for this call only
  tool_token_hash text unique check (tool_token_hash ~ '^[0-9a-f]{64}$'),
  idempotency_key text check (length(idempotency_key) <= 200),
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, business_id, id),
  foreign key (org_id, business_id, channel_id) references public.channels (org_id, business_id, id) on delete cascade,
  foreign key (org_id, business_id, channel_id, contact_id, conversation_id)
    references public.conversations (org_id, business_id, channel_id, contact_id, id) on update cascade on delete cascade
);
create unique index calls_leg on public.calls (org_id, carrier, carrier_leg_id) where carrier_leg_id is not null;
create unique index calls_idempotency on public.calls (business_id, idempotency_key) where idempotency_key is not null;
create index calls_agent on public.calls (org_id, agent_call_id) where agent_call_id is not null;
create index calls_list on public.calls (business_id, created_at desc, id);
create index calls_month on public.calls (org_id, created_at);
create index calls_conversation on public.calls (conversation_id);
create index calls_live on public.calls (org_id, slot_until) where slot_until is not null;
create index calls_open on public.calls (created_at) where state in ('queued', 'dialing', 'ringing', 'answered', 'talking');
create index calls_unbilled on public.calls (ended_at) where agent_call_id is not null and (billed_seconds is null or transcript_at is null);

create table public.call_events (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  call_id uuid not null,
  -- telnyx, twilio, ultravox, or ourselves
  provider text not null,
  provider_event_id text not null,
  kind text not null,
  -- whose connection it is about
  leg text not null default 'customer' check (leg in ('customer', 'person', 'agent')),
  at timestamptz not null,
  -- what the fold reads: cause, summary, billed_seconds, reason
  detail jsonb not null default '{}',
  raw jsonb,
  received_at timestamptz not null default now(),
  unique (org_id, provider, provider_event_id),
  foreign key (org_id, business_id, call_id) references public.calls (org_id, business_id, id) on delete cascade
);
create index call_events_call on public.call_events (call_id, at);

do $$
declare
  t text;
begin
  foreach t in array array['calls', 'call_events'] loop
    execute format('alter table public.%I enable row level security', t);
    execute format('alter table public.%I force row level security', t);
    execute format('create policy worker on public.%I to switchboard_worker using (true) with check (true)', t);
    execute format('create policy definer on public.%I to switchboard_definer using (true) with check (true)', t);
    execute format('create policy service on public.%I for select to service_role using (true)', t);
    execute format('create policy member on public.%I for select to authenticated
      using (business_id = any ((select switchboard.my_business_ids())::uuid[]))', t);
  end loop;
end $$;
create policy assigned_only on public.calls as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or conversation_id = any ((select switchboard.my_assigned_conversation_ids())::uuid[]));
create policy assigned_only on public.call_events as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or exists (select from public.calls c where c.id = call_id));
grant select, insert, update, delete on public.calls, public.call_events to switchboard_worker, switchboard_definer;

insert into switchboard.sealed_columns values ('calls', 'tool_token_hash');
do $$
begin
  execute format('grant select (%s) on public.calls to authenticated, service_role', (
    select string_agg(quote_ident(c.column_name), ', ' order by c.ordinal_position) from information_schema.columns c
    where c.table_schema = 'public' and c.table_name = 'calls' and c.column_name <> 'tool_token_hash'));
end $$;
grant select on public.call_events to authenticated, service_role;
create trigger touch_updated_at before update on public.calls for each row execute function switchboard.touch_updated_at();
select switchboard.feed_enable('public.calls', 'gate');

insert into public.app_config (key, value, description) values
  ('calls.micro_usd_per_minute', '50000', 'What a minute with the voice agent costs, in millionths of a US dollar'),
  ('calls.ring_seconds', '120', 'A call that nobody has answered for so long is closed'),
  ('calls.grace_seconds', '120', 'A call that goes on for so much longer than it may is closed as ended we know not when'),
  ('calls.unbilled_after_seconds', '600', 'When a call''s bill has not come by then, the provider is asked for it');

-- ---- the fold ----------------------------------------------------------------------------------------------------------

create function switchboard.is_over(p_state text) returns boolean
  language sql immutable parallel safe as $$
  select p_state in ('completed', 'missed', 'refused', 'failed', 'expired', 'unknown_end')
$$;

create function switchboard.call_seconds(c public.calls) returns integer
  language sql immutable set search_path = '' as $$
  select ceil(extract(epoch from c.ended_at - c.answered_at))::integer
$$;

-- What a call is in the thread.
create function switchboard.call_line(c public.calls) returns text
  language sql stable set search_path = '' as $$
  select case c.state
    when 'completed' then 'Call of ' || to_char(make_interval(secs => switchboard.call_seconds(c)), 'FMHH24:MI:SS') || coalesce('. ' || c.summary, '')
    when 'missed' then case c.direction when 'inbound' then 'Missed call' else 'Call, not answered' end
    when 'refused' then case c.direction when 'inbound' then 'Call not taken: ' else 'Call not made: ' end || coalesce(c.reason, 'refused')
    when 'failed' then 'Call failed: ' || coalesce(c.reason, 'for a reason that we were not told')
    when 'expired' then 'Call not made: ' || coalesce(c.reason, 'its time had passed')
    when 'unknown_end' then 'Call, of which we know no end' || coalesce('. ' || c.summary, '')
    else 'Call' end
$$;

-- The call as one line of its conversation, from its end on. Nobody owes it an answer.
create function switchboard.show_call(c public.calls) returns void
  language plpgsql set search_path = '' as $$
declare
  line text := switchboard.call_line(c);
  place bigint;
  moment timestamptz := coalesce(c.ringing_at, c.created_at);
begin
  if c.conversation_id is null or not switchboard.is_over(c.state) then
    return;
  end if;
  update public.messages set content = line
  where channel_id = c.channel_id and wa_message_id = 'call/' || c.id and content <> line;
  if found or exists (select from public.messages where channel_id = c.channel_id and wa_message_id = 'call/' || c.id) then
    return;
  end if;
  update public.conversations set message_seq = message_seq + 1, last_message_at = greatest(last_message_at, moment)
  where id = c.conversation_id returning message_seq into place;
  insert into public.messages (org_id, business_id, channel_id, contact_id, conversation_id, direction, sender_type, content, type, origin,
    wa_message_id, delivery_status, read, seq, provider_ts, received_at, created_at, payload, sentiment_model)
  values (c.org_id, c.business_id, c.channel_id, c.contact_id, c.conversation_id, c.direction,
    case c.direction when 'inbound' then 'contact' else 'ai' end, line, 'call', case c.direction when 'inbound' then 'live' else 'ai' end,
    'call/' || c.id, case c.direction when 'outbound' then 'delivered' end, true, place, moment, now(), moment,
    jsonb_build_object('call_id', c.id), 'none');
end $$;

-- Makes the row say what the events say. The caller holds the organization's calls.
create function switchboard.fold_call(p_id uuid) returns public.calls
  language plpgsql set search_path = '' as $$
declare
  before public.calls;
  after public.calls;
  f record;
begin
  select * into before from public.calls where id = p_id for no key update;
  after := before;
  select
    min(e.at) filter (where e.leg = 'customer' and e.kind = 'ringing') as ringing_at,
    min(e.at) filter (where e.leg = 'customer' and e.kind = 'answered') as answered_at,
    min(e.at) filter (where e.kind = 'agent_joined') as joined_at,
    min(e.at) filter (where e.leg = 'customer' and e.kind = 'hangup') as hung_up_at,
    min(e.at) filter (where e.kind = 'agent_ended') as agent_ended_at,
    min(e.at) filter (where e.kind = 'lost') as lost_at,
    min(e.at) filter (where e.kind in ('handed_over', 'bridged')) as handed_over_at,
    min(e.at) filter (where e.kind in ('refused', 'failed', 'expired')) as closed_at,
    (array_agg(e.kind order by e.at, e.id) filter (where e.kind in ('refused', 'failed', 'expired')))[1] as closed,
    (array_agg(e.detail ->> 'reason' order by e.at, e.id) filter (where e.kind in ('refused', 'failed', 'expired')))[1] as closed_reason,
    (array_agg(e.detail ->> 'cause' order by e.at, e.detail ->> 'cause') filter (where e.leg = 'customer' and e.kind = 'hangup'))[1] as hangup_cause,
    (array_agg(e.detail ->> 'cause' order by e.at, e.detail ->> 'cause') filter (where e.kind = 'agent_ended'))[1] as agent_cause,
    max(e.detail ->> 'summary') filter (where e.kind = 'agent_ended') as summary,
    max((e.detail ->> 'billed_seconds')::integer) filter (where e.kind = 'billed') as billed_seconds,
    bool_or(e.kind = 'dialing') as dialled, bool_or(e.kind = 'recorded') as recorded,
    bool_or(e.leg = 'customer' and e.provider = before.carrier) as carried
  into f from public.call_events e where e.call_id = p_id;

  after.ringing_at := f.ringing_at;
  after.joined_at := f.joined_at;
  -- whom the agent talks to has answered, whether or not we were told
  after.answered_at := coalesce(f.answered_at, f.joined_at);
  after.handed_over_at := f.handed_over_at;
  after.ended_at := coalesce(f.hung_up_at, case when f.carried is not true then f.agent_ended_at end, f.closed_at, f.lost_at);
  after.end_cause := coalesce(f.hangup_cause, f.agent_cause);
  after.summary := f.summary;
  after.reason := f.closed_reason;
  after.billed_seconds := f.billed_seconds;
  after.cost_micro_usd := ceil(f.billed_seconds * switchboard.setting('calls.micro_usd_per_minute')::numeric / 60);
  after.recorded := coalesce(f.recorded, false);
  after.state := case
    when f.closed = 'refused' then 'refused'
    when f.closed = 'failed' then 'failed'
    when f.closed = 'expired' and f.carried is not true then 'expired'
    when f.hung_up_at is not null or f.agent_ended_at is not null and f.carried is not true then
      case when after.answered_at is null then 'missed' else 'completed' end
    when f.lost_at is not null then 'unknown_end'
    when f.joined_at is not null then 'talking'
    when f.answered_at is not null then 'answered'
    when f.ringing_at is not null then 'ringing'
    when f.dialled then 'dialing'
    else 'queued' end;
  if switchboard.is_over(after.state) then
    after.slot_until := null;
  else
    after.ended_at := null;
  end if;
  if after is distinct from before then
    update public.calls c set state = after.state, reason = after.reason, ringing_at = after.ringing_at, answered_at = after.answered_at,
      joined_at = after.joined_at, ended_at = after.ended_at, handed_over_at = after.handed_over_at, end_cause = after.end_cause,
      summary = after.summary, billed_seconds = after.billed_seconds, cost_micro_usd = after.cost_micro_usd, recorded = after.recorded,
      slot_until = after.slot_until
    where c.id = p_id returning * into after;
    if after.cost_micro_usd is distinct from before.cost_micro_usd then
      insert into public.usage_periods as u (org_id, period, cost_micro_usd)
      values (after.org_id, date_trunc('month', after.created_at at time zone 'utc')::date, coalesce(after.cost_micro_usd, 0))
      on conflict (org_id, period) do update set cost_micro_usd = u.cost_micro_usd + coalesce(after.cost_micro_usd, 0) - coalesce(before.cost_micro_usd, 0);
    end if;
  end if;
  perform switchboard.show_call(after);
  return after;
end $$;

-- Something that we did ourselves, or concluded.
create function switchboard.note_call(p_id uuid, p_kind text, p_detail jsonb) returns void
  language sql set search_path = '' as $$
  insert into public.call_events (org_id, business_id, call_id, provider, provider_event_id, kind, at, detail)
  select c.org_id, c.business_id, c.id, 'switchboard', c.id || '/' || p_kind, p_kind, clock_timestamp(), p_detail
  from public.calls c where c.id = p_id
  on conflict do nothing
$$;

-- All writers to an organization's calls take turns: its slots and its month are counted by them.
create function switchboard.hold_calls(p_org_id uuid) returns void
  language sql set search_path = '' as $$ select pg_advisory_xact_lock(hashtextextended('calls ' || p_org_id, 0)) $$;

-- ---- the gate ----------------------------------------------------------------------------------------------------------

-- Seconds of this month's calls: as billed, else as long as they lasted, else as long as they may last; and how many of them
-- have no bill.
create function switchboard.month_of_calls(p_org_id uuid, p_but uuid) returns table (seconds bigint, unbilled_seconds bigint, unbilled bigint)
  language sql stable set search_path = '' as $$
  select coalesce(sum(coalesce(c.billed_seconds, s.seconds)), 0)::bigint,
    coalesce(sum(s.seconds) filter (where c.billed_seconds is null), 0)::bigint, count(*) filter (where c.billed_seconds is null)
  from public.calls c cross join lateral (
    select case when switchboard.is_over(c.state) then least(switchboard.call_seconds(c), c.max_seconds) else c.max_seconds end as seconds) s
  where c.org_id = p_org_id and c.id is distinct from p_but and c.state <> 'queued' and s.seconds is not null
    and c.created_at >= switchboard.current_period()::timestamp at time zone 'utc'
$$;

-- Whether a call may be taken, or made, now; in the form of `gate_v1`. Whoever calls us may be answered though it wants no
-- calls from us: what is withdrawn is being called unasked. The caller holds the organization's calls.
create function switchboard.call_gate(p public.calls) returns jsonb
  language sql stable set search_path = '' as $$
  with facts as (
    select c.active, c.auth_state, c.auth_state_reason, c.calls_hours, b.is_active and b.ai_enabled as business_ai,
      v.id is null or v.ai_enabled as conversation_ai, p.contact_id is not null as known,
      o.ultravox_api_key_encrypted is not null as agent, o.calls_at_once, o.monthly_call_seconds, o.monthly_ai_budget_usd,
      p.carrier <> 'telnyx' or o.telnyx_api_key_encrypted is not null as carrier,
      switchboard.is_open(c.calls_hours, clock_timestamp()) as open, w as word, m.*,
      (select count(*) from public.calls x where x.org_id = p.org_id and x.id <> p.id and x.slot_until > clock_timestamp()) as live,
      coalesce(u.cost_micro_usd, 0) + coalesce(u.reserved_cost_micro_usd, 0)
        + ceil((m.unbilled_seconds + p.max_seconds) * switchboard.setting('calls.micro_usd_per_minute')::numeric / 60) as cost
    from public.channels c join public.businesses b on b.id = c.business_id join public.organizations o on o.id = c.org_id
    left join public.conversations v on v.id = p.conversation_id
    left join public.usage_periods u on u.org_id = o.id and u.period = switchboard.current_period()
    left join lateral switchboard.consent_of(p.contact_id, 'voice', p.topic) w on true
    cross join lateral switchboard.month_of_calls(p.org_id, p.id) m
    where c.id = p.channel_id
  ), rules (position, rule, input, passed, reason) as (
    select 1, 'channel_active', jsonb_build_object('active', active), active, 'This number is switched off. Switch the channel on to take calls.' from facts
    union all
    select 2, 'channel_credentials', jsonb_build_object('auth_state', auth_state, 'carrier', carrier, 'agent', agent),
      auth_state = 'ok' and carrier and agent,
      case when not agent then 'No voice agent is connected: save-ultravox-integration stores its key.'
        when not carrier then 'The carrier''s account is not connected: store-telnyx-credentials stores its key.'
        else 'The provider refuses this number''s credentials: ' || coalesce(auth_state_reason, 'reconnect the channel') end from facts
    union all
    select 3, 'recipient_known', jsonb_build_object('known', known), known, 'The number of the other side is withheld.' from facts
    union all
    select 4, 'ai_may_speak', jsonb_build_object('business_ai', business_ai, 'conversation_ai', conversation_ai), business_ai and conversation_ai,
      'The AI is switched off, and it is who answers calls.' from facts
    union all
    select 5, 'calling_hours', jsonb_build_object('hours', calls_hours), open, 'Calls are taken and made within the number''s hours only.' from facts
    union all
    select 6, 'consent', jsonb_build_object('topic', p.topic, 'state', (word).state), p.direction = 'inbound' or (word).state is distinct from 'withdrawn',
      'The contact wants no ' || case p.topic when 'marketing' then 'marketing ' else '' end || 'calls: '
        || case (word).source when 'keyword' then coalesce('wrote "' || (word).evidence || '"', 'wrote a stop word') else coalesce((word).evidence, 'it was recorded') end
        || ' on ' || to_char((word).at at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC. Record a new consent once the contact has given one.' from facts
    union all
    select 7, 'monthly_limit', jsonb_build_object('seconds', seconds, 'limit', monthly_call_seconds), coalesce(seconds < monthly_call_seconds, true),
      'The month''s call time is used up.' from facts
    union all
    select 8, 'budget', jsonb_build_object('cost_micro_usd', cost, 'unbilled', unbilled, 'budget_usd', monthly_ai_budget_usd),
      coalesce(cost <= monthly_ai_budget_usd * 1000000, true), 'The month''s budget is used up, counting calls whose bill is still to come.' from facts
    union all
    select 9, 'slots', jsonb_build_object('live', live, 'limit', calls_at_once), live < calls_at_once,
      'All lines are busy: ' || live || ' calls are under way.' from facts
  )
  select jsonb_build_object(
    'allowed', bool_and(passed),
    'rule', (array_agg(rule order by position) filter (where not passed))[1],
    'reason', (array_agg(reason order by position) filter (where not passed))[1],
    'allowed_at', case when (array_agg(rule order by position) filter (where not passed))[1] = 'calling_hours' then
      switchboard.next_opening((select calls_hours from facts), clock_timestamp()) end,
    'trace', jsonb_agg(jsonb_build_object('rule', rule, 'input', input, 'passed', passed) order by position))
  from rules
$$;

-- ---- what there is to do -----------------------------------------------------------------------------------------------

-- The providers' keys of an organization, sealed.
create function switchboard.call_secrets(p_org_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('webhook_secret', o.webhook_secret,
    'application_id', o.telnyx_application_id,
    'telnyx', case when o.telnyx_api_key_encrypted is not null then jsonb_build_object('column', 'organizations.telnyx_api_key_encrypted',
      'row', o.id, 'value', convert_from(o.telnyx_api_key_encrypted, 'UTF8')) end,
    'ultravox', case when o.ultravox_api_key_encrypted is not null then jsonb_build_object('column', 'organizations.ultravox_api_key_encrypted',
      'row', o.id, 'value', convert_from(o.ultravox_api_key_encrypted, 'UTF8')) end)
  from public.organizations o where o.id = p_org_id
$$;

-- What a voice agent has to know before it speaks: the business's words, the person, what was said lately on any channel and
-- what is still open.
create function switchboard.call_context(c public.calls) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'business', jsonb_build_object('name', b.name, 'ai_system_prompt', coalesce(h.ai_prompt_override, b.ai_system_prompt)),
    'contact', jsonb_build_object('name', k.name, 'notes', left(k.notes, 2000)),
    'wants_no_marketing', coalesce((switchboard.consent_of(c.contact_id, 'voice', 'marketing')).state = 'withdrawn', false),
    'greeting', h.call_greeting, 'voice', h.call_voice, 'record', h.call_recording, 'forward', h.calls_forward_to is not null,
    'recent', (
      select coalesce(jsonb_agg(jsonb_build_object('platform', l.platform, 'direction', l.direction, 'content', left(l.content, 500),
        'at', extract(epoch from l.created_at)) order by l.created_at, l.id), '[]')
      from (
        select case when m.type in ('call', 'transcript') then 'voice' else x.platform end as platform, m.direction, m.content, m.created_at, m.id
        from public.conversations v join public.channels x on x.id = v.channel_id join public.messages m on m.conversation_id = v.id
        where v.contact_id = c.contact_id and not m.is_draft and m.revoked_at is null and m.delivery_status is distinct from 'failed'
          and m.created_at > now() - interval '30 days'
        order by m.created_at desc, m.id desc limit 20) l),
    'open', (
      select coalesce(jsonb_agg(o.matter), '[]') from (
        select 'waits for a person since ' || to_char(v.needs_human_since at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC (' || v.needs_human_reason || ')' as matter
        from public.conversations v where v.contact_id = c.contact_id and v.needs_human_since is not null
        union all
        select 'wrote, and has had no answer: ' || left(m.content, 200)
        from public.conversations v join public.messages m on m.conversation_id = v.id
        where v.contact_id = c.contact_id and m.inbound_version > v.answered_version and not m.is_draft and m.revoked_at is null
          and m.created_at > now() - interval '30 days') o))
  from public.businesses b join public.channels h on h.id = c.channel_id left join public.contacts k on k.id = c.contact_id
  where b.id = c.business_id
$$;

-- Everything that whoever acts on a call needs.
create function switchboard.call_act(c public.calls, p_do text) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('do', p_do, 'call_id', c.id, 'org_id', c.org_id, 'carrier', c.carrier, 'leg', c.carrier_leg_id,
    'agent_call_id', c.agent_call_id, 'direction', c.direction, 'from', c.from_number, 'to', c.to_number, 'purpose', c.purpose,
    'max_seconds', c.max_seconds, 'reason', c.reason, 'secrets', switchboard.call_secrets(c.org_id),
    'context', case when p_do in ('answer', 'join') then switchboard.call_context(c) end)
$$;

-- Decides what a call asks of us now, and gives it to the one who asks: for `p_lease_seconds` nobody else gets it.
create function switchboard.next_act(p_id uuid, p_token_hash text, p_lease_seconds integer) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
  verdict jsonb;
  todo text;
begin
  select * into c from public.calls where id = p_id for no key update;
  if c.acting_until > clock_timestamp() then
    return null;
  end if;
  todo := case
    when c.direction = 'inbound' and c.state = 'ringing' and c.agent_call_id is null and c.gate is null then 'answer'
    when c.direction = 'inbound' and c.state = 'ringing' and c.slot_until is not null then 'answer'
    when c.direction = 'outbound' and c.state = 'answered' and c.agent_call_id is null then 'join'
    when c.agent_call_id is not null and c.transcript_at is null
      and exists (select from public.call_events e where e.call_id = c.id
        and (e.kind = 'lost' or e.kind = 'agent_ended' and e.provider_event_id = c.agent_call_id || '/call.ended')) then 'collect' end;
  if todo is null then
    return null;
  end if;
  if todo = 'answer' and c.gate is null then
    verdict := switchboard.call_gate(c);
    if not (verdict ->> 'allowed')::boolean then
      update public.calls set gate = verdict, acting_until = clock_timestamp() + make_interval(secs => p_lease_seconds) where id = c.id;
      perform switchboard.note_call(c.id, 'refused', jsonb_build_object('reason', verdict ->> 'reason', 'rule', verdict ->> 'rule'));
      return switchboard.call_act(switchboard.fold_call(c.id), 'reject');
    end if;
  end if;
  update public.calls set gate = coalesce(verdict, gate), acting_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
    tool_token_hash = case when todo in ('answer', 'join') then p_token_hash else tool_token_hash end,
    slot_until = case when todo = 'answer' then clock_timestamp() + make_interval(secs => c.max_seconds + switchboard.setting('calls.grace_seconds')::integer)
      else slot_until end
  where id = c.id returning * into c;
  return switchboard.call_act(c, todo);
end $$;

-- ---- events ------------------------------------------------------------------------------------------------------------

-- The call that an event is about: by our own id, which providers give back, by its leg, or a new one where a customer calls
-- one of the organization's numbers. Null: none of ours.
create function switchboard.place_call(p_org_id uuid, p_carrier text, e jsonb) returns uuid
  language plpgsql set search_path = '' as $$
declare
  found_id uuid;
  number public.channels;
  ref jsonb := e #> '{parties,from}';
  talk public.conversations;
  person uuid;
  moment timestamptz := least(to_timestamp((e ->> 'at')::double precision), now() + interval '2 minutes');
begin
  select c.id into found_id from public.calls c where c.id = (e ->> 'call_id')::uuid and c.org_id = p_org_id;
  if found_id is null then
    select c.id into found_id from public.calls c where c.org_id = p_org_id and c.carrier = p_carrier and c.carrier_leg_id = e ->> 'leg';
  end if;
  if found_id is null and p_carrier = 'ultravox' then
    select c.id into found_id from public.calls c where c.org_id = p_org_id and c.agent_call_id = e ->> 'leg';
  end if;
  if found_id is not null or p_carrier = 'ultravox' or coalesce(e ->> 'direction', 'incoming') <> 'incoming' then
    if e ->> 'role' = 'customer' then
      update public.calls set carrier_leg_id = coalesce(carrier_leg_id, e ->> 'leg'), carrier_session_id = coalesce(carrier_session_id, e ->> 'session')
      where id = found_id and (carrier_leg_id is null or carrier_session_id is null);
    end if;
    return found_id;
  end if;

  select * into number from public.channels h
  where h.org_id = p_org_id and h.provider = p_carrier and h.phone_number_id = coalesce(e ->> 'account', p_org_id || '/' || (e #>> '{parties,to,phone}'))
  order by h.active desc, h.created_at, h.id limit 1;
  if not found then
    return null;
  end if;
  if ref ->> 'wa_id' <> '' then
    perform switchboard.lock_people(array[number.business_id], array[ref]);
    person := switchboard.resolve_contact(number.org_id, number.business_id, 'voice', ref, moment);
    insert into public.conversations as v (org_id, business_id, channel_id, contact_id, last_message_at)
    values (number.org_id, number.business_id, number.id, person, moment)
    on conflict (channel_id, contact_id) do update set last_message_at = greatest(v.last_message_at, excluded.last_message_at)
    returning * into talk;
    perform switchboard.complete_contact(person, ref);
  end if;
  insert into public.calls (org_id, business_id, channel_id, contact_id, conversation_id, direction, carrier, carrier_leg_id, carrier_session_id,
    from_number, to_number, max_seconds)
  values (number.org_id, number.business_id, number.id, person, talk.id, 'inbound', p_carrier, e ->> 'leg', e ->> 'session',
    ref ->> 'phone', coalesce(e #>> '{parties,to,phone}', number.phone_number), number.call_max_seconds)
  returning id into found_id;
  return found_id;
end $$;

-- What a verified webhook tells about calls. p: { org_id, provider, received_at (unix seconds), events: CallEvent[],
-- tool_token_hash, lease_seconds }. Returns { outcomes: [stored | duplicate | quarantined, …], acts: [{ do, … }] }: what the
-- caller is to do now, and nobody else.
create function switchboard.call_event_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := (p ->> 'org_id')::uuid;
  e jsonb;
  one_call uuid;
  fresh boolean;
  outcomes jsonb := '[]';
  touched uuid[] := '{}';
  acts jsonb := '[]';
  act jsonb;
begin
  perform switchboard.hold_calls(org);
  for e in select value from jsonb_array_elements(p -> 'events') loop
    one_call := case when e ->> 'kind' <> 'malformed' then switchboard.place_call(org, p ->> 'provider', e) end;
    if one_call is null then
      perform switchboard.quarantine(p ->> 'provider', org::text, 'call', case e ->> 'kind' when 'malformed' then 'malformed' else 'unknown_call' end,
        coalesce(e ->> 'reason', 'no call of ours, and none to one of our numbers'), coalesce(e -> 'raw', e), to_timestamp((p ->> 'received_at')::double precision));
      outcomes := outcomes || '["quarantined"]';
      continue;
    end if;
    insert into public.call_events (org_id, business_id, call_id, provider, provider_event_id, kind, leg, at, detail, raw, received_at)
    select c.org_id, c.business_id, c.id, p ->> 'provider', e ->> 'dedupe', e ->> 'kind', coalesce(e ->> 'role', 'customer'),
      least(to_timestamp((e ->> 'at')::double precision), now() + interval '2 minutes'),
      jsonb_strip_nulls(jsonb_build_object('cause', e -> 'cause', 'summary', e -> 'summary', 'billed_seconds', e -> 'billed_seconds', 'reason', e -> 'reason')),
      e -> 'raw', to_timestamp((p ->> 'received_at')::double precision)
    from public.calls c where c.id = one_call
    on conflict do nothing;
    fresh := found;
    outcomes := outcomes || case when fresh then '["stored"]'::jsonb else '["duplicate"]' end;
    if fresh and p ->> 'provider' = 'ultravox' then
      update public.calls set agent_call_id = e ->> 'leg' where id = one_call and agent_call_id is null;
    end if;
    if fresh then
      perform switchboard.fold_call(one_call);
    end if;
    touched := touched || one_call;
  end loop;
  for one_call in select distinct t from unnest(touched) t loop
    act := switchboard.next_act(one_call, p ->> 'tool_token_hash', coalesce((p ->> 'lease_seconds')::integer, 20));
    acts := acts || case when act is null then '[]'::jsonb else jsonb_build_array(act) end;
  end loop;
  return jsonb_build_object('outcomes', outcomes, 'acts', acts);
end $$;

-- What became of an act. p: { call_id, agent_call_id, kind: failed | handed_over | recorded | null, reason, done }. `done`: the
-- next act may be given out at once.
create function switchboard.call_note_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
begin
  perform switchboard.hold_calls((select x.org_id from public.calls x where x.id = (p ->> 'call_id')::uuid));
  update public.calls x set agent_call_id = coalesce(p ->> 'agent_call_id', x.agent_call_id), carrier_leg_id = coalesce(x.carrier_leg_id, p ->> 'leg'),
    acting_until = case when (p ->> 'done')::boolean then null else x.acting_until end
  where x.id = (p ->> 'call_id')::uuid returning * into c;
  if p ->> 'kind' is not null then
    perform switchboard.note_call(c.id, p ->> 'kind', jsonb_strip_nulls(jsonb_build_object('reason', p -> 'reason')));
    if p ->> 'kind' in ('failed', 'handed_over') and c.conversation_id is not null then
      perform switchboard.hand_over(c.conversation_id, case p ->> 'kind' when 'failed' then 'call_failed' else 'call_handed_over' end);
    end if;
  end if;
  c := switchboard.fold_call(c.id);
  return jsonb_build_object('call_id', c.id, 'state', c.state);
end $$;

-- Writes what was said into the call's conversation, once. p: { call_id, lines: [{ n, role: user | agent, text, after_seconds }] }.
-- Nobody owes these lines an answer: they had theirs.
create function switchboard.call_transcript_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  c public.calls;
  talk public.conversations;
  written integer;
begin
  perform switchboard.hold_calls((select x.org_id from public.calls x where x.id = (p ->> 'call_id')::uuid));
  select * into c from public.calls where id = (p ->> 'call_id')::uuid;
  if c.transcript_at is not null or c.conversation_id is null then
    update public.calls set acting_until = null, transcript_at = coalesce(transcript_at, now()) where id = c.id;
    return jsonb_build_object('call_id', c.id, 'lines', 0);
  end if;
  select * into talk from public.conversations where id = c.conversation_id for no key update;
  with said as (
    select (l ->> 'n')::integer as n, row_number() over (order by (l ->> 'n')::integer) as place, l ->> 'role' as role, l ->> 'text' as text,
      coalesce(c.joined_at, c.answered_at, c.ringing_at, c.created_at) + make_interval(secs => coalesce((l ->> 'after_seconds')::double precision, 0)) as at
    from jsonb_array_elements(p -> 'lines') l
  ), stored as (
    insert into public.messages (org_id, business_id, channel_id, contact_id, conversation_id, direction, sender_type, content, type, origin,
      wa_message_id, delivery_status, read, seq, provider_ts, received_at, created_at, payload)
    select c.org_id, c.business_id, c.channel_id, c.contact_id, c.conversation_id, case s.role when 'user' then 'inbound' else 'outbound' end,
      case s.role when 'user' then 'contact' else 'ai' end, s.text, 'transcript', case s.role when 'user' then 'live' else 'ai' end,
      'call/' || c.id || '/' || s.n, case s.role when 'user' then null else 'delivered' end, true, talk.message_seq + s.place, s.at, now(),
      s.at + make_interval(secs => s.place * 0.000001), jsonb_build_object('call_id', c.id)
    from said s
    returning 1)
  select count(*) into written from stored;
  update public.conversations v set message_seq = v.message_seq + written,
    last_message_at = greatest(v.last_message_at, (select max(m.provider_ts) from public.messages m where m.conversation_id = v.id and m.type = 'transcript'))
  where v.id = talk.id and written > 0;
  update public.calls set transcript_at = now(), acting_until = null where id = c.id;
  return jsonb_build_object('call_id', c.id, 'lines', written);
end $$;

-- Closes what no event will close any more, and finds what is left to do. p: { limit }. Returns { closed, due: [call_id, …],
-- next_due_in_ms }: calls to be looked at (dialled, collected, their bill asked for).
create function switchboard.call_sweep_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  most integer := coalesce((p ->> 'limit')::integer, 100);
  ring interval := make_interval(secs => switchboard.setting('calls.ring_seconds')::integer);
  grace interval := make_interval(secs => switchboard.setting('calls.grace_seconds')::integer);
  unbilled interval := make_interval(secs => switchboard.setting('calls.unbilled_after_seconds')::integer);
  one record;
  closed integer := 0;
begin
  for one in
    select c.id, c.org_id, c.state from public.calls c
    where (c.state = 'queued' and c.expires_at < clock_timestamp())
      or (c.state in ('dialing', 'ringing') and greatest(c.ringing_at, c.created_at) < clock_timestamp() - ring)
      or (c.state in ('answered', 'talking') and c.answered_at < clock_timestamp() - grace - make_interval(secs => c.max_seconds))
    order by c.org_id, c.created_at limit most
  loop
    perform switchboard.hold_calls(one.org_id);
    perform switchboard.note_call(one.id, case one.state when 'queued' then 'expired' else 'lost' end,
      case one.state when 'queued' then '{"reason": "No line was free in time."}'::jsonb else '{}' end)
    from public.calls c where c.id = one.id and c.state = one.state;
    perform switchboard.fold_call(one.id);
    closed := closed + 1;
  end loop;
  return jsonb_build_object('closed', closed,
    'due', (select coalesce(jsonb_agg(d.id order by d.created_at), '[]') from (
      select c.id, c.created_at from public.calls c
      where (c.acting_until is null or c.acting_until < clock_timestamp()) and (
        c.state = 'queued'
        or (c.agent_call_id is not null and switchboard.is_over(c.state) and c.ended_at > now() - interval '7 days'
          and (c.transcript_at is null or c.billed_seconds is null and c.ended_at < clock_timestamp() - unbilled)))
      order by c.created_at limit most) d),
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
      select min(c.expires_at) as at from public.calls c where c.state = 'queued'
      union all select min(greatest(c.ringing_at, c.created_at)) + ring from public.calls c where c.state in ('dialing', 'ringing')
      union all select min(c.answered_at + make_interval(secs => c.max_seconds)) + grace from public.calls c where c.state in ('answered', 'talking')
      union all select min(c.ended_at) + unbilled from public.calls c
        where c.agent_call_id is not null and switchboard.is_over(c.state) and c.billed_seconds is null and c.ended_at > now() - interval '7 days') w
      having count(w.at) > 0));
end $$;

-- What an organization's calls of a month came to. Unknown bills are named, not counted as nothing.
create function switchboard.call_usage(p_org_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('calls', count(*), 'billed_seconds', sum(c.billed_seconds), 'cost_micro_usd', sum(c.cost_micro_usd),
    'unbilled_calls', count(*) filter (where c.billed_seconds is null and c.agent_call_id is not null))
  from public.calls c where c.org_id = p_org_id and c.created_at >= switchboard.current_period()::timestamp at time zone 'utc'
$$;

-- ---- where calls meet the rest -----------------------------------------------------------------------------------------

-- The secret that Ultravox signs with follows from the organization's key.
create or replace function switchboard.webhook_secrets_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('secrets', jsonb_agg(distinct s.secret))
  from (
    select jsonb_build_object('column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token) as secret
    from public.twilio_accounts t
    join public.businesses b on b.id = t.business_id
    join public.organizations o on o.id = t.org_id
    where p ->> 'provider' = 'twilio' and t.account_sid = p ->> 'account' and t.is_configured
      and (p ->> 'webhook_secret' is null or p ->> 'webhook_secret' in (o.webhook_secret, b.webhook_secret::text))
    union all
    select jsonb_build_object('column', 'organizations.telnyx_public_key_encrypted', 'row', o.id,
      'value', convert_from(o.telnyx_public_key_encrypted, 'UTF8'))
    from public.organizations o
    where p ->> 'provider' = 'telnyx' and o.webhook_secret = p ->> 'webhook_secret' and o.telnyx_public_key_encrypted is not null
    union all
    select jsonb_build_object('column', 'organizations.ultravox_api_key_encrypted', 'row', o.id,
      'value', convert_from(o.ultravox_api_key_encrypted, 'UTF8'))
    from public.organizations o
    where p ->> 'provider' = 'ultravox' and o.webhook_secret = p ->> 'webhook_secret' and o.ultravox_api_key_encrypted is not null) s
  having count(*) > 0
$$;

-- Makes one thread of two of the same channel. Lines keep their times and get places without gaps in the order of the two
-- together; what was unanswered in either is unanswered now, and counted after everything that was answered. Turns under way
-- had read one half only: they come to nothing. The caller holds both conversations.
create or replace function switchboard.unite_conversations(p_from uuid, p_into uuid) returns void
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
  update public.calls set conversation_id = p_into, contact_id = talk.contact_id where conversation_id = p_from;
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

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
