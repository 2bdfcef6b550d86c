-- The same rows under the names that other dashboards know. Every view asks with the caller's own rights. A sealed column
-- has its name here and always shows null: reading a view takes rights on every column it touches, and this one has none.

create view public.agencies with (security_invoker = true) as
select id, name, slug, null::bytea as ultravox_api_key_encrypted, ultravox_api_key_added_at, ultravox_api_key_validated_at,
  null::bytea as telnyx_api_key_encrypted, null::bytea as telnyx_public_key_encrypted,
  null::bytea as telnyx_account_sid_encrypted, telnyx_api_key_added_at, telnyx_api_key_validated_at, telnyx_application_id,
  telnyx_outbound_profile_id, telephony_configured, null::varchar(64) as webhook_secret, branding, settings, created_at, updated_at
from public.organizations;

create view public.clients with (security_invoker = true) as
select id, org_id as agency_id, name, settings, is_active, created_at, updated_at
from public.businesses;

-- A member with a role in the organization is agency staff; one without is a client's own user, once for each business.
create view public.users with (security_invoker = true) as
select m.user_id as id, m.org_id as agency_id, null::uuid as client_id,
  (case m.org_role when 'owner' then 'agency_owner' else 'agency_member' end)::public.user_role as role,
  m.email, m.name as full_name, m.name, m.avatar_url, m.settings, m.active and m.deleted_at is null as is_active,
  m.created_at, m.updated_at, m.last_login_at
from public.team_members m
where m.org_role is not null
union all
select m.user_id, null::uuid, a.business_id,
  (case when a.role in ('admin', 'client_admin') then 'client_admin' else 'client_viewer' end)::public.user_role,
  m.email, m.name, m.name, m.avatar_url, m.settings, m.active and m.deleted_at is null,
  m.created_at, m.updated_at, m.last_login_at
from public.team_members m join public.team_assignments a on a.team_member_id = m.id
where m.org_role is null;

-- `api_key` names the workspace's newest key; the key itself is only ever shown when it is made.
create view public.workspaces with (security_invoker = true) as
select b.id, b.slug, b.name,
  (select k.id from public.api_keys k where k.business_id = b.id and k.revoked_at is null order by k.created_at desc limit 1) as api_key,
  null::uuid as webhook_secret, b.settings, b.created_at, b.updated_at
from public.businesses b;

create view public.workspace_members with (security_invoker = true) as
select b.id as workspace_id, m.user_id, m.id as team_member_id,
  case m.org_role when 'owner' then 'OWNER' else 'ADMIN' end as role, m.created_at
from public.businesses b join public.team_members m on m.org_id = b.org_id
where m.org_role in ('owner', 'admin') and m.deleted_at is null
union all
select a.business_id, m.user_id, m.id, case when a.role in ('admin', 'client_admin') then 'ADMIN' else 'MEMBER' end, a.created_at
from public.team_assignments a join public.team_members m on m.id = a.team_member_id
where coalesce(m.org_role, 'agent') = 'agent' and m.deleted_at is null;

create view public.phone_numbers with (security_invoker = true) as
select id, business_id as workspace_id, phone_number_id, waba_id, phone_number, label as display_name,
  null::text as access_token, active, created_at, updated_at
from public.channels where provider = 'meta';

create view public.twilio_numbers with (security_invoker = true) as
select id, business_id as workspace_id, phone_number, twilio_sid, label as friendly_name, capabilities, created_at, updated_at
from public.channels where provider = 'twilio';

create view public.workspace_twilio_config with (security_invoker = true) as
select id, business_id as workspace_id, account_sid, null::text as auth_token, webhook_url, webhook_type,
  is_configured, created_at, updated_at
from public.twilio_accounts;

create view public.campaign_messages with (security_invoker = true) as
select id, campaign_id, contact_id, message_id, state as status, created_at, updated_at
from public.campaign_recipients;

-- A conversation as a 24-hour support window.
create view public.support_windows with (security_invoker = true) as
select id, business_id as workspace_id, channel_id as phone_number_id, contact_id,
  case
    when status = 'resolved' then 'CLOSED'
    when window_expires_at is null or window_expires_at <= now() then 'EXPIRED'
    else 'OPEN'
  end as status,
  window_expires_at, last_message_at
from public.conversations;

grant select on public.agencies, public.clients, public.users, public.workspaces, public.workspace_members,
  public.phone_numbers, public.twilio_numbers, public.workspace_twilio_config, public.campaign_messages,
  public.support_windows to authenticated, service_role;
