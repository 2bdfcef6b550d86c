-- Telnyx: an account is an organization's, and its webhooks are signed with a key of its own.

-- What the owner of a webhook address or of a provider's account has given us to verify with. p: { provider, account,
-- webhook_secret }: the account as the webhook names it, and the secret in its address, null where it has none. Returns
-- { secrets: [{ column, row, value }] }, sealed, or null when nobody here is meant.
create or replace function switchboard.webhook_secrets_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('secrets', jsonb_agg(distinct s.secret))
  from (
    select jsonb_build_object('column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token) as secret
    from public.twilio_accounts t
    join public.businesses b on b.id = t.business_id
    join public.organizations o on o.id = t.org_id
    where p ->> 'provider' = 'twilio' and t.account_sid = p ->> 'account' and t.is_configured
      and (p ->> 'webhook_secret' is null or p ->> 'webhook_secret' in (o.webhook_secret, b.webhook_secret::text))
    union all
    select jsonb_build_object('column', 'organizations.telnyx_public_key_encrypted', 'row', o.id,
      'value', convert_from(o.telnyx_public_key_encrypted, 'UTF8'))
    from public.organizations o
    where p ->> 'provider' = 'telnyx' and o.webhook_secret = p ->> 'webhook_secret' and o.telnyx_public_key_encrypted is not null) s
  having count(*) > 0
$$;

-- What a channel's sends are authorised with, sealed, where that is not the channel's own access token. `webhook_secret`:
-- of the address that the message's statuses go to, where a message names one.
create or replace function switchboard.channel_secret(c public.channels) returns jsonb
  language sql stable set search_path = '' as $$
  select case c.provider
    when 'twilio' then (
      select jsonb_build_object('column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token)
      from public.twilio_accounts t
      where t.business_id = c.business_id and c.phone_number_id like t.account_sid || '/%')
    when 'telnyx' then (
      select jsonb_build_object('column', 'organizations.telnyx_api_key_encrypted', 'row', o.id,
        'value', convert_from(o.telnyx_api_key_encrypted, 'UTF8'), 'webhook_secret', o.webhook_secret)
      from public.organizations o where o.id = c.org_id and o.telnyx_api_key_encrypted is not null)
  end
$$;

-- A number of Telnyx's is named `<organization>/<number>`, so that nobody receives what another organization's key signs.
create function switchboard.own_telnyx_number() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.phone_number_id !~ ('^' || new.org_id || '/\+[1-9][0-9]{6,14}$') then
    raise exception 'A Telnyx number is named by its organization''s id, a slash and the number with its plus.' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger own_telnyx_number before insert or update of provider, phone_number_id, org_id on public.channels
  for each row when (new.provider = 'telnyx' and new.phone_number_id is not null)
  execute function switchboard.own_telnyx_number();

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
