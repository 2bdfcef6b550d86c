-- Calls over Twilio, whose accounts are businesses': an event is told for the account that it was verified with.

-- p: as of `call_event_v1`, with `account_id`, the account's row, in the place of `org_id`.
create function switchboard.call_event_of_account_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  select switchboard.call_event_v1(p || jsonb_build_object('org_id', t.org_id))
  from public.twilio_accounts t where t.id = (p ->> 'account_id')::uuid
$$;

grant execute on function switchboard.call_event_of_account_v1(jsonb) to switchboard_worker, switchboard_definer;
