-- Envelope encryption: values are sealed with data keys, and data keys with a master key that only the Worker has.

-- `wrapped_key`: the key, sealed by the master key that its header names. `resealed_at`: when nothing was left that an older
-- key, or a master key itself, had sealed.
create table switchboard.encryption_keys (
  version integer primary key check (version > 0),
  wrapped_key text not null check (switchboard.is_sealed(wrapped_key)),
  created_at timestamptz not null default now(),
  resealed_at timestamptz
);
alter table switchboard.encryption_keys enable row level security;
alter table switchboard.encryption_keys force row level security;
create policy worker on switchboard.encryption_keys to switchboard_worker using (true) with check (true);
grant select, insert, update on switchboard.encryption_keys to switchboard_worker;

-- `sealed.v1.<master key>.…` by a master key itself, `sealed.v2.<version>.…` by a data key: shared/vault/seal.ts.
create or replace function switchboard.is_sealed(value text) returns boolean
  language sql immutable parallel safe set search_path = '' as
  $$ select value ~ '^sealed\.v[12]\.[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{38,}$' $$;
create or replace function switchboard.is_sealed(value bytea) returns boolean
  language sql immutable parallel safe set search_path = '' as
  $$ select substring(value from 1 for 10) in ('\x7365616c65642e76312e'::bytea, '\x7365616c65642e76322e'::bytea) and octet_length(value) >= 50 $$;

-- The kept columns that hold ciphertext; the others hold digests and random values.
alter table switchboard.sealed_columns add column ciphertext boolean not null
  generated always as (column_name like '%\_encrypted' or column_name in ('access_token', 'auth_token')) stored;

-- p: {}. Returns { keys: [{ version, wrapped_key }], settled }, newest first. Settled: nothing waits to be sealed anew.
create function switchboard.encryption_keys_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'keys', coalesce(jsonb_agg(jsonb_build_object('version', k.version, 'wrapped_key', k.wrapped_key) order by k.version desc), '[]'),
    'settled', coalesce((array_agg(k.resealed_at is not null order by k.version desc))[1], false))
  from switchboard.encryption_keys k
$$;

-- p: { version, wrapped_key }. Of several who make the same version at once, the first wins and all get its key.
create function switchboard.add_encryption_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  insert into switchboard.encryption_keys (version, wrapped_key) values ((p ->> 'version')::integer, p ->> 'wrapped_key')
  on conflict do nothing;
  return switchboard.encryption_keys_v1('{}');
end $$;

-- p: { version, from, to }: the same key, wrapped by another master key.
create function switchboard.rewrap_encryption_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  update switchboard.encryption_keys set wrapped_key = p ->> 'to'
  where version = (p ->> 'version')::integer and wrapped_key = p ->> 'from';
  return jsonb_build_object('rewrapped', found);
end $$;

-- Every sealed value of one kept column, as text.
create function switchboard.sealed_values(p_column switchboard.sealed_columns) returns table (row_id uuid, value text)
  language plpgsql stable set search_path = '' as $$
begin
  return query execute format('select id, %s from public.%I where %I is not null',
    case when (select c.data_type = 'bytea' from information_schema.columns c
        where c.table_schema = 'public' and c.table_name = p_column.table_name and c.column_name = p_column.column_name)
      then format('convert_from(%I, ''UTF8'')', p_column.column_name) else quote_ident(p_column.column_name) end,
    p_column.table_name, p_column.column_name);
end $$;

-- What another key than data key `version` has sealed, in a fixed order, so that what cannot be opened holds nothing up.
-- p: { version, limit, after: { column, row } or null }. Returns { values: [{ column, row, value }] }.
create function switchboard.reseal_pending_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('values', coalesce(jsonb_agg(to_jsonb(v) order by v."column" collate "C", v."row"), '[]'))
  from (
    select s.table_name || '.' || s.column_name as "column", r.row_id as "row", r.value
    from switchboard.sealed_columns s cross join lateral switchboard.sealed_values(s) r
    where s.ciphertext and not starts_with(r.value, format('sealed.v2.%s.', p ->> 'version'))
      and (p -> 'after' ->> 'column' is null or
        (s.table_name || '.' || s.column_name collate "C", r.row_id) > (p -> 'after' ->> 'column' collate "C", (p -> 'after' ->> 'row')::uuid))
    order by (s.table_name || '.' || s.column_name) collate "C", r.row_id
    limit (p ->> 'limit')::integer) v
$$;

-- p: { values: [{ column, row, from, to }] }. A value that has changed meanwhile is left as it is. Returns { resealed }.
create function switchboard.reseal_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  v record;
  one integer;
  resealed integer := 0;
begin
  for v in
    select s.table_name, s.column_name, c.data_type = 'bytea' as bytes, (x ->> 'row')::uuid as row_id, x ->> 'from' as old, x ->> 'to' as new
    from jsonb_array_elements(p -> 'values') x
    join switchboard.sealed_columns s on s.ciphertext and s.table_name || '.' || s.column_name = x ->> 'column'
    join information_schema.columns c on c.table_schema = 'public' and c.table_name = s.table_name and c.column_name = s.column_name
    order by s.table_name, 4
  loop
    execute format(case when v.bytes then 'update public.%1$I set %2$I = convert_to($3, ''UTF8'') where id = $1 and %2$I = convert_to($2, ''UTF8'')'
      else 'update public.%1$I set %2$I = $3 where id = $1 and %2$I = $2' end, v.table_name, v.column_name)
    using v.row_id, v.old, v.new;
    get diagnostics one = row_count;
    resealed := resealed + one;
  end loop;
  return jsonb_build_object('resealed', resealed);
end $$;

-- Nothing older was left a moment ago. A Worker that has not heard of a new key yet goes on with the one before for a
-- minute, so a key settles ten minutes after it was made at the earliest. p: { version }
create function switchboard.settle_encryption_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  update switchboard.encryption_keys set resealed_at = now()
  where version = (p ->> 'version')::integer and resealed_at is null and created_at < now() - interval '10 minutes';
  return jsonb_build_object('settled', found);
end $$;

-- ---- commands of the service role ---------------------------------------------------------------------------------------

create function switchboard.for_service_role() returns void language plpgsql stable set search_path = '' as $$
begin
  if auth.jwt() ->> 'role' is distinct from 'service_role' then
    raise exception 'This is for the service role.' using errcode = 'SB403';
  end if;
end $$;

-- p: {}. How many values each key has sealed, and by which master key each data key is wrapped.
create function switchboard.list_encryption_keys_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.for_service_role();
  return (
    with sealed as materialized (
      select split_part(r.value, '.', 2) as kind, split_part(r.value, '.', 3) as id, count(*) as sealed_values
      from switchboard.sealed_columns s cross join lateral switchboard.sealed_values(s) r where s.ciphertext group by 1, 2)
    select jsonb_build_object(
      'data_keys', (select coalesce(jsonb_agg(jsonb_build_object('version', k.version, 'created_at', k.created_at,
          'master_key_id', split_part(k.wrapped_key, '.', 3), 'sealed_values', coalesce(s.sealed_values, 0)) order by k.version desc), '[]')
        from switchboard.encryption_keys k left join sealed s on s.kind = 'v2' and s.id = k.version::text),
      'sealed_by_master_keys', (select coalesce(jsonb_agg(jsonb_build_object('master_key_id', s.id, 'sealed_values', s.sealed_values) order by s.id), '[]')
        from sealed s where s.kind = 'v1')));
end $$;

-- p: { version, wrapped_key }: the next data key. From now on it seals; a sweep seals anew what older ones have sealed.
create function switchboard.rotate_encryption_key_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.for_service_role();
  insert into switchboard.encryption_keys (version, wrapped_key) values ((p ->> 'version')::integer, p ->> 'wrapped_key')
  on conflict do nothing;
  if not found then
    raise exception 'Somebody else has just made this version of the key.' using errcode = 'SB409';
  end if;
  return switchboard.list_encryption_keys_v1('{}');
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
