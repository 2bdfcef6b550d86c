-- Files that go out: uploaded to a provider once, and named by the provider's id as long as it keeps them.

-- A provider's copy of a file, by its content. Meta keeps uploads for 30 days, for the number that uploaded them.
create table switchboard.media_uploads (
  channel_id uuid not null references public.channels (id) on delete cascade,
  sha256 text not null,
  mime_type text not null,
  provider_media_id text not null,
  expires_at timestamptz not null,
  primary key (channel_id, sha256, mime_type)
);
alter table switchboard.media_uploads enable row level security;
alter table switchboard.media_uploads force row level security;
create policy worker on switchboard.media_uploads to switchboard_worker using (true) with check (true);
grant select, insert, update, delete on switchboard.media_uploads to switchboard_worker;

-- A file that is there, and a provider's copy of it if it has one. p: { channel_id, path }.
-- Returns { path, mime_type, size_bytes, sha256, filename, provider_media_id } or null
create function switchboard.media_to_send_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('path', f.storage_url, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes, 'sha256', f.sha256,
    'filename', coalesce(nullif(f.filename, ''), f.id::text),
    'provider_media_id', (select u.provider_media_id from switchboard.media_uploads u
      where u.channel_id = c.id and u.sha256 = f.sha256 and u.mime_type = f.mime_type and u.expires_at > clock_timestamp()))
  from public.media_files f join public.channels c on c.id = (p ->> 'channel_id')::uuid and c.org_id = f.org_id and c.business_id = f.business_id
  where f.storage_url = p ->> 'path' and f.state = 'stored'
    and not exists (select from public.messages m where m.id = f.message_id and m.revoked_at is not null)
$$;

-- p: { channel_id, sha256, mime_type, provider_media_id, days } keeps a copy's id; without days, the provider has lost it.
create function switchboard.media_uploaded_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  if p ->> 'days' is null then
    delete from switchboard.media_uploads u where u.channel_id = (p ->> 'channel_id')::uuid and u.sha256 = p ->> 'sha256'
      and u.provider_media_id = p ->> 'provider_media_id';
  else
    insert into switchboard.media_uploads (channel_id, sha256, mime_type, provider_media_id, expires_at)
    values ((p ->> 'channel_id')::uuid, p ->> 'sha256', p ->> 'mime_type', p ->> 'provider_media_id', now() + make_interval(days => (p ->> 'days')::integer))
    on conflict (channel_id, sha256, mime_type) do update set provider_media_id = excluded.provider_media_id, expires_at = excluded.expires_at;
  end if;
  return '{}';
end $$;

-- A file that the caller may see, and the number it is to go out from. p: { conversation_id, path }. Returns { file, channel }
create function switchboard.sendable_media_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
  file jsonb;
begin
  select switchboard.media_to_send_v1(jsonb_build_object('channel_id', talk.channel_id, 'path', f.storage_url)) into file
  from public.media_files f
  where f.storage_url = p ->> 'path' and f.business_id = talk.business_id
    and (f.message_id is null or f.org_id <> all (switchboard.my_restricted_org_ids()) or exists (
      select from public.messages m where m.id = f.message_id and m.conversation_id = any (switchboard.my_assigned_conversation_ids())));
  if file is null then
    raise exception 'There is no such file in this workspace, or it is not for you to see.' using errcode = 'SB404',
      detail = jsonb_build_object('path', p ->> 'path')::text;
  end if;
  return (select jsonb_build_object('file', file, 'channel', jsonb_build_object('id', c.id, 'provider', c.provider,
      'phone_number_id', c.phone_number_id, 'access_token', c.access_token, 'secret', switchboard.channel_secret(c)))
    from public.channels c where c.id = talk.channel_id);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
