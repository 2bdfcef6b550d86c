-- What somebody ought to look at: one alert a cause, for as long as the cause lasts.

create table public.alerts (
  id uuid primary key default gen_random_uuid(),
  -- null: nobody's that we know of; only the operator sees it
  org_id uuid references public.organizations (id) on delete cascade,
  business_id uuid,
  kind text not null check (kind in ('overdue_turns', 'stuck_sends', 'dead_token', 'number_stopped', 'silent_number',
    'quarantine', 'unclaimed_handoff', 'model_retiring')),
  -- what the matter is, for a person to read
  subject text not null,
  -- what the matter is about: a channel, a conversation, a provider's account
  cause text not null,
  -- how many turns, sends or events it touches, as of the last look
  count integer not null default 1 check (count > 0),
  details jsonb not null default '{}',
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  -- by a person, or by itself with its cause
  resolved_at timestamptz,
  resolved_by uuid,
  -- the cause is gone: only after that may it raise another alert, so that one put aside by a person stays so
  ended_at timestamptz,
  constraint alerts_scope_check check (business_id is null or org_id is not null),
  constraint alerts_end_check check (ended_at is null or resolved_at is not null),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade,
  foreign key (org_id, resolved_by) references public.team_members (org_id, id)
);
create unique index alerts_cause on public.alerts (kind, cause) where ended_at is null;
create index alerts_list on public.alerts (business_id, first_seen desc, id desc);
create index alerts_open on public.alerts (business_id, first_seen desc, id desc) where resolved_at is null;

alter table public.alerts enable row level security;
alter table public.alerts force row level security;
create policy worker on public.alerts to switchboard_worker using (true) with check (true);
create policy definer on public.alerts to switchboard_definer using (true) with check (true);
create policy service on public.alerts to service_role using (true) with check (true);
create policy member on public.alerts for select to authenticated
  using (business_id = any ((select switchboard.my_business_ids())::uuid[])
    or (business_id is null and org_id = any ((select switchboard.my_org_ids())::uuid[])));
grant select, insert, update, delete on public.alerts to switchboard_worker, switchboard_definer;
grant select (id, org_id, business_id, kind, subject, cause, count, details, first_seen, last_seen, resolved_at, resolved_by, ended_at)
  on public.alerts to authenticated, service_role;
select switchboard.feed_enable('public.alerts');

create type switchboard.finding as (
  kind text,
  cause text,
  org_id uuid,
  business_id uuid,
  subject text,
  count integer,
  details jsonb
);

-- Makes the alerts of some kinds those of the findings: raises what is new, brings up to date what lasts, resolves what is
-- gone. A cause that lasts without change is written down every quarter of an hour only.
create function switchboard.settle_alerts(p_kinds text[], p_findings switchboard.finding[]) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  raised integer;
  ended integer;
begin
  with written as (
    insert into public.alerts as a (kind, cause, org_id, business_id, subject, count, details)
    select f.kind, f.cause, f.org_id, f.business_id, f.subject, f.count, f.details from unnest(p_findings) f order by f.kind, f.cause
    on conflict (kind, cause) where ended_at is null do update
      set subject = excluded.subject, count = excluded.count, details = excluded.details, last_seen = now()
      where (a.subject, a.count, a.details) is distinct from (excluded.subject, excluded.count, excluded.details)
        or a.last_seen < now() - interval '15 minutes'
    returning xmax = 0 as is_new)
  select count(*) filter (where is_new) into raised from written;
  update public.alerts a set ended_at = now(), resolved_at = coalesce(a.resolved_at, now())
  where a.kind = any (p_kinds) and a.ended_at is null
    and not exists (select from unnest(p_findings) f where f.kind = a.kind and f.cause = a.cause);
  get diagnostics ended = row_count;
  return jsonb_build_object('raised', raised, 'ended', ended);
end $$;

create function switchboard.alert_view(p_alert public.alerts) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('alert_id', p_alert.id, 'business_id', p_alert.business_id, 'kind', p_alert.kind, 'subject', p_alert.subject,
    'count', p_alert.count, 'details', p_alert.details, 'first_seen', p_alert.first_seen, 'last_seen', p_alert.last_seen,
    'resolved_at', p_alert.resolved_at, 'resolved_by_name', (select t.name from public.team_members t where t.id = p_alert.resolved_by))
$$;

-- p: { business_id, kind, resolved, limit, after }. Newest first; `resolved` false: open ones only. Returns { alerts, next }.
create function switchboard.list_alerts_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  mine uuid[] := switchboard.own_businesses((p ->> 'business_id')::uuid);
  whole uuid[] := case when p ->> 'business_id' is null then switchboard.my_org_ids() end;
  most integer := (p ->> 'limit')::integer;
begin
  return (
    select jsonb_build_object(
      'alerts', coalesce(jsonb_agg(l.alert order by l.n) filter (where l.n <= most), '[]'),
      'next', case when count(*) > most then max(l.key) filter (where l.n = most) end)
    from (
      select row_number() over (order by a.first_seen desc, a.id desc) as n, switchboard.page_key(a.first_seen, a.id) as key,
        switchboard.alert_view(a) as alert
      from public.alerts a
      where (a.business_id = any (mine) or (a.business_id is null and a.org_id = any (whole)))
        and (p ->> 'kind' is null or a.kind = p ->> 'kind')
        and (a.resolved_at is null or (p ->> 'resolved')::boolean)
        and (p ->> 'after' is null or (a.first_seen, a.id) < (switchboard.page_at(p ->> 'after'), switchboard.page_id(p ->> 'after')))
      order by a.first_seen desc, a.id desc limit most + 1) l);
end $$;

-- p: { alert_id }. A person has seen to it: it is not raised again before its cause has been gone once.
create function switchboard.resolve_alert_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.alerts;
begin
  select * into one from public.alerts a where a.id = (p ->> 'alert_id')::uuid
    and (a.business_id = any (switchboard.my_business_ids()) or (a.business_id is null and a.org_id = any (switchboard.my_org_ids())))
  for no key update;
  if not found then
    raise exception 'There is no such alert.' using errcode = 'SB404', detail = jsonb_build_object('alert_id', p ->> 'alert_id')::text;
  elsif one.resolved_at is not null then
    raise exception 'This alert has been resolved already.' using errcode = 'SB409',
      detail = jsonb_build_object('current', switchboard.alert_view(one))::text;
  end if;
  update public.alerts set resolved_at = now(), resolved_by = switchboard.acting_member(one.org_id) where id = one.id returning * into one;
  return switchboard.alert_view(one);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
