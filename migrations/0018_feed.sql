-- The change feed of an organization: a number without gaps for every row change, and who may see which of them.

alter table switchboard.outbox add column seq bigint;
create unique index outbox_feed on switchboard.outbox (org_id, seq) where seq is not null;
create index outbox_unnumbered on switchboard.outbox (org_id, xid, id) where seq is null;

-- How far an organization's changes are numbered. Kept here and not by a reader: after a restore both go back together.
create table switchboard.feed_cursors (
  org_id uuid primary key,
  last_seq bigint not null default 0
);
alter table switchboard.feed_cursors enable row level security;
alter table switchboard.feed_cursors force row level security;
create policy worker on switchboard.feed_cursors to switchboard_worker using (true) with check (true);
grant select, insert, update on switchboard.feed_cursors to switchboard_worker;

-- As before, and notes for the Worker whose feeds have grown: it pokes those at once, and a sweep finds what it could not.
create or replace function switchboard.capture() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  leave_out text[];
  touched text;
begin
  if tg_op = 'DELETE' then
    with written as (
      insert into switchboard.outbox (org_id, table_name, operation, record)
      select case tg_table_name when 'organizations' then (r ->> 'id')::uuid else (r ->> 'org_id')::uuid end,
        tg_table_name, tg_op, jsonb_build_object('id', r -> 'id')
      from (select to_jsonb(o) as r from old_rows o) d
      returning org_id)
    select string_agg(distinct org_id::text, ' ') into touched from written;
  -- an upsert fires for both of its halves, and so does a statement that touches no row
  elsif exists (select from new_rows) then
    leave_out := array(
      select s.column_name from switchboard.sealed_columns s where s.table_name = tg_table_name) || tg_argv::text[];
    with written as (
      insert into switchboard.outbox (org_id, table_name, operation, record)
      select case tg_table_name when 'organizations' then (r ->> 'id')::uuid else (r ->> 'org_id')::uuid end,
        tg_table_name, tg_op, r - leave_out
      from (select to_jsonb(n) as r from new_rows n) c
      returning org_id)
    select string_agg(distinct org_id::text, ' ') into touched from written;
  end if;
  if touched is not null and position(touched in coalesce(current_setting('switchboard.feed', true), '')) = 0 then
    perform set_config('switchboard.feed', concat_ws(' ', nullif(current_setting('switchboard.feed', true), ''), touched), true);
  end if;
  return null;
end $$;

-- Numbers what has become final since, and returns events after a number, in order. A transaction that is still open can
-- only add behind what is numbered: its changes have a higher (xid, id) than anything below the snapshot's horizon.
-- p: { org_id, after, limit }. Returns { events: [{ seq, table, type, record, at }], last_seq, oldest_seq }.
create function switchboard.drain_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := (p ->> 'org_id')::uuid;
  most integer := coalesce((p ->> 'limit')::integer, 500);
  numbered bigint;
begin
  insert into switchboard.feed_cursors (org_id) values (org) on conflict do nothing;
  select c.last_seq into numbered from switchboard.feed_cursors c where c.org_id = org for update;
  with fresh as materialized (
    select o.id, row_number() over (order by o.xid, o.id) as place
    from switchboard.outbox o
    where o.org_id = org and o.seq is null and o.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by o.xid, o.id limit most
  ), placed as (
    update switchboard.outbox o set seq = numbered + f.place from fresh f where o.id = f.id returning o.seq)
  select coalesce(max(seq), numbered) into numbered from placed;
  update switchboard.feed_cursors c set last_seq = numbered where c.org_id = org and c.last_seq <> numbered;
  return jsonb_build_object(
    'last_seq', numbered,
    'oldest_seq', (select min(o.seq) from switchboard.outbox o where o.org_id = org and o.seq is not null),
    'events', (select coalesce(jsonb_agg(jsonb_build_object('seq', e.seq, 'table', e.table_name, 'type', e.operation, 'record', e.record, 'at', e.at)
        order by e.seq), '[]')
      from (select * from switchboard.outbox o where o.org_id = org and o.seq > coalesce((p ->> 'after')::bigint, numbered)
        order by o.seq limit most) e));
end $$;

-- Which rows each caller may see at this moment: asked of row-level security itself, in the callers' own role, all in one
-- go. p: { org_id, callers: [{ role, claims }], rows: { table: [id, …] } }. Returns, for each caller in its place,
-- { here: whether anything of the organization is in its reach, tables: { table: [id, …] } }.
create function switchboard.visible_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  caller jsonb;
  given record;
  seen jsonb;
  tables jsonb;
  here boolean;
  answers jsonb := '[]';
begin
  for caller in select value from jsonb_array_elements(p -> 'callers') loop
    tables := '{}';
    here := false;
    if caller ->> 'role' in ('authenticated', 'service_role') then
      perform set_config('request.jwt.claims', (caller -> 'claims')::text, true), set_config('role', caller ->> 'role', true);
      here := caller ->> 'role' = 'service_role'
        or exists (select from public.businesses b where b.org_id = (p ->> 'org_id')::uuid)
        or exists (select from public.organizations o where o.id = (p ->> 'org_id')::uuid);
      for given in select key, value from jsonb_each(p -> 'rows') loop
        execute format('select coalesce(jsonb_agg(t.id), ''[]'') from public.%I t where t.id = any ($1)', given.key)
          into seen using array(select jsonb_array_elements_text(given.value)::uuid);
        tables := tables || jsonb_build_object(given.key, seen);
      end loop;
      perform set_config('role', 'switchboard_worker', true);
    end if;
    answers := answers || jsonb_build_array(jsonb_build_object('here', here, 'tables', tables));
  end loop;
  return answers;
end $$;

-- The organizations of which a caller may see anything. p: { role, claims }
create function switchboard.reach_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  found_ids jsonb := '[]';
begin
  if p ->> 'role' in ('authenticated', 'service_role') then
    perform set_config('request.jwt.claims', (p -> 'claims')::text, true), set_config('role', p ->> 'role', true);
    select coalesce(jsonb_agg(r.id), '[]') into found_ids
    from (select o.id from public.organizations o union select b.org_id from public.businesses b limit 1000) r;
    perform set_config('role', 'switchboard_worker', true);
  end if;
  return found_ids;
end $$;

-- A key that is revoked ends its sockets: they learn it from the feed.
select switchboard.feed_enable('public.api_keys');

grant execute on function switchboard.drain_v1(jsonb), switchboard.visible_v1(jsonb), switchboard.reach_v1(jsonb) to switchboard_worker;
