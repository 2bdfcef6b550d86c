-- A queue carries a campaign's batches from its object to whoever sends them. The ledger stays the truth: what a queue loses,
-- repeats or gives up costs a lease, and a lease ends by itself.

-- Hands out due recipients in batches, each under a token of its own. What is leased and not claimed in time goes back:
-- nothing can have been sent for it, for a claim needs the token and the time.
-- p: { campaign_id, batches, batch_size, ahead_seconds, lease_seconds }. With ahead_seconds no more than so many seconds of
-- the pace are handed out at a time, in batches of a tenth of a second: a slice of the pace each. Returns { status,
-- messages_per_second, channel_id, under_way, batches: [{ lease_token, recipient_ids }], next_due_in_ms }: null when nothing
-- will fall due by itself.
create or replace function switchboard.campaign_lease_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run public.campaigns;
  channel public.channels;
  hindrance text;
  size integer := least(coalesce((p ->> 'batch_size')::integer, 50), 50);
  most integer;
  pace integer;
  handed_out integer;
  room integer;
  handed jsonb := '[]';
begin
  select * into run from public.campaigns where id = (p ->> 'campaign_id')::uuid;
  if run.status = 'SCHEDULED' and run.scheduled_at <= clock_timestamp() then
    hindrance := switchboard.campaign_hindrance(run);
    perform switchboard.launch_campaign(run.id);
    set constraints all immediate;
    select * into run from public.campaigns where id = run.id;
  end if;
  select * into channel from public.channels where id = run.channel_id;
  pace := least(coalesce(run.max_per_second, 1000), channel.messages_per_second);
  if p ->> 'ahead_seconds' is not null then
    size := greatest(1, least(50, pace / 10));
  end if;
  most := size * least(coalesce((p ->> 'batches')::integer, 10), 40);
  update public.campaign_recipients r set state = 'pending', lease_token = null, lease_until = null
  where r.id in (select x.id from public.campaign_recipients x where x.campaign_id = run.id and x.state = 'leased' and x.lease_until < clock_timestamp()
    order by x.id for update skip locked);
  if run.status = 'CANCELLED' then
    perform switchboard.drop_pending(run.id, 'cancelled', 'campaign_cancelled');
  elsif run.status = 'RUNNING' and run.expires_at < clock_timestamp() then
    perform switchboard.drop_pending(run.id, 'expired', 'campaign_expired');
    set constraints all immediate;
    update public.campaigns c set status = 'COMPLETED', ended_at = clock_timestamp() where c.id = run.id and switchboard.is_done(c);
  elsif run.status = 'RUNNING' then
    hindrance := switchboard.campaign_hindrance(run);
    if hindrance is not null then
      perform switchboard.stop_campaign(run.id, hindrance);
    else
      room := switchboard.portfolio_room(channel);
      if p ->> 'ahead_seconds' is not null then
        select count(*) into handed_out from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'leased';
        most := least(most, greatest(size, pace * (p ->> 'ahead_seconds')::integer) - handed_out);
      end if;
      with due as materialized (
        select r.id from public.campaign_recipients r
        where r.campaign_id = run.id and r.state = 'pending' and r.due_at <= clock_timestamp()
        order by r.due_at, r.id limit greatest(0, least(most, room)) for update skip locked
      ), dealt as (
        select d.id, (row_number() over (order by d.id) - 1) / size as batch from due d
      ), tokens as materialized (
        select b.batch, gen_random_uuid() as token from (select distinct batch from dealt) b
      ), leased as (
        update public.campaign_recipients r set state = 'leased', lease_token = t.token,
          lease_until = clock_timestamp() + make_interval(secs => coalesce((p ->> 'lease_seconds')::integer, switchboard.setting('campaign.lease_seconds')::integer))
        from dealt d join tokens t using (batch) where r.id = d.id
        returning r.id, r.lease_token)
      select coalesce(jsonb_agg(jsonb_build_object('lease_token', l.lease_token, 'recipient_ids', l.ids)), '[]') into handed
      from (select lease_token, jsonb_agg(id order by id) as ids from leased group by lease_token) l;
    end if;
  end if;
  set constraints all immediate;
  select * into run from public.campaigns where id = run.id;
  return jsonb_build_object('status', run.status, 'channel_id', run.channel_id,
    'messages_per_second', pace, 'under_way', run.sending_count,
    'batches', handed,
    'next_due_in_ms', case
      when run.status = 'SCHEDULED' then ceil(extract(epoch from run.scheduled_at - clock_timestamp()) * 1000)::bigint
      when run.status = 'RUNNING' then (
        select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
          -- a full portfolio is looked at again in a while
          select case when room = 0 then greatest(min(r.due_at), clock_timestamp() + interval '5 minutes') else min(r.due_at) end as at
            from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'pending'
          union all select min(r.lease_until) from public.campaign_recipients r where r.campaign_id = run.id and r.state = 'leased'
          union all select run.expires_at where run.held_count + run.unknown_count + run.sending_count > 0) w
        where w.at is not null) end);
end $$;

-- Takes batches back that could not be handed on: their tokens are worth nothing from here on.
-- p: { campaign_id, lease_tokens }. Returns { released }
create function switchboard.campaign_release_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  n integer;
begin
  update public.campaign_recipients r set state = 'pending', lease_token = null, lease_until = null
  where r.id in (select x.id from public.campaign_recipients x
    where x.campaign_id = (p ->> 'campaign_id')::uuid and x.state = 'leased'
      and x.lease_token in (select e::uuid from jsonb_array_elements_text(p -> 'lease_tokens') e)
    order by x.id for update);
  get diagnostics n = row_count;
  return jsonb_build_object('released', n);
end $$;

-- Keeps what a queue has given up, where the operator looks for what could not be placed; the watcher raises its alert.
-- p: { queue, message_id, attempts, body: text, sent_at (unix ms) }
create function switchboard.bury_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  insert into switchboard.quarantined_events (provider, account, kind, reason, detail, raw, received_at)
  values ('queue', p ->> 'queue', 'dead_letter', 'given_up', format('message %s, tried %s times', p ->> 'message_id', p ->> 'attempts'),
    convert_to(p ->> 'body', 'UTF8'), to_timestamp((p ->> 'sent_at')::double precision / 1000));
  select jsonb_build_object('buried', true)
$$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
