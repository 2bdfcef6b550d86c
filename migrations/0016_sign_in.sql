-- Signing in, where no platform does it: sessions, refresh tokens and the acts on them. A platform that owns `auth` has
-- these tables already, and does this work itself; then the functions below are never called.

do $$
begin
  if to_regclass('auth.sessions') is null then
    create table auth.sessions (
      id uuid primary key default gen_random_uuid(),
      user_id uuid not null references auth.users (id) on delete cascade,
      created_at timestamptz default now(),
      updated_at timestamptz default now(),
      aal text not null default 'aal1',
      not_after timestamptz,
      refreshed_at timestamptz,
      user_agent text,
      ip inet
    );
    create index sessions_user on auth.sessions (user_id, created_at);
    -- `token` is the SHA-256 of what the client holds
    create table auth.refresh_tokens (
      id bigint generated always as identity primary key,
      token varchar(255) not null unique,
      user_id uuid not null references auth.users (id) on delete cascade,
      session_id uuid not null references auth.sessions (id) on delete cascade,
      parent varchar(255),
      revoked boolean not null default false,
      created_at timestamptz default now(),
      updated_at timestamptz default now()
    );
    create index refresh_tokens_session on auth.refresh_tokens (session_id);
    alter table auth.sessions enable row level security;
    alter table auth.sessions force row level security;
    alter table auth.refresh_tokens enable row level security;
    alter table auth.refresh_tokens force row level security;
    create policy worker on auth.sessions to switchboard_worker using (true) with check (true);
    create policy worker on auth.refresh_tokens to switchboard_worker using (true) with check (true);
    create policy definer on auth.sessions to switchboard_definer using (true) with check (true);
    grant select, insert, update, delete on auth.sessions, auth.refresh_tokens to switchboard_worker;
    grant select, delete on auth.sessions to switchboard_definer;
  end if;
end $$;

-- Wrong passwords of the last minutes, by mail address and by network address: what is tried too often has to wait.
create table switchboard.login_failures (
  id bigint generated always as identity primary key,
  subject text not null,
  at timestamptz not null default now()
);
create index login_failures_recent on switchboard.login_failures (subject, at);
alter table switchboard.login_failures enable row level security;
alter table switchboard.login_failures force row level security;
create policy worker on switchboard.login_failures to switchboard_worker using (true) with check (true);
grant select, insert, delete on switchboard.login_failures to switchboard_worker;

insert into public.app_config (key, value, description) values
  ('auth.failures_per_email', '10', 'Wrong passwords for one mail address in fifteen minutes before it has to wait'),
  ('auth.failures_per_address', '50', 'Wrong passwords from one network address in fifteen minutes before it has to wait'),
  ('auth.reuse_seconds', '10', 'A refresh token may be used again for so long: two tabs ask at once, an answer gets lost');

-- Password hashes are bcrypt, so that they can move to another service. The platform's own functions keep their rights.
do $$
declare
  f regprocedure;
begin
  for f in
    select p.oid from pg_proc p join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      join pg_extension e on e.oid = d.refobjid
    where e.extname = 'pgcrypto' and p.proname in ('crypt', 'gen_salt') and pg_get_userbyid(p.proowner) = current_user
  loop
    execute format('grant execute on routine %s to switchboard_worker', f);
  end loop;
end $$;

-- An act that is refused must leave its traces: these functions answer { error } and do not raise.
create function switchboard.auth_error(p_status integer, p_code text, p_message text) returns jsonb
  language sql immutable set search_path = '' as
  $$ select jsonb_build_object('error', jsonb_build_object('code', p_status, 'error_code', p_code, 'msg', p_message)) $$;

-- A user as the sign-in API shows it.
create function switchboard.auth_user(p_id uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', u.id, 'aud', coalesce(u.aud, 'authenticated'), 'role', coalesce(u.role, 'authenticated'), 'email', u.email, 'phone', '',
    'email_confirmed_at', u.email_confirmed_at, 'confirmed_at', u.email_confirmed_at, 'last_sign_in_at', u.last_sign_in_at,
    'app_metadata', coalesce(u.raw_app_meta_data, '{}'), 'user_metadata', coalesce(u.raw_user_meta_data, '{}'),
    'identities', jsonb_build_array(jsonb_build_object('identity_id', u.id, 'id', u.id, 'user_id', u.id, 'provider', 'email',
      'identity_data', jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', u.email_confirmed_at is not null),
      'email', u.email, 'last_sign_in_at', u.last_sign_in_at, 'created_at', u.created_at, 'updated_at', u.updated_at)),
    'created_at', u.created_at, 'updated_at', u.updated_at, 'is_anonymous', false)
  from auth.users u where u.id = p_id
$$;

-- The extension lies where the platform puts it.
do $$
declare
  lies_in text := (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgcrypto');
begin
  execute format($f$
    create function switchboard.hash_password(p_password text) returns text
      language sql volatile set search_path = '' as
      $b$ select %1$s.crypt(p_password, %1$s.gen_salt('bf', 10)) $b$;
    -- where there is no hash, one of nobody's: an unknown address takes as long as a wrong password
    create function switchboard.is_password(p_password text, p_hash text) returns boolean
      language sql stable set search_path = '' as
      $b$ select %1$s.crypt(p_password, coalesce(p_hash, '$2a$10$CwTycUXWue0Thq9StjUM0uJ8i2vQO6vWJYwYz1v7lQqjz1yYxXyO6')) = p_hash $b$;
  $f$, lies_in);
end $$;

-- Begins a session. p: { refresh_hash, user_agent, ip }
create function switchboard.auth_open_session(p_user_id uuid, p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  session uuid;
begin
  update auth.users set last_sign_in_at = now() where id = p_user_id;
  update public.team_members set last_login_at = now() where user_id = p_user_id and deleted_at is null;
  insert into auth.sessions (user_id, user_agent, ip) values (p_user_id, p ->> 'user_agent', (p ->> 'ip')::inet) returning id into session;
  insert into auth.refresh_tokens (token, user_id, session_id) values (p ->> 'refresh_hash', p_user_id, session);
  return jsonb_build_object('session_id', session, 'user', switchboard.auth_user(p_user_id));
end $$;

-- p: { email, password, data, refresh_hash, user_agent, ip }
create function switchboard.auth_sign_up_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  made uuid;
begin
  insert into auth.users (email, encrypted_password, email_confirmed_at, raw_user_meta_data)
  values (lower(p ->> 'email'), switchboard.hash_password(p ->> 'password'), now(), coalesce(p -> 'data', '{}'))
  on conflict (email) do nothing returning id into made;
  if made is null then
    return switchboard.auth_error(422, 'user_already_exists', 'User already registered');
  end if;
  return switchboard.auth_open_session(made, p);
end $$;

-- p: { email, password, refresh_hash, user_agent, ip }
create function switchboard.auth_sign_in_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  asked text := lower(p ->> 'email');
  from_address text := coalesce(p ->> 'ip', '');
  found_user auth.users;
  recent timestamptz := now() - interval '15 minutes';
begin
  if (select count(*) from switchboard.login_failures where subject = 'email:' || asked and at > recent)
      >= switchboard.setting('auth.failures_per_email')::integer
    or (select count(*) from switchboard.login_failures where subject = 'ip:' || from_address and at > recent)
      >= switchboard.setting('auth.failures_per_address')::integer then
    return switchboard.auth_error(429, 'over_request_rate_limit', 'Too many wrong passwords. Wait fifteen minutes, then try again.');
  end if;
  select * into found_user from auth.users where email = asked;
  if not coalesce(switchboard.is_password(p ->> 'password', found_user.encrypted_password), false) then
    insert into switchboard.login_failures (subject) values ('email:' || asked);
    if from_address <> '' then
      insert into switchboard.login_failures (subject) values ('ip:' || from_address);
    end if;
    delete from switchboard.login_failures where at < recent and subject in ('email:' || asked, 'ip:' || from_address);
    return switchboard.auth_error(400, 'invalid_credentials', 'Invalid login credentials');
  end if;
  delete from switchboard.login_failures where subject = 'email:' || asked;
  return switchboard.auth_open_session(found_user.id, p);
end $$;

-- p: { refresh_hash, next_hash }. A token is used once; used again within seconds it is another tab, or an answer that got
-- lost, and later it is a copy: then the whole session ends.
create function switchboard.auth_refresh_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  held auth.refresh_tokens;
begin
  select * into held from auth.refresh_tokens where token = p ->> 'refresh_hash' for update;
  if not found then
    return switchboard.auth_error(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  end if;
  if held.revoked and held.updated_at < clock_timestamp() - make_interval(secs => switchboard.setting('auth.reuse_seconds')::integer) then
    delete from auth.sessions where id = held.session_id;
    return switchboard.auth_error(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
  end if;
  if not held.revoked then
    update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp() where id = held.id;
  end if;
  insert into auth.refresh_tokens (token, user_id, session_id, parent) values (p ->> 'next_hash', held.user_id, held.session_id, held.token);
  update auth.sessions set refreshed_at = now(), updated_at = now() where id = held.session_id;
  return jsonb_build_object('session_id', held.session_id, 'user', switchboard.auth_user(held.user_id));
end $$;

-- p: { user_id, session_id }
create function switchboard.auth_get_user_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from auth.sessions where id = (p ->> 'session_id')::uuid and user_id = (p ->> 'user_id')::uuid) then
    return switchboard.auth_error(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  end if;
  return jsonb_build_object('user', switchboard.auth_user((p ->> 'user_id')::uuid));
end $$;

-- Changes what is given. p: { user_id, email, password, data, app_metadata, confirm }. A new password ends the other
-- sessions of a user who changed it: `keep_session`.
create function switchboard.auth_update_user_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  target uuid := (p ->> 'user_id')::uuid;
begin
  update auth.users u set
    email = coalesce(lower(p ->> 'email'), u.email),
    encrypted_password = case when p ->> 'password' is null then u.encrypted_password else switchboard.hash_password(p ->> 'password') end,
    raw_user_meta_data = coalesce(u.raw_user_meta_data, '{}') || coalesce(nullif(p -> 'data', 'null'), '{}'),
    raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}') || coalesce(nullif(p -> 'app_metadata', 'null'), '{}'),
    updated_at = now()
  where u.id = target;
  if not found then
    return switchboard.auth_error(404, 'user_not_found', 'User not found');
  end if;
  if p ->> 'password' is not null then
    delete from auth.sessions where user_id = target and id is distinct from (p ->> 'keep_session')::uuid;
  end if;
  return jsonb_build_object('user', switchboard.auth_user(target));
exception when unique_violation then
  return switchboard.auth_error(422, 'email_exists', 'A user with this email address has already been registered');
end $$;

-- p: { user_id, session_id, scope: global | local | others }
create function switchboard.auth_sign_out_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  delete from auth.sessions s
  where s.user_id = (p ->> 'user_id')::uuid
    and case p ->> 'scope' when 'local' then s.id = (p ->> 'session_id')::uuid when 'others' then s.id <> (p ->> 'session_id')::uuid else true end;
  return '{}';
end $$;

-- p: { email, password, data, app_metadata }
create function switchboard.auth_create_user_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  made uuid;
begin
  insert into auth.users (email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data)
  values (lower(p ->> 'email'), case when p ->> 'password' is not null then switchboard.hash_password(p ->> 'password') end, now(),
    coalesce(nullif(p -> 'data', 'null'), '{}'),
    '{"provider": "email", "providers": ["email"]}'::jsonb || coalesce(nullif(p -> 'app_metadata', 'null'), '{}'))
  on conflict (email) do nothing returning id into made;
  if made is null then
    return switchboard.auth_error(422, 'email_exists', 'A user with this email address has already been registered');
  end if;
  return jsonb_build_object('user', switchboard.auth_user(made));
end $$;

-- p: { page, per_page }
create function switchboard.auth_list_users_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('total', (select count(*) from auth.users), 'users', coalesce((
    select jsonb_agg(switchboard.auth_user(page.id) order by page.created_at desc, page.id)
    from (select u.id, u.created_at from auth.users u order by u.created_at desc, u.id
      limit (p ->> 'per_page')::integer offset ((p ->> 'page')::integer - 1) * (p ->> 'per_page')::integer) page), '[]'))
$$;

-- p: { user_id }
create function switchboard.auth_find_user_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select coalesce(
    (select jsonb_build_object('user', switchboard.auth_user(u.id)) from auth.users u where u.id = (p ->> 'user_id')::uuid),
    switchboard.auth_error(404, 'user_not_found', 'User not found'))
$$;

-- p: { user_id }
create function switchboard.auth_delete_user_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  delete from auth.users where id = (p ->> 'user_id')::uuid;
  if not found then
    return switchboard.auth_error(404, 'user_not_found', 'User not found');
  end if;
  return '{}';
end $$;

grant execute on function switchboard.auth_error(integer, text, text), switchboard.auth_user(uuid), switchboard.hash_password(text),
  switchboard.is_password(text, text), switchboard.auth_open_session(uuid, jsonb), switchboard.auth_sign_up_v1(jsonb),
  switchboard.auth_sign_in_v1(jsonb), switchboard.auth_refresh_v1(jsonb), switchboard.auth_get_user_v1(jsonb),
  switchboard.auth_update_user_v1(jsonb), switchboard.auth_sign_out_v1(jsonb), switchboard.auth_create_user_v1(jsonb),
  switchboard.auth_list_users_v1(jsonb), switchboard.auth_find_user_v1(jsonb), switchboard.auth_delete_user_v1(jsonb)
  to switchboard_worker;
