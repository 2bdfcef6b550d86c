-- Files: what is left to fetch, and what has become of each. A message never waits for its file.

alter table public.media_files
  add column attempts integer not null default 0 check (attempts >= 0),
  add column next_attempt_at timestamptz,
  add column reason text;
grant select (attempts, next_attempt_at, reason) on public.media_files to authenticated, service_role;
-- a path names one file for ever
create unique index media_files_path on public.media_files (storage_url);

-- Work that is left: gone when the file is stored or given up. The address where a provider serves the file opens it to
-- whoever has it, so it stays here. `attempts` counts leases, so that a file that kills its reader is given up too.
create table switchboard.media_downloads (
  media_id uuid primary key references public.media_files (id) on delete cascade,
  source_url text,
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  queued_until timestamptz not null default '-infinity',
  lease_token uuid,
  lease_until timestamptz not null default '-infinity'
);
create index media_downloads_due on switchboard.media_downloads (due_at);
alter table switchboard.media_downloads enable row level security;
alter table switchboard.media_downloads force row level security;
create policy worker on switchboard.media_downloads to switchboard_worker using (true) with check (true);
grant select, insert, update, delete on switchboard.media_downloads to switchboard_worker;
insert into switchboard.media_downloads (media_id) select id from public.media_files where state = 'pending';

-- As before, and a download for each file. One that has no id is known by its address alone.
create or replace function switchboard.store_media(p_items switchboard.inbound_item[]) returns integer[]
  language plpgsql set search_path = '' as $$
declare
  filled integer[];
begin
  with filling as (
    update public.messages m set
      media_type = x.event #>> '{media,mime_type}',
      type = case when m.edited_at is null then x.event ->> 'type' else m.type end,
      content = case when m.edited_at is null and m.revoked_at is null then x.event ->> 'content' else m.content end,
      payload = case when m.payload ? 'edits' then jsonb_set(x.event -> 'raw', '{edits}', m.payload -> 'edits') else x.event -> 'raw' end
    from unnest(p_items) x
    where x.kind = 'message' and x.event #>> '{media,mime_type}' is not null and not switchboard.is_new(x)
      and m.channel_id = x.channel_id and m.wa_message_id = x.provider_id and m.media_type is null
    returning x.n)
  select array_agg(n) into filled from filling;

  with found as (
    select distinct on (m.id) gen_random_uuid() as id, m.org_id, m.business_id, m.id as message_id, x.event -> 'media' as media, c.provider
    from unnest(p_items) x
    join public.messages m on m.channel_id = x.channel_id and m.wa_message_id = x.provider_id
    join public.channels c on c.id = m.channel_id
    where x.kind = 'message' and (x.event #>> '{media,id}' is not null or c.provider <> 'meta' and x.event #>> '{media,url}' is not null)
      and not exists (select from public.media_files f where f.message_id = m.id)
    order by m.id, x.n
  ), kept as (
    insert into public.media_files (id, org_id, business_id, message_id, provider_media_id, mime_type, sha256, filename)
    select id, org_id, business_id, message_id, media ->> 'id', media ->> 'mime_type', media ->> 'sha256', media ->> 'filename' from found)
  insert into switchboard.media_downloads (media_id, source_url)
  select id, case when provider <> 'meta' then media ->> 'url' end from found;
  return filled;
end $$;

-- Downloads that are due and that no queue carries; they count as carried from now on for a while, so that a queue that
-- loses one costs that while. p: { limit, carried_seconds }. Returns { due: [media_id, …], next_due_in_ms }
create function switchboard.media_due_v1(p jsonb) returns jsonb
  language sql volatile set search_path = '' as $$
  with due as (
    select d.media_id from switchboard.media_downloads d
    where greatest(d.due_at, d.queued_until, d.lease_until) <= clock_timestamp()
    order by d.due_at, d.media_id limit (p ->> 'limit')::integer for update skip locked
  ), carried as (
    update switchboard.media_downloads d set queued_until = clock_timestamp() + make_interval(secs => (p ->> 'carried_seconds')::integer)
    from due where d.media_id = due.media_id returning d.media_id)
  select jsonb_build_object(
    'due', (select coalesce(jsonb_agg(media_id), '[]') from carried),
    'next_due_in_ms', (select greatest(0, ceil(extract(epoch from min(greatest(d.due_at, d.queued_until, d.lease_until)) - clock_timestamp()) * 1000))::bigint
      from switchboard.media_downloads d having count(*) > 0))
$$;

-- Hands a download to one caller, if it is due and nobody has it. p: { id, lease_seconds }. Returns what is needed to fetch
-- and keep the file, the credentials sealed; null when there is nothing to do.
create function switchboard.media_lease_v1(p jsonb) returns jsonb
  language sql volatile set search_path = '' as $$
  with leased as (
    update switchboard.media_downloads d set lease_token = gen_random_uuid(), attempts = d.attempts + 1,
      lease_until = clock_timestamp() + make_interval(secs => (p ->> 'lease_seconds')::integer)
    where d.media_id = (p ->> 'id')::uuid and greatest(d.due_at, d.lease_until) <= clock_timestamp()
    returning d.*)
  select jsonb_build_object(
    'id', f.id, 'lease_token', l.lease_token, 'attempts', l.attempts, 'provider_media_id', f.provider_media_id, 'source_url', l.source_url,
    'path', format('%s/%s/inbound/%s', f.org_id, f.business_id, f.id), 'revoked', m.revoked_at is not null,
    'channel', jsonb_build_object('id', c.id, 'provider', c.provider, 'phone_number_id', c.phone_number_id, 'access_token', c.access_token,
      'secret', switchboard.channel_secret(c)))
  from leased l
  join public.media_files f on f.id = l.media_id
  join public.messages m on m.id = f.message_id
  join public.channels c on c.id = m.channel_id
$$;

-- What became of a download; whoever has lost the lease changes nothing.
-- p: { id, lease_token, state: 'stored', path, mime_type, size_bytes, sha256 } | { …, state: 'failed', reason }
--  | { …, state: 'pending', reason, retry_in_ms }. Returns { recorded }
create function switchboard.media_record_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  work switchboard.media_downloads;
  again timestamptz := clock_timestamp() + make_interval(secs => (p ->> 'retry_in_ms')::numeric / 1000);
begin
  if p ->> 'state' = 'pending' then
    update switchboard.media_downloads set due_at = again, queued_until = '-infinity', lease_until = '-infinity', lease_token = null
    where media_id = (p ->> 'id')::uuid and lease_token = (p ->> 'lease_token')::uuid returning * into work;
  else
    delete from switchboard.media_downloads
    where media_id = (p ->> 'id')::uuid and lease_token = (p ->> 'lease_token')::uuid returning * into work;
  end if;
  update public.media_files set
    state = p ->> 'state', reason = p ->> 'reason', attempts = work.attempts, next_attempt_at = again,
    storage_url = p ->> 'path', mime_type = coalesce(p ->> 'mime_type', mime_type),
    size_bytes = (p ->> 'size_bytes')::bigint, sha256 = coalesce(p ->> 'sha256', sha256)
  where id = work.media_id;
  return jsonb_build_object('recorded', work.media_id is not null);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
