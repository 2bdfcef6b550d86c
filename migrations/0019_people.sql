-- Organizations, the people in them, invitations, keys: what an owner or admin does, each act written down.

-- ---- who did what ------------------------------------------------------------------------------------------------------

create table public.data_access_audit (
  id uuid primary key default gen_random_uuid(),
  org_id uuid,
  business_id uuid,
  -- whoever acted: a user, or a key
  user_id uuid,
  api_key_id uuid,
  operation text not null check (operation in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')),
  -- the command, and what it was about
  command text not null,
  table_name text,
  record_id uuid,
  contains_pii boolean not null default false,
  created_at timestamptz not null default clock_timestamp()
);
create index data_access_audit_list on public.data_access_audit (org_id, created_at desc, id);

create table public.user_invitations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email) and length(email) between 3 and 255),
  -- SHA-256 of the token, which is shown once
  invitation_token text not null unique check (invitation_token ~ '^[0-9a-f]{64}$'),
  -- null: no role in the organization, only in the businesses of `assignments`
  role text check (role in ('admin', 'agent')),
  assignments jsonb not null default '[]',
  invited_by uuid,
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  accepted_by uuid,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create index user_invitations_list on public.user_invitations (org_id, created_at desc, id);

do $$
declare
  t text;
begin
  foreach t in array array['data_access_audit', 'user_invitations'] loop
    execute format('alter table public.%I enable row level security', t);
    execute format('alter table public.%I force row level security', t);
    execute format('create policy worker on public.%I to switchboard_worker using (true) with check (true)', t);
    execute format('create policy definer on public.%I to switchboard_definer using (true) with check (true)', t);
    execute format('create policy service on public.%I for select to service_role using (true)', t);
    execute format('create policy admin on public.%I for select to authenticated using (org_id = any ((select switchboard.my_admin_org_ids())::uuid[]))', t);
  end loop;
end $$;
grant select, insert on public.data_access_audit to switchboard_worker;
grant select on public.data_access_audit to switchboard_definer, authenticated, service_role;
grant select, insert, update on public.user_invitations to switchboard_worker;
insert into switchboard.sealed_columns values ('user_invitations', 'invitation_token');
grant select (id, org_id, email, role, assignments, invited_by, expires_at, accepted_at, accepted_by, revoked_at, created_at)
  on public.user_invitations to authenticated, service_role;

-- Writes down a command, in its own transaction. p: { command, operation, table_name, record_id, org_id, business_id,
-- contains_pii }. What the caller's claims do not tell is looked up.
create function switchboard.audit_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  record_id uuid := (p ->> 'record_id')::uuid;
  org uuid := coalesce((p ->> 'org_id')::uuid, (auth.jwt() ->> 'org_id')::uuid);
  business uuid := (p ->> 'business_id')::uuid;
begin
  if org is null and record_id is not null then
    select f.org_id, f.business_id into org, business from (
      select v.org_id, v.business_id from public.conversations v where v.id = record_id
      union all select m.org_id, m.business_id from public.messages m where m.id = record_id
      union all select b.org_id, b.id from public.businesses b where b.id = record_id
      union all select t.org_id, null from public.team_members t where t.id = record_id
      union all select k.org_id, k.business_id from public.api_keys k where k.id = record_id
      union all select i.org_id, null from public.user_invitations i where i.id = record_id
      union all select a.org_id, a.business_id from public.alerts a where a.id = record_id
      union all select s.org_id, s.business_id from public.send_attempts s where s.id = record_id
      union all select o.id, null from public.organizations o where o.id = record_id) f
    limit 1;
  end if;
  insert into public.data_access_audit (org_id, business_id, user_id, api_key_id, operation, command, table_name, record_id, contains_pii)
  values (org, business, auth.uid(), (auth.jwt() ->> 'api_key_id')::uuid, p ->> 'operation', p ->> 'command', p ->> 'table_name', record_id,
    coalesce((p ->> 'contains_pii')::boolean, false));
  return '{}';
end $$;

-- ---- who may -----------------------------------------------------------------------------------------------------------

-- The service role acts in every organization; so may a key to a whole organization that has the scope `admin`.
create or replace function switchboard.my_business_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(b.id), '{}')
  from public.businesses b
  where auth.jwt() ->> 'role' = 'service_role'
    or exists (
      select from public.team_members m
      where m.user_id = auth.uid() and m.org_id = b.org_id and m.active and m.deleted_at is null
        and (m.org_role in ('owner', 'admin')
          or exists (select from public.team_assignments a where a.team_member_id = m.id and a.business_id = b.id)))
    or exists (
      select from public.api_keys k
      where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null
        and k.org_id = b.org_id and (k.business_id is null or k.business_id = b.id))
$$;

create or replace function switchboard.my_writable_business_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(b.id), '{}')
  from public.businesses b
  where auth.jwt() ->> 'role' = 'service_role'
    or exists (
      select from public.team_members m
      where m.user_id = auth.uid() and m.org_id = b.org_id and m.active and m.deleted_at is null
        and (m.org_role in ('owner', 'admin')
          or exists (select from public.team_assignments a
            where a.team_member_id = m.id and a.business_id = b.id and a.role <> 'client_viewer')))
    or exists (
      select from public.api_keys k
      where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null and k.scopes && '{write,admin}'
        and k.org_id = b.org_id and (k.business_id is null or k.business_id = b.id))
$$;

create or replace function switchboard.my_org_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct o.org_id), '{}')
  from (
    select m.org_id from public.team_members m
    where m.user_id = auth.uid() and m.active and m.deleted_at is null and m.org_role is not null
    union all
    select k.org_id from public.api_keys k
    where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null and k.business_id is null
    union all
    select o.id from public.organizations o where auth.jwt() ->> 'role' = 'service_role'
  ) o
$$;

create or replace function switchboard.my_admin_org_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct o.org_id), '{}')
  from (
    select m.org_id from public.team_members m
    where m.user_id = auth.uid() and m.active and m.deleted_at is null and m.org_role in ('owner', 'admin')
    union all
    select k.org_id from public.api_keys k
    where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null and k.business_id is null and 'admin' = any (k.scopes)
    union all
    select o.id from public.organizations o where auth.jwt() ->> 'role' = 'service_role'
  ) o
$$;

-- The caller's organization, held against others who change the people in it.
create function switchboard.own_org(p_id uuid) returns uuid
  language plpgsql set search_path = '' as $$
begin
  if p_id is null or p_id <> all (switchboard.my_admin_org_ids()) then
    if p_id = any (switchboard.my_org_ids()) then
      raise exception 'Only an owner or admin may do this.' using errcode = 'SB403', detail = jsonb_build_object('org_id', p_id)::text;
    end if;
    raise exception 'There is no such organization.' using errcode = 'SB404', detail = jsonb_build_object('org_id', p_id)::text;
  end if;
  perform 1 from public.organizations where id = p_id for no key update;
  return p_id;
end $$;

create function switchboard.own_member(p_id uuid) returns public.team_members
  language plpgsql set search_path = '' as $$
declare
  member public.team_members;
begin
  select * into member from public.team_members where id = p_id and deleted_at is null;
  if not found or member.org_id <> all (switchboard.my_org_ids()) then
    raise exception 'There is no such team member.' using errcode = 'SB404', detail = jsonb_build_object('team_member_id', p_id)::text;
  end if;
  perform switchboard.own_org(member.org_id);
  return member;
end $$;

-- Only an owner makes owners, or changes one; and one stays.
create function switchboard.guard_owner(p_member public.team_members, p_role text, p_stays boolean) returns void
  language plpgsql set search_path = '' as $$
begin
  if (p_member.org_role = 'owner' or p_role = 'owner') and auth.uid() is not null and not exists (
    select from public.team_members m where m.user_id = auth.uid() and m.org_id = p_member.org_id and m.org_role = 'owner' and m.active and m.deleted_at is null) then
    raise exception 'Only an owner may make or change an owner.' using errcode = 'SB403', detail = jsonb_build_object('team_member_id', p_member.id)::text;
  end if;
  if p_member.org_role = 'owner' and not (p_stays and p_role is not distinct from 'owner') and not exists (
    select from public.team_members m where m.org_id = p_member.org_id and m.id <> p_member.id and m.org_role = 'owner' and m.active and m.deleted_at is null) then
    raise exception 'This is the last owner. Make somebody else an owner first.' using errcode = 'SB409',
      detail = jsonb_build_object('current', jsonb_build_object('team_member_id', p_member.id, 'org_role', p_member.org_role))::text;
  end if;
end $$;

create function switchboard.member_view(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('team_member_id', m.id, 'org_id', m.org_id, 'user_id', m.user_id, 'name', m.name, 'email', m.email, 'org_role', m.org_role,
    'active', m.active, 'removed', m.deleted_at is not null, 'permissions', m.permissions, 'onboarding_completed', m.onboarding_completed,
    'assignments', (select coalesce(jsonb_agg(jsonb_build_object('business_id', a.business_id, 'role', a.role) order by a.created_at, a.id), '[]')
      from public.team_assignments a where a.team_member_id = m.id))
  from public.team_members m where m.id = p_id
$$;

-- What belongs to somebody who is no longer there waits for somebody else.
create function switchboard.release_conversations(p_member_id uuid) returns void
  language sql set search_path = '' as $$
  update public.conversations set assigned_to = null, needs_human_reason = 'assignee_left', needs_human_since = clock_timestamp()
  where assigned_to = p_member_id and status = 'assigned'
$$;

-- ---- organizations and businesses --------------------------------------------------------------------------------------

create function switchboard.free_slug(p_wanted text, p_org_id uuid) returns text
  language plpgsql stable set search_path = '' as $$
declare
  base text := coalesce(nullif(trim(both '-' from left(regexp_replace(lower(p_wanted), '[^a-z0-9]+', '-', 'g'), 60)), ''), 'shop');
  free text := base;
begin
  while case when p_org_id is null then exists (select from public.organizations where slug = free)
    else exists (select from public.businesses where org_id = p_org_id and slug = free) end loop
    free := base || '-' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 6);
  end loop;
  return free;
end $$;

-- p: { name, business_name }. Whoever makes an organization owns it.
create function switchboard.create_organization_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid;
  business uuid;
  member uuid;
  person auth.users;
begin
  select * into person from auth.users where id = auth.uid();
  if not found then
    raise exception 'An organization is made by a person who has signed in.' using errcode = 'SB403';
  end if;
  insert into public.organizations (name, slug) values (p ->> 'name', switchboard.free_slug(p ->> 'name', null)) returning id into org;
  insert into public.team_members (org_id, user_id, name, email, org_role)
  values (org, person.id, coalesce(person.raw_user_meta_data ->> 'name', split_part(person.email, '@', 1)), person.email, 'owner') returning id into member;
  insert into public.businesses (org_id, name, slug)
  values (org, coalesce(p ->> 'business_name', p ->> 'name'), switchboard.free_slug(coalesce(p ->> 'business_name', p ->> 'name'), org)) returning id into business;
  return jsonb_build_object('org_id', org, 'business_id', business, 'team_member_id', member);
end $$;

-- p: { org_id, name }
create function switchboard.create_business_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  business uuid;
begin
  insert into public.businesses (org_id, name, slug) values (org, p ->> 'name', switchboard.free_slug(p ->> 'name', org)) returning id into business;
  return jsonb_build_object('org_id', org, 'business_id', business);
end $$;

-- p: { org_id, plan }. For the service role: a bill is behind it. The plan's limit comes along.
create function switchboard.set_plan_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  most integer := (p ->> 'monthly_message_limit')::integer;
begin
  if auth.jwt() ->> 'role' is distinct from 'service_role' then
    raise exception 'A plan is set by the service role.' using errcode = 'SB403';
  end if;
  update public.organizations set plan = p ->> 'plan',
    monthly_message_limit = coalesce(most, switchboard.setting('plan.' || (p ->> 'plan') || '.monthly_message_limit')::integer, monthly_message_limit)
  where id = org;
  return (select jsonb_build_object('org_id', o.id, 'plan', o.plan, 'monthly_message_limit', o.monthly_message_limit) from public.organizations o where o.id = org);
end $$;

-- ---- members and invitations -------------------------------------------------------------------------------------------

create function switchboard.invitation_view(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('invitation_id', i.id, 'org_id', i.org_id, 'email', i.email, 'role', i.role, 'assignments', i.assignments, 'expires_at', i.expires_at,
    'state', case when i.accepted_at is not null then 'accepted' when i.revoked_at is not null then 'revoked' when i.expires_at <= now() then 'expired' else 'open' end)
  from public.user_invitations i where i.id = p_id
$$;

-- p: { org_id, email, role, assignments: [{ business_id, role }], token_hash }
create function switchboard.invite_member_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  made uuid;
begin
  if exists (select from jsonb_array_elements(p -> 'assignments') a
    where not exists (select from public.businesses b where b.id = (a ->> 'business_id')::uuid and b.org_id = org)) then
    raise exception 'There is no such workspace in this organization.' using errcode = 'SB404';
  elsif exists (select from public.team_members m where m.org_id = org and m.email = lower(p ->> 'email') and m.deleted_at is null) then
    raise exception 'This person is a member already.' using errcode = 'SB409', detail = jsonb_build_object('current', jsonb_build_object('email', p ->> 'email'))::text;
  end if;
  insert into public.user_invitations (org_id, email, invitation_token, role, assignments, invited_by)
  values (org, lower(p ->> 'email'), p ->> 'token_hash', p ->> 'role', p -> 'assignments', switchboard.acting_member(org)) returning id into made;
  return switchboard.invitation_view(made);
end $$;

-- p: { invitation_id }
create function switchboard.revoke_invitation_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  invitation public.user_invitations;
begin
  select * into invitation from public.user_invitations where id = (p ->> 'invitation_id')::uuid and org_id = any (switchboard.my_org_ids());
  if not found then
    raise exception 'There is no such invitation.' using errcode = 'SB404', detail = jsonb_build_object('invitation_id', p ->> 'invitation_id')::text;
  end if;
  perform switchboard.own_org(invitation.org_id);
  update public.user_invitations set revoked_at = coalesce(revoked_at, now()) where id = invitation.id and accepted_at is null;
  return switchboard.invitation_view(invitation.id);
end $$;

-- p: { token_hash, name }. Once, in time, and by whom it was meant for; of two at the same moment one is let in.
create function switchboard.accept_invitation_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  invitation public.user_invitations;
  person auth.users;
  member uuid;
begin
  select * into person from auth.users where id = auth.uid();
  if not found then
    raise exception 'Sign in first, with the mail address that was invited.' using errcode = 'SB403';
  end if;
  select * into invitation from public.user_invitations where invitation_token = p ->> 'token_hash' for update;
  if not found or invitation.revoked_at is not null then
    raise exception 'There is no such invitation, or it was withdrawn.' using errcode = 'SB404';
  elsif invitation.email <> lower(person.email) then
    raise exception 'This invitation is for another mail address. Sign in with that.' using errcode = 'SB403';
  elsif invitation.accepted_at is not null or invitation.expires_at <= now() then
    raise exception 'This invitation was used already, or its seven days are over. Ask for a new one.' using errcode = 'SB409',
      detail = jsonb_build_object('current', switchboard.invitation_view(invitation.id))::text;
  end if;
  update public.user_invitations set accepted_at = now(), accepted_by = person.id where id = invitation.id;
  insert into public.team_members (org_id, user_id, name, email, org_role)
  values (invitation.org_id, person.id, coalesce(p ->> 'name', person.raw_user_meta_data ->> 'name', split_part(person.email, '@', 1)), person.email, invitation.role)
  on conflict (user_id, org_id) where deleted_at is null do nothing returning id into member;
  if member is null then
    raise exception 'You are a member already.' using errcode = 'SB409';
  end if;
  insert into public.team_assignments (org_id, team_member_id, business_id, role)
  select invitation.org_id, member, b.id, coalesce(a ->> 'role', 'agent')
  from jsonb_array_elements(invitation.assignments) a join public.businesses b on b.id = (a ->> 'business_id')::uuid and b.org_id = invitation.org_id
  on conflict do nothing;
  return switchboard.member_view(member);
end $$;

-- p: { team_member_id, org_role, active, permissions }; what is left out stays. `org_role` may be null: only its businesses.
create function switchboard.update_member_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  member public.team_members := switchboard.own_member((p ->> 'team_member_id')::uuid);
  wanted_role text := case when p ? 'org_role' then p ->> 'org_role' else member.org_role end;
  stays boolean := coalesce((p ->> 'active')::boolean, member.active);
begin
  perform switchboard.guard_owner(member, wanted_role, stays);
  update public.team_members set org_role = wanted_role, active = stays, permissions = coalesce(p -> 'permissions', permissions) where id = member.id;
  if not stays then
    perform switchboard.release_conversations(member.id);
  end if;
  return switchboard.member_view(member.id);
end $$;

-- p: { team_member_id }. The row stays, for whatever bears its name.
create function switchboard.remove_member_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  member public.team_members := switchboard.own_member((p ->> 'team_member_id')::uuid);
begin
  perform switchboard.guard_owner(member, member.org_role, false);
  update public.team_members set deleted_at = now(), active = false where id = member.id;
  delete from public.team_assignments where team_member_id = member.id;
  perform switchboard.release_conversations(member.id);
  return switchboard.member_view(member.id);
end $$;

-- p: { team_member_id, business_id, role }; role null takes the person out of the workspace.
create function switchboard.assign_member_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  member public.team_members := switchboard.own_member((p ->> 'team_member_id')::uuid);
  business uuid := (p ->> 'business_id')::uuid;
begin
  if not exists (select from public.businesses b where b.id = business and b.org_id = member.org_id) then
    raise exception 'There is no such workspace in this organization.' using errcode = 'SB404', detail = jsonb_build_object('business_id', business)::text;
  end if;
  if p ->> 'role' is null then
    delete from public.team_assignments where team_member_id = member.id and business_id = business;
  else
    insert into public.team_assignments (org_id, team_member_id, business_id, role) values (member.org_id, member.id, business, p ->> 'role')
    on conflict (team_member_id, business_id) do update set role = excluded.role;
  end if;
  return switchboard.member_view(member.id);
end $$;

-- p: { org_id, name, avatar_url, settings, onboarding_completed }: the caller's own.
create function switchboard.update_profile_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  member uuid := switchboard.acting_member((p ->> 'org_id')::uuid);
begin
  if member is null then
    raise exception 'You are no member of this organization.' using errcode = 'SB404', detail = jsonb_build_object('org_id', p ->> 'org_id')::text;
  end if;
  update public.team_members set name = coalesce(p ->> 'name', name), avatar_url = coalesce(p ->> 'avatar_url', avatar_url),
    settings = coalesce(p -> 'settings', settings), onboarding_completed = coalesce((p ->> 'onboarding_completed')::boolean, onboarding_completed)
  where id = member;
  return switchboard.member_view(member);
end $$;

-- ---- keys and sessions -------------------------------------------------------------------------------------------------

create function switchboard.api_key_view(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('api_key_id', k.id, 'org_id', k.org_id, 'business_id', k.business_id, 'label', k.label, 'key_prefix', k.key_prefix,
    'scopes', to_jsonb(k.scopes), 'last_used_at', k.last_used_at, 'revoked_at', k.revoked_at, 'created_at', k.created_at)
  from public.api_keys k where k.id = p_id
$$;

-- p: { org_id, business_id, label, scopes, key_hash, key_prefix }
create function switchboard.create_api_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  made uuid;
begin
  if p ->> 'business_id' is not null and not exists (select from public.businesses b where b.id = (p ->> 'business_id')::uuid and b.org_id = org) then
    raise exception 'There is no such workspace in this organization.' using errcode = 'SB404', detail = jsonb_build_object('business_id', p ->> 'business_id')::text;
  end if;
  insert into public.api_keys (org_id, business_id, label, scopes, key_hash, key_prefix)
  values (org, (p ->> 'business_id')::uuid, p ->> 'label', array(select jsonb_array_elements_text(p -> 'scopes')), p ->> 'key_hash', p ->> 'key_prefix')
  returning id into made;
  return switchboard.api_key_view(made);
end $$;

-- p: { api_key_id }
create function switchboard.revoke_api_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  key public.api_keys;
begin
  select * into key from public.api_keys where id = (p ->> 'api_key_id')::uuid and org_id = any (switchboard.my_org_ids());
  if not found then
    raise exception 'There is no such API key.' using errcode = 'SB404', detail = jsonb_build_object('api_key_id', p ->> 'api_key_id')::text;
  end if;
  perform switchboard.own_org(key.org_id);
  update public.api_keys set revoked_at = coalesce(revoked_at, now()) where id = key.id;
  return switchboard.api_key_view(key.id);
end $$;

-- The caller's own sessions, newest first. Where a platform signs in, its sessions.
create function switchboard.list_sessions_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('sessions', coalesce(jsonb_agg(jsonb_build_object('session_id', s.id, 'created_at', s.created_at, 'refreshed_at', s.refreshed_at,
    'user_agent', s.user_agent, 'ip', host(s.ip), 'current', s.id = (auth.jwt() ->> 'session_id')::uuid) order by s.created_at desc), '[]'))
  from auth.sessions s where s.user_id = auth.uid()
$$;

-- p: { session_id }
create function switchboard.revoke_session_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  delete from auth.sessions where id = (p ->> 'session_id')::uuid and user_id = auth.uid();
  if not found then
    raise exception 'You have no such session.' using errcode = 'SB404', detail = jsonb_build_object('session_id', p ->> 'session_id')::text;
  end if;
  return jsonb_build_object('session_id', p ->> 'session_id', 'revoked', true);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
select switchboard.feed_enable('public.user_invitations');
