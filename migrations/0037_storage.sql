-- Files that people put here, to be sent.

-- Takes a path for a file that is about to come, for a caller who may act in its workspace. What stands at a path never
-- changes, so a path that is taken stays so; one whose file has not come after ten minutes is free again.
-- p: { org_id, business_id, path, filename }. Returns { id }
create function switchboard.storage_reserve_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  workspace uuid := switchboard.own_writable_business((p ->> 'business_id')::uuid);
  file uuid;
begin
  insert into public.media_files as f (org_id, business_id, storage_url, filename)
  select b.org_id, b.id, p ->> 'path', p ->> 'filename' from public.businesses b
  where b.id = workspace and b.org_id = (p ->> 'org_id')::uuid
  on conflict (storage_url) do update set id = gen_random_uuid(), created_at = clock_timestamp()
    where f.state = 'pending' and f.created_at < clock_timestamp() - interval '10 minutes'
  returning f.id into file;
  if file is null and exists (select from public.media_files f where f.storage_url = p ->> 'path') then
    raise exception 'There is a file of this name already. Files here never change: give the new one another name.' using errcode = 'SB409';
  elsif file is null then
    raise exception 'The first folder of a path is the organization, the second one a workspace of it.' using errcode = 'SB404';
  end if;
  return jsonb_build_object('id', file);
end $$;

-- The file has come, or will not. p: { id, mime_type, size_bytes, sha256 } | { id }. Returns { stored }
create function switchboard.storage_settle_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  if p ->> 'sha256' is null then
    delete from public.media_files where id = (p ->> 'id')::uuid and state = 'pending';
    return '{"stored": false}';
  end if;
  update public.media_files set state = 'stored', mime_type = p ->> 'mime_type', size_bytes = (p ->> 'size_bytes')::bigint, sha256 = p ->> 'sha256'
  where id = (p ->> 'id')::uuid and state = 'pending';
  return jsonb_build_object('stored', found);
end $$;

grant delete on public.media_files to switchboard_worker, switchboard_definer;
grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
