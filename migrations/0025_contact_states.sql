-- A dashboard that knows contacts only, and no conversations, writes its words into the contact: "Done" resolves, "Pending"
-- makes wait for a person, "Open" gives back to the AI, and an unread count of 0 reads. The conversations are what changes;
-- the contact's columns follow from them as always.

-- The contact's conversations within the writer's reach, locked in everybody's order.
create function switchboard.door_conversations(p_contact_id uuid) returns setof public.conversations
  language sql set search_path = '' as $$
  select * from public.conversations v
  where v.contact_id = p_contact_id and (current_setting('role', true) = 'service_role'
    or v.org_id <> all (switchboard.my_restricted_org_ids()) or v.id = any (switchboard.my_assigned_conversation_ids()))
  order by v.channel_id, v.contact_id for no key update
$$;

create function switchboard.door_contact_changed() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  reach uuid[];
  newest uuid;
  due_in_ms integer;
  word text := new.conversation_status;
  held text;
begin
  select array_agg(v.id), (array_agg(v.id order by v.last_message_at desc, v.id))[1] into reach, newest
  from switchboard.door_conversations(new.id) v;
  if new.unread_count <> old.unread_count then
    if new.unread_count <> 0 then
      raise exception 'unread_count can be set to 0 only: its lines are read by that.' using errcode = 'SB400';
    end if;
    update public.messages m set read = true where m.conversation_id = any (reach) and m.direction = 'inbound' and not m.read;
  end if;
  if word <> old.conversation_status then
    case word
    when 'Done' then
      update public.conversations set status = 'resolved', answered_version = inbound_version
      where id = any (reach) and status <> 'resolved';
    when 'Pending' then
      update public.conversations v set status = 'assigned', needs_human_reason = coalesce(v.needs_human_reason, 'unassigned'),
        needs_human_since = coalesce(v.needs_human_since, clock_timestamp())
      where v.id = any (reach) and (v.status = 'ai_handling' or v.id = newest and v.status = 'resolved'
        and not exists (select from public.conversations o where o.id = any (reach) and o.status <> 'resolved'));
    else
      update public.conversations set status = 'ai_handling', assigned_to = null where id = newest and status <> 'ai_handling';
      due_in_ms := switchboard.arm(newest);
      perform switchboard.touch_conversation(newest, due_in_ms) where due_in_ms is not null;
    end case;
  end if;
  -- what was written is not what holds: what follows from the conversations is
  select case when coalesce(bool_or(v.status = 'ai_handling'), true) then 'Open' when bool_or(v.status = 'assigned') then 'Pending' else 'Done' end
  into held from public.conversations v where v.contact_id = new.id;
  if word <> old.conversation_status and held <> word then
    raise exception 'This contact has no conversation of yours that would make it "%".', word using errcode = 'SB422',
      detail = jsonb_build_object('conversation_status', held)::text;
  end if;
  update public.contacts c set conversation_status = held, unread_count = (
    select coalesce(sum(v.unread_count), 0)::integer from public.conversations v where v.contact_id = c.id)
  where c.id = new.id;
  return null;
end $$;
alter function switchboard.door_contact_changed() owner to switchboard_definer;
create trigger door_contact_changed after update of conversation_status, unread_count on public.contacts for each row
  when (pg_trigger_depth() = 0 and current_setting('role', true) in ('authenticated', 'service_role')
    and (new.conversation_status, new.unread_count) is distinct from (old.conversation_status, old.unread_count))
  execute function switchboard.door_contact_changed();
grant update (conversation_status, unread_count) on public.contacts to authenticated, service_role;
grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
