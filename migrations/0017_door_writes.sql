-- What a dashboard writes straight into tables, and what is meant by it: an outbound message is sent, a change of status or
-- assignee is a human act, the AI's switch wakes or silences it. Who may write what is said here once a rule.

-- ---- who may -----------------------------------------------------------------------------------------------------------

alter table public.organizations add column agents_see_assigned_only boolean not null default false;

-- Organizations whose agents see the conversations that are assigned to them and no others, where the caller is an agent.
create function switchboard.my_restricted_org_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(o.id), '{}')
  from public.team_members m join public.organizations o on o.id = m.org_id
  where m.user_id = auth.uid() and m.active and m.deleted_at is null and o.agents_see_assigned_only
    and coalesce(m.org_role, 'agent') = 'agent'
    and not exists (select from public.team_assignments a where a.team_member_id = m.id and a.role in ('admin', 'client_admin'))
$$;

-- The conversations assigned to the caller in such organizations.
create function switchboard.my_assigned_conversation_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(v.id), '{}')
  from public.conversations v join public.team_members m on m.id = v.assigned_to
  where m.user_id = auth.uid() and v.org_id = any (switchboard.my_restricted_org_ids())
$$;

create function switchboard.my_assigned_contact_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(v.contact_id), '{}') from public.conversations v where v.id = any (switchboard.my_assigned_conversation_ids())
$$;

-- Businesses in which the caller may act: not those that it only looks at.
create function switchboard.my_writable_business_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(b.id), '{}')
  from public.businesses b
  where exists (
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

-- Businesses whose settings the caller may change.
create function switchboard.my_managed_business_ids() returns uuid[]
  language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(b.id), '{}')
  from public.businesses b
  where exists (
      select from public.team_members m
      where m.user_id = auth.uid() and m.org_id = b.org_id and m.active and m.deleted_at is null
        and (m.org_role in ('owner', 'admin')
          or exists (select from public.team_assignments a
            where a.team_member_id = m.id and a.business_id = b.id and a.role in ('admin', 'client_admin'))))
    or exists (
      select from public.api_keys k
      where k.id = nullif(auth.jwt() ->> 'api_key_id', '')::uuid and k.revoked_at is null and 'admin' = any (k.scopes)
        and k.org_id = b.org_id and (k.business_id is null or k.business_id = b.id))
$$;

do $$
declare
  f regprocedure;
begin
  foreach f in array array['switchboard.my_restricted_org_ids()', 'switchboard.my_assigned_conversation_ids()',
    'switchboard.my_assigned_contact_ids()', 'switchboard.my_writable_business_ids()', 'switchboard.my_managed_business_ids()']::regprocedure[] loop
    execute format('alter function %s owner to switchboard_definer', f);
    execute format('grant execute on function %s to authenticated, switchboard_worker, switchboard_definer', f);
  end loop;
end $$;

-- An agent of such an organization sees a row when it belongs to a conversation, or a contact, of the agent's own.
do $$
declare
  t record;
begin
  for t in
    select * from (values ('conversations', 'id', 'conversation'), ('messages', 'conversation_id', 'conversation'),
      ('ai_turns', 'conversation_id', 'conversation'), ('ai_responses', 'conversation_id', 'conversation'),
      ('ai_errors', 'conversation_id', 'conversation'), ('send_attempts', 'conversation_id', 'conversation'),
      ('contacts', 'id', 'contact'), ('contact_identities', 'contact_id', 'contact'), ('campaign_recipients', 'contact_id', 'contact')
    ) as x (name, key, kind)
  loop
    execute format('create policy assigned_only on public.%I as restrictive for select to authenticated
      using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
        or %I = any ((select switchboard.my_assigned_%s_ids())::uuid[]))', t.name, t.key, t.kind);
  end loop;
end $$;
create policy assigned_only on public.media_files as restrictive for select to authenticated
  using (org_id <> all ((select switchboard.my_restricted_org_ids())::uuid[])
    or exists (select from public.messages m where m.id = message_id));

-- Acting needs the right to: a client's own viewer looks, and nothing else.
create or replace function switchboard.own_conversation(p_id uuid) returns public.conversations
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
begin
  select * into talk from public.conversations v
  where v.id = p_id and v.business_id = any (switchboard.my_business_ids())
    and (v.org_id <> all (switchboard.my_restricted_org_ids()) or v.id = any (switchboard.my_assigned_conversation_ids()))
  for no key update;
  if not found then
    raise exception 'There is no such conversation.' using errcode = 'SB404', detail = jsonb_build_object('conversation_id', p_id)::text;
  elsif talk.business_id <> all (switchboard.my_writable_business_ids()) then
    raise exception 'You may look at this workspace, but not act in it.' using errcode = 'SB403',
      detail = jsonb_build_object('business_id', talk.business_id)::text;
  end if;
  return talk;
end $$;

create function switchboard.own_writable_business(p_id uuid) returns uuid
  language plpgsql stable set search_path = '' as $$
begin
  if p_id is null or p_id <> all (switchboard.my_business_ids()) then
    raise exception 'There is no such workspace.' using errcode = 'SB404', detail = jsonb_build_object('business_id', p_id)::text;
  elsif p_id <> all (switchboard.my_writable_business_ids()) then
    raise exception 'You may look at this workspace, but not act in it.' using errcode = 'SB403',
      detail = jsonb_build_object('business_id', p_id)::text;
  end if;
  return p_id;
end $$;

-- Arms what has waited in a workspace whose AI may speak again. Returns [{ conversation_id, due_in_ms }], newest first.
create function switchboard.arm_workspace(p_business_id uuid) returns jsonb
  language sql set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('conversation_id', armed.id, 'due_in_ms', armed.due_in_ms)), '[]')
  from (
    select w.id, switchboard.arm(w.id) as due_in_ms from (
      select v.id from public.conversations v
      where v.business_id = p_business_id and v.status = 'ai_handling' and v.ai_due_at is null and v.inbound_version > v.answered_version
      order by v.last_message_at desc limit 1000) w
  ) armed
  where armed.due_in_ms is not null
$$;

-- p: { conversation_id | business_id, enabled }. `wakes`: conversations of a workspace that are due again.
create or replace function switchboard.set_ai_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  business uuid;
  enabled boolean := (p ->> 'enabled')::boolean;
  wake integer;
begin
  if p ->> 'conversation_id' is not null then
    talk := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
    update public.conversations set ai_enabled = enabled where id = talk.id and ai_enabled <> enabled;
    wake := switchboard.arm(talk.id);
    return switchboard.conversation_view(talk.id) || jsonb_build_object('wake', wake);
  end if;
  business := switchboard.own_writable_business((p ->> 'business_id')::uuid);
  update public.businesses set ai_enabled = enabled where id = business and ai_enabled <> enabled;
  return jsonb_build_object('business_id', business, 'ai_enabled', enabled,
    'wakes', case when enabled then switchboard.arm_workspace(business) else '[]' end);
end $$;

create or replace function switchboard.resolve_alert_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  one public.alerts;
begin
  select * into one from public.alerts a where a.id = (p ->> 'alert_id')::uuid
    and (a.business_id = any (switchboard.my_business_ids()) or (a.business_id is null and a.org_id = any (switchboard.my_org_ids())))
  for no key update;
  if not found then
    raise exception 'There is no such alert.' using errcode = 'SB404', detail = jsonb_build_object('alert_id', p ->> 'alert_id')::text;
  elsif one.business_id is not null then
    perform switchboard.own_writable_business(one.business_id);
  end if;
  if one.resolved_at is not null then
    raise exception 'This alert has been resolved already.' using errcode = 'SB409',
      detail = jsonb_build_object('current', switchboard.alert_view(one))::text;
  end if;
  update public.alerts set resolved_at = now(), resolved_by = switchboard.acting_member(one.org_id) where id = one.id returning * into one;
  return switchboard.alert_view(one);
end $$;

-- ---- what it means -----------------------------------------------------------------------------------------------------

-- Whether the statement comes through a door, and not from our own functions: those take another role.
create function switchboard.at_door() returns boolean
  language sql stable set search_path = '' as $$ select current_setting('role', true) in ('authenticated', 'service_role') $$;

-- Notes for the Worker, which asks after the statement, that this conversation has something to do in so many milliseconds.
create function switchboard.touch_conversation(p_id uuid, p_due_in_ms integer) returns void
  language sql set search_path = '' as $$
  select set_config('switchboard.touched', concat_ws(' ', nullif(current_setting('switchboard.touched', true), ''), p_id || ':' || p_due_in_ms), true)
$$;

-- The conversation that a row written at the door is about, locked. The service role reaches all of them.
create function switchboard.door_conversation(p_id uuid) returns public.conversations
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
begin
  if current_setting('role', true) <> 'service_role' then
    return switchboard.own_conversation(p_id);
  end if;
  select * into talk from public.conversations where id = p_id for no key update;
  if not found then
    raise exception 'There is no such conversation.' using errcode = 'SB404', detail = jsonb_build_object('conversation_id', p_id)::text;
  end if;
  return talk;
end $$;

-- A message written at the door is a person's, and is sent: the same gate, the same journal, the same taking over as by
-- the command. What the gate refuses is refused here, and no row is left.
create function switchboard.door_message() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  talk public.conversations := switchboard.door_conversation(new.conversation_id);
  kind text := case when new.media_url is null then 'text' when new.media_type like 'image/%' then 'image' when new.media_type like 'audio/%' then 'audio'
    when new.media_type like 'video/%' then 'video' else 'document' end;
  member uuid := switchboard.acting_member(talk.org_id);
  verdict jsonb;
begin
  if new.direction <> 'outbound' or new.sender_type <> 'agent' then
    raise exception 'Only a person''s message can be written here: direction "outbound", sender_type "agent".' using errcode = 'SB400',
      hint = 'What customers and the AI say is written by the system.';
  elsif trim(new.content) = '' and new.media_url is null then
    raise exception 'There is nothing to send.' using errcode = 'SB400', hint = 'Give content, or media_url with media_type.';
  elsif new.media_url !~ '^https://' then
    raise exception 'media_url must be an https address that the provider can fetch.' using errcode = 'SB400';
  end if;
  verdict := switchboard.gate_v1(talk.id, kind, 'person');
  if not (verdict ->> 'allowed')::boolean then
    raise exception '%', verdict ->> 'reason' using errcode = 'SB422',
      detail = jsonb_build_object('rule', verdict ->> 'rule', 'allowed_at', verdict -> 'allowed_at')::text,
      hint = 'The command may-i-send tells in advance what would be refused.';
  end if;
  perform switchboard.take_over(talk.id, member);
  -- a statement within a trigger does not fire the trigger that does this
  update public.conversations v set epoch = v.epoch + 1 where v.contact_id = talk.contact_id and v.id <> talk.id and v.status <> 'resolved';
  new.org_id := talk.org_id;
  new.business_id := talk.business_id;
  new.channel_id := talk.channel_id;
  new.contact_id := talk.contact_id;
  new.sender_id := member;
  new.created_by := auth.uid();
  new.type := kind;
  new.origin := 'api';
  new.payload := case when kind = 'text' then jsonb_build_object('type', 'text', 'text', new.content)
    else jsonb_strip_nulls(jsonb_build_object('type', kind, 'link', new.media_url, 'caption', nullif(trim(new.content), ''))) end;
  new.delivery_status := 'queued';
  new.is_draft := false;
  new.read := true;
  new.created_at := clock_timestamp();
  select v.message_seq into new.seq from public.conversations v where v.id = talk.id;
  return new;
end $$;

create function switchboard.door_message_written() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  perform switchboard.enqueue_attempt(new);
  perform switchboard.touch_conversation(new.conversation_id, 0);
  return null;
end $$;

-- Taking, giving back and resolving, as the commands do it: an assignee must work here, whoever is assigned has it, and what
-- is given back to the AI belongs to nobody.
create function switchboard.door_conversation_changing() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if new.assigned_to is distinct from old.assigned_to and new.assigned_to is not null then
    if not exists (
      select from public.team_members m where m.id = new.assigned_to and m.org_id = new.org_id and m.active and m.deleted_at is null
        and (m.org_role in ('owner', 'admin')
          or exists (select from public.team_assignments a where a.team_member_id = m.id and a.business_id = new.business_id))) then
      raise exception 'There is no such team member in this workspace.' using errcode = 'SB422',
        detail = jsonb_build_object('team_member_id', new.assigned_to)::text;
    end if;
    if new.status = old.status then
      new.status := 'assigned';
    end if;
  end if;
  if new.status = 'ai_handling' then
    new.assigned_to := null;
  elsif new.status = 'assigned' and new.assigned_to is null then
    new.needs_human_reason := coalesce(new.needs_human_reason, 'unassigned');
    new.needs_human_since := coalesce(new.needs_human_since, clock_timestamp());
  elsif new.status = 'resolved' then
    new.answered_version := new.inbound_version;
  end if;
  return new;
end $$;

create function switchboard.door_conversation_changed() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  due_in_ms integer;
begin
  if new.status = 'ai_handling' and new.ai_enabled then
    due_in_ms := switchboard.arm(new.id);
    perform switchboard.touch_conversation(new.id, due_in_ms) where due_in_ms is not null;
  end if;
  return null;
end $$;

create function switchboard.door_business_changed() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  perform switchboard.touch_conversation((woken ->> 'conversation_id')::uuid, (woken ->> 'due_in_ms')::integer)
  from jsonb_array_elements(switchboard.arm_workspace(new.id)) woken;
  return null;
end $$;

do $$
declare
  f regprocedure;
begin
  foreach f in array array['switchboard.door_message()', 'switchboard.door_message_written()', 'switchboard.door_conversation_changing()',
    'switchboard.door_conversation_changed()', 'switchboard.door_business_changed()']::regprocedure[] loop
    execute format('alter function %s owner to switchboard_definer', f);
  end loop;
end $$;

create trigger door_message before insert on public.messages for each row
  when (switchboard.at_door()) execute function switchboard.door_message();
create trigger door_message_written after insert on public.messages for each row
  when (switchboard.at_door()) execute function switchboard.door_message_written();
-- named so as to come before note_human_act, which looks at what is left of the change
create trigger door_changing before update of status, assigned_to, ai_enabled on public.conversations for each row
  when (switchboard.at_door() and pg_trigger_depth() = 0) execute function switchboard.door_conversation_changing();
create trigger door_changed after update of status, assigned_to, ai_enabled on public.conversations for each row
  when (switchboard.at_door() and pg_trigger_depth() = 0) execute function switchboard.door_conversation_changed();
create trigger door_changed after update of ai_enabled on public.businesses for each row
  when (switchboard.at_door() and new.ai_enabled and not old.ai_enabled) execute function switchboard.door_business_changed();

grant execute on function switchboard.at_door() to authenticated, service_role, switchboard_worker, switchboard_definer;
grant execute on function switchboard.own_writable_business(uuid), switchboard.arm_workspace(uuid), switchboard.touch_conversation(uuid, integer),
  switchboard.door_conversation(uuid) to switchboard_worker, switchboard_definer;

-- ---- rights ------------------------------------------------------------------------------------------------------------

create policy member_insert on public.messages for insert to authenticated
  with check (business_id = any ((select switchboard.my_writable_business_ids())::uuid[]));
grant insert (id, conversation_id, business_id, org_id, direction, sender_type, content, media_url, media_type)
  on public.messages to authenticated, service_role;

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('messages', 'my_writable_business_ids', 'business_id', 'read'),
      ('conversations', 'my_writable_business_ids', 'business_id', 'status, assigned_to, ai_enabled'),
      ('contacts', 'my_writable_business_ids', 'business_id', 'name, tags, notes, email, avatar_url'),
      ('businesses', 'my_managed_business_ids', 'id', 'name, ai_enabled, ai_system_prompt, ai_model, ai_temperature, settings'),
      ('channels', 'my_managed_business_ids', 'business_id', 'label, active, ai_prompt_override, ai_delay_seconds, ai_max_wait_seconds,
        ai_confidence_threshold, ai_auto_send, strict_order_seconds'),
      ('organizations', 'my_admin_org_ids', 'id', 'name, branding, settings, ai_confidence_threshold, monthly_ai_budget_usd, agents_see_assigned_only')
    ) as x (name, reach, key, columns)
  loop
    execute format('drop policy if exists member_update on public.%I', t.name);
    execute format('create policy member_update on public.%1$I for update to authenticated
      using (%2$I = any ((select switchboard.%3$I())::uuid[])) with check (%2$I = any ((select switchboard.%3$I())::uuid[]))', t.name, t.key, t.reach);
    execute format('grant update (%s) on public.%I to authenticated, service_role', t.columns, t.name);
  end loop;
end $$;
grant select (agents_see_assigned_only) on public.organizations to authenticated, service_role;

-- Settings of the whole installation: read by members where they are marked, written by the service role.
alter table public.app_config add column readable boolean not null default false;
update public.app_config set readable = true where key like 'plan.%' or key in ('ai.late_after_seconds', 'handoff.escalate_after_seconds');
create policy member on public.app_config for select to authenticated using (readable and cardinality((select switchboard.my_org_ids())::uuid[]) > 0);
grant select on public.app_config to authenticated;
grant select, insert, update, delete on public.app_config to service_role;
