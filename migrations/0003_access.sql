-- Who may see what. Forced on every tenant table. A member's reach is computed once a statement (an InitPlan), never a
-- row at a time.

-- Businesses that the caller may work in: owners and admins all of their organization's, others the assigned ones, an
-- API key its own.
create function switchboard.my_business_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(b.id), '{}')
  from public.businesses b
  where exists (
      select from public.team_members m
      where m.user_id = auth.uid() and m.org_id = b.org_id and m.active and m.deleted_at is null
        and (m.org_role in ('owner', 'admin')
          or exists (select from public.team_assignments a where a.team_member_id = m.id and a.business_id = b.id)))
    or exists (
      select from public.api_keys k
      where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null
        and k.org_id = b.org_id and (k.business_id is null or k.business_id = b.id))
$$;

-- Organizations that the caller is staff of, or holds a key to the whole of. A client's own user and a key to one business
-- see that business and nothing of the organization: neither its bill nor its other clients.
create function switchboard.my_org_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct o.org_id), '{}')
  from (
    select m.org_id from public.team_members m
    where m.user_id = auth.uid() and m.active and m.deleted_at is null and m.org_role is not null
    union all
    select k.org_id from public.api_keys k
    where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null and k.business_id is null
  ) o
$$;

-- Organizations in which the caller is owner or admin.
create function switchboard.my_admin_org_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(m.org_id), '{}') from public.team_members m
  where m.user_id = auth.uid() and m.active and m.deleted_at is null and m.org_role in ('owner', 'admin')
$$;

-- People whom the caller may know of: all of its organizations, and those assigned to its businesses.
create function switchboard.my_colleague_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  with mine as materialized (select switchboard.my_org_ids() as orgs, switchboard.my_business_ids() as businesses)
  select coalesce(array_agg(c.id), '{}')
  from (
    select m.id from mine join public.team_members m on m.org_id = any (mine.orgs)
    union
    select a.team_member_id from mine join public.team_assignments a on a.business_id = any (mine.businesses)
  ) c
$$;

alter function switchboard.set_assignment_org() owner to switchboard_definer;
alter function switchboard.my_business_ids() owner to switchboard_definer;
alter function switchboard.my_org_ids() owner to switchboard_definer;
alter function switchboard.my_admin_org_ids() owner to switchboard_definer;
alter function switchboard.my_colleague_ids() owner to switchboard_definer;
grant execute on function switchboard.my_business_ids(), switchboard.my_org_ids(), switchboard.my_admin_org_ids(),
  switchboard.my_colleague_ids() to authenticated, switchboard_worker;

-- Operators check their functions' rights too: without these nobody could search by likeness or by meaning. Functions that
-- the platform installed have their own rights, which are not ours to give.
do $$
declare
  f regprocedure;
begin
  for f in
    select p.oid from pg_proc p join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      join pg_extension e on e.oid = d.refobjid
    where e.extname in ('pg_trgm', 'vector') and pg_get_userbyid(p.proowner) = current_user
  loop
    execute format('grant execute on routine %s to authenticated, service_role, switchboard_worker, switchboard_definer', f);
  end loop;
end $$;

do $$
declare
  t record;
begin
  for t in
    select c.oid::regclass as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'switchboard') and c.relkind = 'r' and c.relname <> 'migrations'
  loop
    execute format('alter table %s enable row level security', t.name);
    execute format('alter table %s force row level security', t.name);
    execute format('create policy worker on %s to switchboard_worker using (true) with check (true)', t.name);
    execute format('create policy definer on %s to switchboard_definer using (true) with check (true)', t.name);
    execute format('grant select, insert, update, delete on %s to switchboard_worker, switchboard_definer', t.name);
  end loop;

  for t in
    select c.oid::regclass as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r'
  loop
    execute format('create policy service on %s to service_role using (true) with check (true)', t.name);
  end loop;
end $$;

-- organizations and what hangs on them directly
create policy member on public.organizations for select to authenticated
  using (id = any ((select switchboard.my_org_ids())::uuid[]));
create policy member on public.team_members for select to authenticated
  using (id = any ((select switchboard.my_colleague_ids())::uuid[]));
create policy admin on public.api_keys for select to authenticated
  using (org_id = any ((select switchboard.my_admin_org_ids())::uuid[]));
create policy member on public.usage_periods for select to authenticated
  using (org_id = any ((select switchboard.my_org_ids())::uuid[]));
create policy admin on public.ai_usage_metrics for select to authenticated
  using (org_id = any ((select switchboard.my_admin_org_ids())::uuid[]));
create policy member on public.businesses for select to authenticated
  using (id = any ((select switchboard.my_business_ids())::uuid[]));

-- everything that belongs to one business
do $$
declare
  t regclass;
begin
  foreach t in array array['public.team_assignments', 'public.channels', 'public.twilio_accounts', 'public.contacts',
    'public.contact_identities', 'public.conversations', 'public.messages', 'public.ai_turns', 'public.ai_responses',
    'public.ai_errors', 'public.send_attempts', 'public.media_files', 'public.templates', 'public.campaigns',
    'public.campaign_recipients']::regclass[] loop
    execute format('create policy member on %s for select to authenticated
      using (business_id = any ((select switchboard.my_business_ids())::uuid[]))', t);
  end loop;
end $$;

-- Contacts are the people's own notes: the only thing a dashboard writes straight into a table so far.
create policy member_update on public.contacts for update to authenticated
  using (business_id = any ((select switchboard.my_business_ids())::uuid[]))
  with check (business_id = any ((select switchboard.my_business_ids())::uuid[]));
grant update (name, tags, notes, email, avatar_url) on public.contacts to authenticated;

-- Columns that nobody reads through a door: ciphertext, secrets of webhook addresses, key digests.
create table switchboard.sealed_columns (
  table_name text not null,
  column_name text not null,
  primary key (table_name, column_name)
);
insert into switchboard.sealed_columns
select c.table_name, c.column_name
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
  and (c.column_name like '%\_encrypted'
    or (c.table_name, c.column_name) in (('channels', 'access_token'), ('twilio_accounts', 'auth_token'),
      ('organizations', 'webhook_secret'), ('businesses', 'webhook_secret'), ('api_keys', 'key_hash')));
alter table switchboard.sealed_columns enable row level security;
alter table switchboard.sealed_columns force row level security;
create policy worker on switchboard.sealed_columns for select to switchboard_worker using (true);
create policy definer on switchboard.sealed_columns for select to switchboard_definer using (true);
grant select on switchboard.sealed_columns to switchboard_worker, switchboard_definer;

-- Grants every readable column of every public table, and nothing else, to the roles of the doors.
do $$
declare
  t record;
begin
  for t in
    select c.table_name, string_agg(format('%I', c.column_name), ', ' order by c.ordinal_position) as readable
    from information_schema.columns c join information_schema.tables i using (table_schema, table_name)
    where c.table_schema = 'public' and i.table_type = 'BASE TABLE'
      and not exists (select from switchboard.sealed_columns s
        where s.table_name = c.table_name and s.column_name = c.column_name)
    group by c.table_name
  loop
    execute format('grant select (%s) on public.%I to service_role', t.readable, t.table_name);
    if t.table_name <> 'app_config' then
      execute format('grant select (%s) on public.%I to authenticated', t.readable, t.table_name);
    end if;
  end loop;
end $$;
