-- Roles and schemas. The Worker logs in as `authenticator`, which may do nothing by itself; every transaction first takes
-- one of the roles below, for its own length only. None of them bypasses row-level security.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['anon', 'authenticated', 'service_role', 'switchboard_worker', 'switchboard_definer'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
  end loop;
  if not exists (select from pg_roles where rolname = 'authenticator') then
    create role authenticator login noinherit;
  end if;
end $$;

grant anon, authenticated, service_role, switchboard_worker to authenticator;
-- Since Postgres 16 the creator of a role may not act as it unless granted; functions below are handed to the definer.
grant switchboard_definer, switchboard_worker, authenticated, service_role, anon to current_user;

create schema if not exists switchboard;
create schema if not exists auth;

grant usage on schema public to anon, authenticated, service_role, switchboard_worker, switchboard_definer;
grant usage on schema switchboard to authenticated, service_role, switchboard_worker, switchboard_definer;
grant create on schema switchboard to switchboard_definer;

-- Nothing that a later migration creates is anyone's until it is granted.
alter default privileges in schema switchboard revoke execute on functions from public;
alter default privileges revoke execute on functions from public;

create extension if not exists pg_trgm;
create extension if not exists pgcrypto;

-- Supabase owns `auth`; elsewhere this stand-in holds the users, with the same column names.
do $$
begin
  if to_regclass('auth.users') is null then
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      aud text default 'authenticated',
      role text default 'authenticated',
      email text unique,
      encrypted_password text,
      email_confirmed_at timestamptz,
      last_sign_in_at timestamptz,
      raw_app_meta_data jsonb default '{"provider": "email", "providers": ["email"]}',
      raw_user_meta_data jsonb default '{}',
      created_at timestamptz default now(),
      updated_at timestamptz default now()
    );
    alter table auth.users enable row level security;
    alter table auth.users force row level security;
    create policy worker on auth.users to switchboard_worker using (true) with check (true);
    create policy definer on auth.users to switchboard_definer using (true) with check (true);
    grant usage on schema auth to anon, authenticated, service_role, switchboard_worker, switchboard_definer;
    grant select, insert, update, delete on auth.users to switchboard_worker, switchboard_definer;
  end if;
  if to_regprocedure('auth.jwt()') is null then
    create function auth.jwt() returns jsonb language sql stable set search_path = '' as
      $f$ select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $f$;
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable set search_path = '' as
      $f$ select nullif(auth.jwt() ->> 'sub', '')::uuid $f$;
  end if;
  if to_regprocedure('auth.role()') is null then
    create function auth.role() returns text language sql stable set search_path = '' as
      $f$ select auth.jwt() ->> 'role' $f$;
  end if;
end $$;

-- On a Supabase project the functions exist already and belong to another role: there these grants are not ours to give.
do $$
begin
  grant execute on function auth.jwt(), auth.uid(), auth.role()
    to anon, authenticated, service_role, switchboard_worker, switchboard_definer;
exception when insufficient_privilege then
  raise notice 'auth.jwt(), auth.uid() and auth.role() belong to the platform; leaving their grants as they are';
end $$;
