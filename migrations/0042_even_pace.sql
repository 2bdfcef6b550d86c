-- The calls of a batch are spread over its slice of the pace, so that the provider sees an even stream and no bursts.

-- Claims leased recipients: each one's message goes through the gate and into the journal, and is handed out for its provider
-- call. Who is refused is skipped, with the reason; whose conversation has something under way waits a little, for people go
-- first. Whatever comes too late gets nothing: a lease that ran out, a slot that has passed.
-- p: { campaign_id, lease_token, recipient_ids, starts_at (unix ms: the moment of the first provider call), spread_ms (from one
-- call to the next), lease_seconds }. Returns { outcome: claimed | late | stopped, attempts: [{ recipient_id, starts_at,
-- attempt }] }: each attempt's own moment, null when none was asked for.
create or replace function switchboard.campaign_claim_v1(p jsonb) returns jsonb
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
    select (row_number() over (order by h.id) - 1) * coalesce((p ->> 'spread_ms')::double precision, 0) as offset_ms, h.id as recipient_id, h.message_id, h.tries, h.arm, v.id as conversation_id, v.message_seq, k as contact,
      switchboard.campaign_gate(run, k, v.id) as verdict,
      exists (select from public.send_attempts a where a.conversation_id = v.id and a.state in ('queued', 'sending')) as busy
    from held h
    join public.contacts k on k.id = h.contact_id
    join public.conversations v on v.channel_id = run.channel_id and v.contact_id = h.contact_id
  )
  select jsonb_agg(to_jsonb(j) || jsonb_build_object('attempt_id', gen_random_uuid(), 'starts_at', (p ->> 'starts_at')::double precision + j.offset_ms, 'letter_id', coalesce(j.message_id, gen_random_uuid()),
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
    'sending', j -> 'verdict', attempt_token, x.starts, x.starts + make_interval(secs => (p ->> 'lease_seconds')::integer)
  from jsonb_array_elements(passed) j
  cross join lateral (select coalesce(to_timestamp((j ->> 'starts_at')::double precision / 1000), clock_timestamp()) as starts) x
  where (j ->> 'go')::boolean;
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
    'recipient_id', j ->> 'recipient_id', 'starts_at', j -> 'starts_at', 'attempt', switchboard.claimed(a) -> 'attempt')), '[]')) into answer
  from jsonb_array_elements(passed) j join public.send_attempts a on a.id = (j ->> 'attempt_id')::uuid;
  return answer;
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
