-- Telephony at Telnyx, set up step by step: what was made there is written down one by one, so that a run that broke off goes
-- on where it was, and undoing removes what was made and nothing else.

-- One thing at Telnyx. `made`: by us, so that undoing removes it; else `before` is what it was connected with. `lease` is no
-- thing, but who is at work.
create table switchboard.provisioning_steps (
  org_id uuid not null references public.organizations on delete cascade,
  step text not null,
  resource_id text,
  made boolean not null default false,
  before jsonb,
  error text,
  updated_at timestamptz not null default now(),
  primary key (org_id, step)
);
alter table switchboard.provisioning_steps enable row level security;
alter table switchboard.provisioning_steps force row level security;
create policy worker on switchboard.provisioning_steps to switchboard_worker using (true) with check (true);
grant select, insert, update, delete on switchboard.provisioning_steps to switchboard_worker;

create or replace function switchboard.integration_status(p_org uuid) returns jsonb
  language sql stable set search_path = '' as $$
  select jsonb_build_object('org_id', o.id,
    'ultravox', jsonb_build_object('connected', o.ultravox_api_key_encrypted is not null,
      'key_added_at', o.ultravox_api_key_added_at, 'key_validated_at', o.ultravox_api_key_validated_at),
    'telnyx', jsonb_build_object('connected', o.telnyx_api_key_encrypted is not null,
      'key_added_at', o.telnyx_api_key_added_at, 'key_validated_at', o.telnyx_api_key_validated_at,
      'application_id', o.telnyx_application_id, 'outbound_profile_id', o.telnyx_outbound_profile_id,
      'steps', (select coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'resource_id', s.resource_id,
          'state', case when s.error is not null then 'failed' when s.resource_id is null then 'under_way' else 'done' end,
          'error', s.error, 'at', s.updated_at) order by s.updated_at, s.step), '[]')
        from switchboard.provisioning_steps s where s.org_id = o.id and s.step <> 'lease')),
    'twilio', (select coalesce(jsonb_agg(jsonb_build_object('business_id', t.business_id, 'account_sid', t.account_sid,
        'connected', t.is_configured, 'webhook_type', t.webhook_type) order by t.created_at, t.id), '[]')
      from public.twilio_accounts t where t.org_id = o.id),
    'telephony_configured', o.telephony_configured)
  from public.organizations o where o.id = p_org
$$;

-- p: { org_id, business_id or null, lease }. What there is to go on from, for whom nobody else is at work: a lease of two
-- minutes, which the next step renews. Returns { api_key (sealed) or null, webhook_secret, steps }.
create function switchboard.begin_provisioning_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
begin
  if p ->> 'business_id' is not null
    and not exists (select from public.businesses b where b.id = (p ->> 'business_id')::uuid and b.org_id = org) then
    raise exception 'The organization has no such business.' using errcode = 'SB404';
  end if;
  insert into switchboard.provisioning_steps as s (org_id, step, resource_id) values (org, 'lease', p ->> 'lease')
  on conflict (org_id, step) do update set resource_id = excluded.resource_id, updated_at = now()
  where s.updated_at < now() - interval '2 minutes';
  if not found then
    raise exception 'Telephony is being set up or removed at this moment. Look again in two minutes.' using errcode = 'SB409';
  end if;
  return (select jsonb_build_object('webhook_secret', o.webhook_secret, 'api_key', convert_from(o.telnyx_api_key_encrypted, 'UTF8'),
    'steps', (select coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'resource_id', s.resource_id, 'made', s.made, 'before', s.before)), '[]')
      from switchboard.provisioning_steps s where s.org_id = org and s.step <> 'lease'))
    from public.organizations o where o.id = org);
end $$;

-- Only who holds the lease writes: whoever lost it has been overtaken.
create function switchboard.hold_provisioning(p jsonb) returns uuid
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.own_org((p ->> 'org_id')::uuid);
begin
  update switchboard.provisioning_steps set updated_at = now() where org_id = org and step = 'lease' and resource_id = p ->> 'lease';
  if not found then
    raise exception 'Somebody else goes on with setting up telephony.' using errcode = 'SB409';
  end if;
  return org;
end $$;

-- p: { org_id, lease, step, resource_id, made, before, error }
create function switchboard.note_provisioning_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.hold_provisioning(p);
  given text := p ->> 'resource_id';
begin
  insert into switchboard.provisioning_steps as s (org_id, step, resource_id, made, before, error)
  values (org, p ->> 'step', given, coalesce((p ->> 'made')::boolean, false), nullif(p -> 'before', 'null'), p ->> 'error')
  on conflict (org_id, step) do update set resource_id = coalesce(excluded.resource_id, s.resource_id),
    made = s.made or excluded.made, before = coalesce(s.before, excluded.before), error = excluded.error, updated_at = clock_timestamp();
  if given is not null and p ->> 'step' in ('call_control_application', 'outbound_voice_profile') then
    update public.organizations set
      telnyx_application_id = case p ->> 'step' when 'call_control_application' then given else telnyx_application_id end,
      telnyx_outbound_profile_id = case p ->> 'step' when 'outbound_voice_profile' then given else telnyx_outbound_profile_id end
    where id = org;
  end if;
  return '{}';
end $$;

-- A thing that is gone. p: { org_id, lease, step }
create function switchboard.forget_provisioning_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.hold_provisioning(p);
begin
  delete from switchboard.provisioning_steps where org_id = org and step = p ->> 'step';
  update public.organizations set telephony_configured = false,
    telnyx_application_id = case p ->> 'step' when 'call_control_application' then null else telnyx_application_id end,
    telnyx_outbound_profile_id = case p ->> 'step' when 'outbound_voice_profile' then null else telnyx_outbound_profile_id end
  where id = org;
  return '{}';
end $$;

-- p: { org_id, lease }: whoever comes next need not wait.
create function switchboard.end_provisioning_v1(p jsonb) returns jsonb
  language sql set search_path = '' as $$
  delete from switchboard.provisioning_steps
  where org_id = (p ->> 'org_id')::uuid and step = 'lease' and resource_id = p ->> 'lease'
    and org_id = any (switchboard.my_admin_org_ids());
  select switchboard.get_integration_status_v1(p)
$$;

-- All is set up: the numbers become channels of the business. p: { org_id, lease, business_id, numbers }
create function switchboard.provision_telephony_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  org uuid := switchboard.hold_provisioning(p);
begin
  insert into public.channels (org_id, business_id, provider, platform, phone_number, phone_number_id)
  select org, (p ->> 'business_id')::uuid, 'telnyx', 'sms', n, org || '/' || n
  from jsonb_array_elements_text(p -> 'numbers') n
  where not exists (select from public.channels c where c.provider = 'telnyx' and c.phone_number_id = org || '/' || n and c.active);
  update public.organizations set telephony_configured = true where id = org and not telephony_configured;
  return switchboard.end_provisioning_v1(p);
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
