-- The secret in an organization's webhook addresses is replaced without losing a webhook: the one before counts for a while.

create table switchboard.former_webhook_secrets (
  secret text primary key,
  org_id uuid not null references public.organizations on delete cascade,
  valid_until timestamptz not null
);
create index former_webhook_secrets_org on switchboard.former_webhook_secrets (org_id);
alter table switchboard.former_webhook_secrets enable row level security;
alter table switchboard.former_webhook_secrets force row level security;
create policy worker on switchboard.former_webhook_secrets to switchboard_worker using (true) with check (true);
grant select, insert, delete on switchboard.former_webhook_secrets to switchboard_worker;

-- Whose address has this secret: as it is now, or was until lately.
create function switchboard.org_of_webhook_secret(p_secret text) returns uuid
  language sql stable set search_path = '' as $$
  select coalesce((select o.id from public.organizations o where o.webhook_secret = p_secret),
    (select f.org_id from switchboard.former_webhook_secrets f where f.secret = p_secret and f.valid_until > now()))
$$;

create or replace function switchboard.webhook_secrets_v1(p jsonb) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('secrets', jsonb_agg(distinct s.secret))
  from (
    select jsonb_build_object('column', 'twilio_accounts.auth_token', 'row', t.id, 'value', t.auth_token) as secret
    from public.twilio_accounts t
    join public.businesses b on b.id = t.business_id
    join public.organizations o on o.id = t.org_id
    where p ->> 'provider' = 'twilio' and t.account_sid = p ->> 'account' and t.is_configured
      and (p ->> 'webhook_secret' is null or p ->> 'webhook_secret' = b.webhook_secret::text or o.id = switchboard.org_of_webhook_secret(p ->> 'webhook_secret'))
    union all
    select jsonb_build_object('column', 'organizations.telnyx_public_key_encrypted', 'row', o.id,
      'value', convert_from(o.telnyx_public_key_encrypted, 'UTF8'))
    from public.organizations o
    where p ->> 'provider' = 'telnyx' and o.id = switchboard.org_of_webhook_secret(p ->> 'webhook_secret') and o.telnyx_public_key_encrypted is not null
    union all
    select jsonb_build_object('column', 'organizations.ultravox_api_key_encrypted', 'row', o.id,
      'value', convert_from(o.ultravox_api_key_encrypted, 'UTF8'))
    from public.organizations o
    where p ->> 'provider' = 'ultravox' and o.id = switchboard.org_of_webhook_secret(p ->> 'webhook_secret') and o.ultravox_api_key_encrypted is not null) s
  having count(*) > 0
$$;

-- p: { org_id, overlap_hours }. A new secret for the organization's webhook addresses. Returns { org_id, former_valid_until }.
create function switchboard.rotate_webhook_secret_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
  until timestamptz := now() + make_interval(hours => (p ->> 'overlap_hours')::integer);
begin
  delete from switchboard.former_webhook_secrets where org_id = org and valid_until <= now();
  insert into switchboard.former_webhook_secrets (secret, org_id, valid_until)
  select o.webhook_secret, o.id, until from public.organizations o where o.id = org;
  update public.organizations set webhook_secret = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') where id = org;
  return jsonb_build_object('org_id', org, 'former_valid_until', until);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
