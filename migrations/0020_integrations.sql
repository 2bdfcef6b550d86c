-- The providers' accounts that an organization brings along: their keys, sealed, and what is known of them.

create function switchboard.integration_status(p_org uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('org_id', o.id,
    'ultravox', jsonb_build_object('connected', o.ultravox_api_key_encrypted is not null,
      'key_added_at', o.ultravox_api_key_added_at, 'key_validated_at', o.ultravox_api_key_validated_at),
    'telnyx', jsonb_build_object('connected', o.telnyx_api_key_encrypted is not null,
      'key_added_at', o.telnyx_api_key_added_at, 'key_validated_at', o.telnyx_api_key_validated_at,
      'application_id', o.telnyx_application_id, 'outbound_profile_id', o.telnyx_outbound_profile_id),
    'twilio', (select coalesce(jsonb_agg(jsonb_build_object('business_id', t.business_id, 'account_sid', t.account_sid,
        'connected', t.is_configured, 'webhook_type', t.webhook_type) order by t.created_at, t.id), '[]')
      from public.twilio_accounts t where t.org_id = o.id),
    'telephony_configured', o.telephony_configured)
  from public.organizations o where o.id = p_org
$$;

-- p: { org_id }
create function switchboard.get_integration_status_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
begin
  return switchboard.integration_status(switchboard.own_org((p ->> 'org_id')::uuid));
end $$;

-- p: { org_id, api_key }; the key is sealed, and the provider has taken it a moment ago.
create function switchboard.save_ultravox_integration_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
begin
  update public.organizations set ultravox_api_key_encrypted = convert_to(p ->> 'api_key', 'UTF8'),
    ultravox_api_key_added_at = now(), ultravox_api_key_validated_at = now()
  where id = org;
  return switchboard.integration_status(org);
end $$;

-- p: { org_id, api_key, public_key, account_sid }, all sealed.
create function switchboard.store_telnyx_credentials_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
begin
  update public.organizations set telnyx_api_key_encrypted = convert_to(p ->> 'api_key', 'UTF8'),
    telnyx_public_key_encrypted = convert_to(p ->> 'public_key', 'UTF8'), telnyx_account_sid_encrypted = convert_to(p ->> 'account_sid', 'UTF8'),
    telnyx_api_key_added_at = now(), telnyx_api_key_validated_at = now()
  where id = org;
  return switchboard.integration_status(org);
end $$;

-- p: { org_id, provider, business_id }. Forgets a provider's credentials and switches off the numbers that were reached with
-- them; what the customers wrote stays. Doing it again changes nothing.
create function switchboard.remove_integration_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  business uuid := (p ->> 'business_id')::uuid;
begin
  case p ->> 'provider'
    when 'ultravox' then
      update public.organizations set ultravox_api_key_encrypted = null, ultravox_api_key_added_at = null, ultravox_api_key_validated_at = null
      where id = org and ultravox_api_key_encrypted is not null;
    when 'telnyx' then
      update public.organizations set telnyx_api_key_encrypted = null, telnyx_public_key_encrypted = null, telnyx_account_sid_encrypted = null,
        telnyx_api_key_added_at = null, telnyx_api_key_validated_at = null
      where id = org and telnyx_api_key_encrypted is not null;
    when 'twilio' then
      delete from public.twilio_accounts where org_id = org and (business is null or business_id = business);
  end case;
  update public.channels set active = false
  where org_id = org and provider = p ->> 'provider' and active and (business is null or business_id = business or p ->> 'provider' <> 'twilio');
  return switchboard.integration_status(org);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
