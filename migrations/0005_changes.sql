-- What follows from a row change, whoever made it: the outbox, the counters, the epoch.

-- Writes one outbox row a changed row. Arguments: columns that are left out because they are large or secret.
-- The record of a deleted row is its primary key only.
create function switchboard.capture() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  leave_out text[];
begin
  if tg_op = 'DELETE' then
    insert into switchboard.outbox (org_id, table_name, operation, record)
    select case tg_table_name when 'organizations' then (r ->> 'id')::uuid else (r ->> 'org_id')::uuid end,
      tg_table_name, tg_op, jsonb_build_object('id', r -> 'id')
    from (select to_jsonb(o) as r from old_rows o) d;
  -- an upsert fires for both of its halves, and so does a statement that touches no row
  elsif exists (select from new_rows) then
    leave_out := array(
      select s.column_name from switchboard.sealed_columns s where s.table_name = tg_table_name) || tg_argv::text[];
    insert into switchboard.outbox (org_id, table_name, operation, record)
    select case tg_table_name when 'organizations' then (r ->> 'id')::uuid else (r ->> 'org_id')::uuid end,
      tg_table_name, tg_op, r - leave_out
    from (select to_jsonb(n) as r from new_rows n) c;
  end if;
  return null;
end $$;
alter function switchboard.capture() owner to switchboard_definer;

-- Lets a table join the change feed.
create function switchboard.feed_enable(target regclass, variadic leave_out text[] default '{}') returns void
  language plpgsql set search_path = '' as $$
declare
  arguments text := (select string_agg(quote_literal(c), ', ') from unnest(leave_out) c);
begin
  execute format('create trigger feed_insert after insert on %s referencing new table as new_rows
    for each statement execute function switchboard.capture(%s)', target, arguments);
  execute format('create trigger feed_update after update on %s referencing new table as new_rows
    for each statement execute function switchboard.capture(%s)', target, arguments);
  execute format('create trigger feed_delete after delete on %s referencing old table as old_rows
    for each statement execute function switchboard.capture(%s)', target, arguments);
end $$;

do $$
declare
  t text;
begin
  foreach t in array array['organizations', 'businesses', 'channels', 'contacts', 'conversations', 'team_members',
    'team_assignments', 'templates', 'campaigns', 'media_files'] loop
    perform switchboard.feed_enable(format('public.%I', t)::regclass);
  end loop;
  perform switchboard.feed_enable('public.messages', 'payload', 'embedding', 'request_hash');
end $$;

-- A contact's own counters are those of its conversations: unread lines add up, and the busiest state shows. Contacts are
-- taken in order first: a person's conversations on two channels may change at once, and each must count the other.
create function switchboard.project_contact() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from new_rows) then
    return null;
  end if;
  perform 1 from public.contacts c where c.id in (select n.contact_id from new_rows n) order by c.id for no key update;
  update public.contacts c
  set unread_count = p.unread, conversation_status = p.state
  from (
    select n.contact_id, sum(v.unread_count)::integer as unread,
      case when bool_or(v.status = 'ai_handling') then 'Open' when bool_or(v.status = 'assigned') then 'Pending' else 'Done' end as state
    from (select distinct contact_id from new_rows) n join public.conversations v on v.contact_id = n.contact_id
    group by n.contact_id
  ) p
  where c.id = p.contact_id and (c.unread_count, c.conversation_status) is distinct from (p.unread, p.state);
  return null;
end $$;
alter function switchboard.project_contact() owner to switchboard_definer;
create trigger project_contact_insert after insert on public.conversations referencing new table as new_rows
  for each statement execute function switchboard.project_contact();
create trigger project_contact_update after update on public.conversations referencing new table as new_rows
  for each statement execute function switchboard.project_contact();

-- Reading a line takes it off the conversation's counter. New lines are counted by ingest, which holds the row anyway.
create function switchboard.count_read() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  update public.conversations v set unread_count = greatest(0, v.unread_count - d.now_read)
  from (
    select n.conversation_id, count(*) filter (where n.read and not o.read) - count(*) filter (where o.read and not n.read) as now_read
    from new_rows n join old_rows o using (id)
    where n.direction = 'inbound' and n.read <> o.read
    group by n.conversation_id
  ) d
  where v.id = d.conversation_id;
  return null;
end $$;
alter function switchboard.count_read() owner to switchboard_definer;
create trigger count_read after update on public.messages referencing old table as old_rows new table as new_rows
  for each statement execute function switchboard.count_read();

-- Taking a conversation over, giving it back, resolving it or switching its AI is a human act, through whichever door:
-- it raises the epoch, so a turn that is under way cannot commit. Nobody answers by itself once a person has it.
create function switchboard.note_human_act() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.epoch = old.epoch then
    new.epoch := old.epoch + 1;
  end if;
  if new.status <> 'ai_handling' or not new.ai_enabled then
    new.ai_due_at := null;
    new.ai_waiting_since := null;
  end if;
  -- whoever has a closer reason for the silence gives it in the same update
  if new.ai_blocked_reason is not distinct from old.ai_blocked_reason then
    new.ai_blocked_reason := case
      when new.status <> 'ai_handling' then new.status
      when not new.ai_enabled then 'conversation_ai_off' end;
  end if;
  if new.status <> 'assigned' or new.assigned_to is not null then
    new.needs_human_reason := null;
    new.needs_human_since := null;
    new.escalated_at := null;
  end if;
  return new;
end $$;
create trigger note_human_act before update on public.conversations for each row
  when ((old.status, old.assigned_to, old.ai_enabled) is distinct from (new.status, new.assigned_to, new.ai_enabled))
  execute function switchboard.note_human_act();

-- One person, several channels: a human act on one stops turns on the others too.
create function switchboard.spread_epoch() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  update public.conversations v set epoch = v.epoch + 1
  where v.contact_id = new.contact_id and v.id <> new.id and v.status <> 'resolved';
  return null;
end $$;
alter function switchboard.spread_epoch() owner to switchboard_definer;
create trigger spread_epoch after update on public.conversations for each row
  when (new.epoch > old.epoch and pg_trigger_depth() = 0)
  execute function switchboard.spread_epoch();
-- a conversation that a person began from the phone
create trigger spread_first_epoch after insert on public.conversations for each row
  when (new.epoch > 0 and pg_trigger_depth() = 0)
  execute function switchboard.spread_epoch();

-- Trigger functions run as their owners; nobody calls them.
grant execute on function switchboard.is_sealed(text), switchboard.is_sealed(bytea)
  to authenticated, service_role, switchboard_worker, switchboard_definer;
