-- Switching a workspace's AI on wakes the conversations that have waited, like switching on a single one does.

-- p: { conversation_id | business_id, enabled }. `wakes`: conversations of a workspace that are due again, newest first.
create or replace function switchboard.set_ai_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  talk public.conversations;
  business uuid := (p ->> 'business_id')::uuid;
  enabled boolean := (p ->> 'enabled')::boolean;
  wake integer;
  wakes jsonb := '[]';
begin
  if p ->> 'conversation_id' is not null then
    talk := switchboard.own_conversation((p ->> 'conversation_id')::uuid);
    update public.conversations set ai_enabled = enabled where id = talk.id and ai_enabled <> enabled;
    wake := switchboard.arm(talk.id);
    return switchboard.conversation_view(talk.id) || jsonb_build_object('wake', wake);
  end if;
  if not business = any (switchboard.my_business_ids()) then
    raise exception 'There is no such workspace.' using errcode = 'SB404', detail = jsonb_build_object('business_id', business)::text;
  end if;
  update public.businesses set ai_enabled = enabled where id = business and ai_enabled <> enabled;
  if enabled then
    -- lines that nobody has answered meanwhile; old ones become drafts
    select coalesce(jsonb_agg(jsonb_build_object('conversation_id', armed.id, 'due_in_ms', armed.due_in_ms)), '[]') into wakes
    from (
      select w.id, switchboard.arm(w.id) as due_in_ms from (
        select v.id from public.conversations v
        where v.business_id = business and v.status = 'ai_handling' and v.ai_due_at is null and v.inbound_version > v.answered_version
        order by v.last_message_at desc limit 1000) w
    ) armed
    where armed.due_in_ms is not null;
  end if;
  return jsonb_build_object('business_id', business, 'ai_enabled', enabled, 'wakes', wakes);
end $$;
