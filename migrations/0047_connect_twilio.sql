-- A workspace's Twilio account, connected in one statement with the numbers that it brings.

-- p: { org_id, business_id, id, account_sid, auth_token, webhook_type, origin, numbers: [{ sid, phone_number, friendly_name,
-- capabilities }] }; the token is sealed for `id`, and Twilio has taken it a moment ago. Numbers of an account that was
-- connected before are switched off. Returns { webhook_url, channels: [{ channel_id, phone_number }] }
create function switchboard.connect_twilio_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  account text := p ->> 'account_sid';
  business public.businesses := (select b from public.businesses b where b.id = (p ->> 'business_id')::uuid and b.org_id = org);
  address text;
begin
  if business.id is null then
    raise exception 'There is no such workspace in this organization.' using errcode = 'SB404';
  end if;
  address := (p ->> 'origin') || case p ->> 'webhook_type'
    when 'per-number' then format('/webhooks/twilio/%s/sms', business.webhook_secret) else '/webhooks/twilio/sms' end;
  insert into public.twilio_accounts as t (id, org_id, business_id, account_sid, auth_token, webhook_type, webhook_url, is_configured)
  values ((p ->> 'id')::uuid, org, business.id, account, p ->> 'auth_token', p ->> 'webhook_type',
    -- members see this column; an address with a secret in it is not for them
    case p ->> 'webhook_type' when 'global' then address end, true)
  on conflict (business_id) do update set id = excluded.id, account_sid = excluded.account_sid, auth_token = excluded.auth_token,
    webhook_type = excluded.webhook_type, webhook_url = excluded.webhook_url, is_configured = true;

  update public.channels c set active = false
  where c.business_id = business.id and c.provider = 'twilio' and c.active and c.phone_number_id not like account || '/%';
  update public.channels c set active = true, auth_state = 'ok', auth_state_reason = null, twilio_sid = n ->> 'sid',
    capabilities = n -> 'capabilities'
  from jsonb_array_elements(p -> 'numbers') n
  where c.business_id = business.id and c.provider = 'twilio' and c.phone_number_id = account || '/' || (n ->> 'phone_number')
    and c.id = (select l.id from public.channels l where l.business_id = business.id and l.provider = 'twilio'
      and l.phone_number_id = c.phone_number_id order by l.active desc, l.created_at desc limit 1);
  insert into public.channels (org_id, business_id, provider, platform, phone_number, phone_number_id, label, twilio_sid, capabilities)
  select org, business.id, 'twilio', 'sms', n ->> 'phone_number', account || '/' || (n ->> 'phone_number'),
    coalesce(nullif(n ->> 'friendly_name', ''), 'Main'), n ->> 'sid', n -> 'capabilities'
  from jsonb_array_elements(p -> 'numbers') n
  where not exists (select from public.channels c where c.business_id = business.id and c.provider = 'twilio'
    and c.phone_number_id = account || '/' || (n ->> 'phone_number'));
  return jsonb_build_object('webhook_url', address, 'channels', (
    select coalesce(jsonb_agg(jsonb_build_object('channel_id', c.id, 'phone_number', c.phone_number) order by c.phone_number), '[]')
    from public.channels c join jsonb_array_elements(p -> 'numbers') n on c.phone_number_id = account || '/' || (n ->> 'phone_number')
    where c.business_id = business.id and c.provider = 'twilio' and c.active));
exception when unique_violation then
  raise exception 'A number of this account is in use by another workspace. Switch it off there first.' using errcode = 'SB409';
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
