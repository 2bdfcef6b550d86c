-- The tables. Column names follow the field's standard terms; docs/lineage.md says where each comes from.
-- A reference between two tenants' rows is impossible: foreign keys carry the organization and the business.

create function switchboard.touch_updated_at() returns trigger language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;

-- A sealed value is ciphertext made by the Worker: shared/vault/seal.ts writes this form, a CHECK refuses any other.
create function switchboard.is_sealed(value text) returns boolean
  language sql immutable parallel safe set search_path = '' as
  $$ select value ~ '^sealed\.v1\.[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{38,}$' $$;

-- The same text as bytes, for the bytea columns. Compared as bytes: ciphertext need not be valid UTF-8.
create function switchboard.is_sealed(value bytea) returns boolean
  language sql immutable parallel safe set search_path = '' as
  $$ select substring(value from 1 for 10) = '\x7365616c65642e76312e'::bytea and octet_length(value) >= 50 $$;

create type public.user_role as enum ('agency_owner', 'agency_member', 'client_admin', 'client_viewer');

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null,
  plan text not null default 'free' check (plan in ('free', 'growth', 'pro', 'enterprise')),
  monthly_message_limit integer not null default 50 check (monthly_message_limit >= 0),
  messages_used_this_month integer not null default 0 check (messages_used_this_month >= 0),
  stripe_customer_id text,
  ai_confidence_threshold real check (ai_confidence_threshold between 0 and 1),
  monthly_ai_budget_usd numeric(12, 2) check (monthly_ai_budget_usd >= 0),
  ultravox_api_key_encrypted bytea check (switchboard.is_sealed(ultravox_api_key_encrypted)),
  ultravox_api_key_added_at timestamptz,
  ultravox_api_key_validated_at timestamptz,
  telnyx_api_key_encrypted bytea check (switchboard.is_sealed(telnyx_api_key_encrypted)),
  telnyx_public_key_encrypted bytea check (switchboard.is_sealed(telnyx_public_key_encrypted)),
  telnyx_account_sid_encrypted bytea check (switchboard.is_sealed(telnyx_account_sid_encrypted)),
  telnyx_api_key_added_at timestamptz,
  telnyx_api_key_validated_at timestamptz,
  telnyx_application_id varchar(255),
  telnyx_outbound_profile_id varchar(255),
  telephony_configured boolean not null default false,
  webhook_secret varchar(64) not null,
  branding jsonb default '{}',
  settings jsonb default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organizations_slug_unique unique (slug),
  constraint organizations_webhook_secret_unique unique (webhook_secret),
  constraint organizations_name_not_empty check (length(trim(name)) between 1 and 255),
  constraint organizations_slug_format check (slug ~ '^[a-z0-9-]+$' and length(slug) <= 100)
);
create index organizations_created_at on public.organizations (created_at, id);

create function switchboard.set_webhook_secret() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.webhook_secret is null then
    new.webhook_secret := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  end if;
  return new;
end $$;
create trigger set_webhook_secret before insert on public.organizations
  for each row execute function switchboard.set_webhook_secret();

create table public.businesses (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  name text not null check (length(trim(name)) between 1 and 255),
  slug text not null check (slug ~ '^[a-z0-9-]+$'),
  ai_enabled boolean not null default true,
  ai_system_prompt text,
  ai_model text not null default 'gemini-2.5-flash',
  ai_temperature real not null default 0.7 check (ai_temperature between 0 and 1),
  settings jsonb default '{}',
  is_active boolean not null default true,
  webhook_secret uuid not null default gen_random_uuid() unique,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, slug),
  unique (org_id, id)
);
create index businesses_active on public.businesses (org_id, is_active);
create index businesses_created_at on public.businesses (created_at, id);

create table public.team_members (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  name text not null,
  email text not null check (length(trim(email)) > 0),
  -- null: no role in the organization, only in the businesses that `team_assignments` names
  org_role text default 'agent' check (org_role in ('owner', 'admin', 'agent')),
  active boolean not null default true,
  deleted_at timestamptz,
  avatar_url text,
  settings jsonb default '{}',
  permissions jsonb not null default '{}',
  onboarding_completed boolean not null default false,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, id)
);
create unique index team_members_user on public.team_members (user_id, org_id) where deleted_at is null;
create index team_members_email on public.team_members (email);
create index team_members_list on public.team_members (org_id, created_at, id);

create table public.team_assignments (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  team_member_id uuid not null,
  business_id uuid not null,
  role text not null default 'agent' check (role in ('admin', 'agent', 'client_admin', 'client_viewer')),
  created_at timestamptz not null default now(),
  unique (team_member_id, business_id),
  foreign key (org_id, team_member_id) references public.team_members (org_id, id) on delete cascade,
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index team_assignments_business on public.team_assignments (business_id);

-- The organization of an assignment is that of its business; callers need not say it.
create function switchboard.set_assignment_org() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if new.org_id is null then
    select b.org_id into new.org_id from public.businesses b where b.id = new.business_id;
  end if;
  return new;
end $$;
create trigger set_org before insert on public.team_assignments
  for each row execute function switchboard.set_assignment_org();

create table public.api_keys (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  business_id uuid,
  key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
  key_prefix text not null check (length(key_prefix) = 8),
  label text not null default 'Default',
  scopes text[] not null default '{read,write}' check (scopes <@ array['read', 'write', 'admin']),
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index api_keys_list on public.api_keys (org_id, created_at, id);

create table public.app_config (
  key text primary key,
  value text not null,
  description text,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table public.channels (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  org_id uuid not null,
  provider text not null default 'meta' check (provider in ('meta', 'twilio', 'telnyx', 'matrix')),
  platform text not null default 'whatsapp' check (platform in ('whatsapp', 'sms', 'voice')),
  channel_type text not null default 'business' check (channel_type in ('business', 'personal')),
  phone_number text,
  -- the provider's own id of the number
  phone_number_id text,
  waba_id text,
  -- what a business-scoped user id is unique within; the WABA stands in until the portfolio is known
  portfolio_id text,
  access_token text check (switchboard.is_sealed(access_token)),
  label text not null default 'Main',
  active boolean not null default true,
  auth_state text not null default 'ok' check (auth_state in ('ok', 'auth_error', 'stopped')),
  auth_state_reason text,
  auth_state_changed_at timestamptz,
  -- how long the next message of a conversation waits for the one before it to be delivered; 0: only to be accepted
  strict_order_seconds integer not null default 0 check (strict_order_seconds between 0 and 120),
  ai_prompt_override text,
  ai_delay_seconds integer not null default 10 check (ai_delay_seconds between 0 and 3600),
  ai_max_wait_seconds integer not null default 60 check (ai_max_wait_seconds between 0 and 7200),
  ai_confidence_threshold integer not null default 80 check (ai_confidence_threshold between 0 and 100),
  ai_auto_send boolean not null default false,
  matrix_user_id uuid,
  twilio_sid text,
  capabilities jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, business_id, id),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
-- One active owner a number: moving it to another organization is switching one row off and another on.
create unique index channels_phone_number_id on public.channels (provider, phone_number_id) where active;
create index channels_waba on public.channels (waba_id) where waba_id is not null;
create index channels_list on public.channels (business_id, created_at, id);

create table public.twilio_accounts (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null unique,
  account_sid text not null,
  auth_token text not null check (switchboard.is_sealed(auth_token)),
  webhook_url text,
  webhook_type text not null default 'global' check (webhook_type in ('global', 'per-number')),
  is_configured boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);

create table public.contacts (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  org_id uuid not null,
  platform text not null default 'whatsapp',
  -- the name the provider knows the person by: the WhatsApp number, or the business-scoped user id
  platform_id text not null check (platform_id <> ''),
  name text,
  phone text check (phone ~ '^\+[1-9][0-9]{4,17}$'),
  avatar_url text,
  tags text[] not null default '{}',
  notes text,
  email text,
  wa_id text check (wa_id <> ''),
  -- null: never asked
  opted_in boolean,
  -- maintained from the contact's conversations by switchboard.project_contact()
  conversation_status text not null default 'Open' check (conversation_status in ('Open', 'Pending', 'Done')),
  unread_count integer not null default 0 check (unread_count >= 0),
  phone_number text generated always as (phone) stored,
  workspace_id uuid generated always as (business_id) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, business_id, id),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
) with (fillfactor = 80);
create unique index contacts_phone_workspace on public.contacts (business_id, phone) where phone is not null;
create index contacts_list on public.contacts (business_id, name, id);
create index contacts_recent on public.contacts (business_id, created_at desc, id);
create index contacts_tags on public.contacts using gin (tags);
create index contacts_name_search on public.contacts using gin (name gin_trgm_ops);
create index contacts_phone_search on public.contacts using gin (phone gin_trgm_ops);

-- Every name a person was ever known by. One holder at a time: a name that moved on keeps its history (`ended_at`).
create table public.contact_identities (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  contact_id uuid not null,
  kind text not null check (kind in ('wa_id', 'bsuid', 'parent_bsuid')),
  value text not null check (value <> ''),
  -- portfolio of a business-scoped user id; empty for a phone
  scope text not null default '',
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_reason text,
  foreign key (org_id, business_id, contact_id) references public.contacts (org_id, business_id, id) on delete cascade
);
create unique index contact_identities_holder on public.contact_identities (business_id, kind, scope, value) where ended_at is null;
create index contact_identities_contact on public.contact_identities (contact_id);

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  org_id uuid not null,
  channel_id uuid not null,
  contact_id uuid not null,
  external_id text,
  status text not null default 'ai_handling' check (status in ('ai_handling', 'assigned', 'resolved')),
  assigned_to uuid,
  last_message_at timestamptz not null default now(),
  -- free-form messages may be sent before this moment: 24 h after the customer's last message, by the provider's clock
  window_expires_at timestamptz,
  unread_count integer not null default 0 check (unread_count >= 0),
  ai_enabled boolean not null default true,
  -- why the AI is silent, for a person to read; null when it is not held back
  ai_blocked_reason text,
  -- when a turn is due; the object's alarm is a copy of it. Set by ingest, cleared by whoever settles the turn.
  ai_due_at timestamptz,
  -- first unanswered line of the present burst: the cap on postponing
  ai_waiting_since timestamptz,
  ai_context_summary text,
  ai_context_summary_seq bigint,
  needs_human_reason text,
  needs_human_since timestamptz,
  escalated_at timestamptz,
  -- last number given to a message of this thread
  message_seq bigint not null default 0,
  -- rises with every inbound line (and edit) that an answer must take into account
  inbound_version bigint not null default 0,
  -- the inbound_version that the last committed answer, human or AI, has read
  answered_version bigint not null default 0,
  -- rises with every human act; a turn that began under another epoch cannot commit
  epoch bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (channel_id, contact_id),
  unique (org_id, business_id, channel_id, contact_id, id),
  foreign key (org_id, business_id, channel_id) references public.channels (org_id, business_id, id) on delete cascade,
  foreign key (org_id, business_id, contact_id) references public.contacts (org_id, business_id, id) on delete cascade,
  foreign key (org_id, assigned_to) references public.team_members (org_id, id)
) with (fillfactor = 70);
create index conversations_inbox on public.conversations (business_id, status, last_message_at desc, id);
create index conversations_recent on public.conversations (business_id, last_message_at desc, id);
create index conversations_assigned on public.conversations (assigned_to, last_message_at desc) where assigned_to is not null;
create index conversations_contact on public.conversations (contact_id);
create index conversations_due on public.conversations (ai_due_at) where ai_due_at is not null;
create index conversations_waiting_for_human on public.conversations (needs_human_since)
  where needs_human_since is not null and escalated_at is null;

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null,
  business_id uuid not null,
  org_id uuid not null,
  channel_id uuid not null,
  contact_id uuid not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  sender_type text not null check (sender_type in ('contact', 'ai', 'agent')),
  sender_id uuid,
  content text not null,
  media_url text,
  media_type text,
  wa_message_id text check (wa_message_id <> ''),
  delivery_status text check (delivery_status in
    ('queued', 'sending', 'unknown', 'held', 'sent', 'failed', 'delivered', 'read', 'expired')),
  is_draft boolean not null default false,
  confidence integer check (confidence between 0 and 100),
  read boolean not null default false,
  created_at timestamptz not null default now(),
  type text not null default 'text',
  -- where it came from: the customer, the API or a dashboard, our AI, the business's own phone, an imported history
  origin text not null default 'live' check (origin in ('live', 'api', 'ai', 'phone', 'history')),
  -- the message as the provider sent it, or as we ask the provider to send it
  payload jsonb,
  -- place in the thread, without gaps; null while a draft
  seq bigint,
  -- the conversation's inbound_version when this line arrived; for a draft, the version it answers
  inbound_version bigint,
  provider_ts timestamptz,
  received_at timestamptz,
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  played_at timestamptz,
  failed_at timestamptz,
  error jsonb,
  pricing jsonb,
  edited_at timestamptz,
  revoked_at timestamptz,
  reply_to text,
  draft_version integer not null default 1,
  approved_at timestamptz,
  approved_by uuid,
  ai_turn_id uuid,
  idempotency_key text,
  request_hash text,
  twilio_sid text,
  sentiment real check (sentiment between -1 and 1),
  ai_processed boolean not null default false,
  ai_extracted_intent text,
  ai_suggested_responses jsonb,
  created_by uuid,
  updated_at timestamptz not null default now(),
  workspace_id uuid generated always as (business_id) stored,
  message_type text generated always as (type) stored,
  is_from_customer boolean generated always as (direction = 'inbound') stored,
  status text generated always as (
    case
      when direction = 'inbound' then 'delivered'
      when delivery_status in ('failed', 'expired') then 'failed'
      when delivery_status in ('delivered', 'read') then 'delivered'
      when delivery_status = 'sent' then 'sent'
      else 'pending'
    end) stored check (status in ('pending', 'sent', 'delivered', 'failed')),
  -- one composite key instead of five: the conversation row vouches for channel, contact, business and organization
  foreign key (org_id, business_id, channel_id, contact_id, conversation_id)
    references public.conversations (org_id, business_id, channel_id, contact_id, id) on update cascade on delete cascade,
  foreign key (org_id, sender_id) references public.team_members (org_id, id)
);
create unique index messages_provider_id on public.messages (channel_id, wa_message_id) where wa_message_id is not null;
create unique index messages_idempotency on public.messages (business_id, idempotency_key) where idempotency_key is not null;
create index messages_thread on public.messages (conversation_id, created_at, id);
create index messages_recent on public.messages (business_id, created_at desc, id);
create index messages_drafts on public.messages (business_id, created_at desc) where is_draft;
create index messages_twilio_sid on public.messages (twilio_sid) where twilio_sid is not null;

-- requires: vector
create extension if not exists vector;
alter table public.messages add column embedding vector(1536);
-- end

create table public.ai_turns (
  id uuid primary key,
  org_id uuid not null,
  business_id uuid not null,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  state text not null default 'generating'
    check (state in ('generating', 'committed', 'superseded', 'failed', 'abandoned', 'cancelled')),
  -- what the turn has read: conversations.inbound_version and epoch when it began
  cursor bigint not null,
  epoch bigint not null,
  -- usage period in which a reply is reserved; null when nothing is reserved any more
  reserved_period date,
  reserved_cost_micro_usd bigint not null default 0,
  lease_until timestamptz not null,
  decision text check (decision in ('send', 'draft', 'none', 'handoff')),
  reason text,
  message_id uuid,
  confidence integer,
  threshold integer,
  requested_model text,
  served_model text,
  prompt_version text,
  prompt_tokens integer,
  output_tokens integer,
  thinking_tokens integer,
  cost_micro_usd bigint not null default 0,
  latency_ms integer,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create unique index ai_turns_one_open on public.ai_turns (conversation_id) where state = 'generating';
create index ai_turns_conversation on public.ai_turns (conversation_id, started_at desc);
create index ai_turns_lease on public.ai_turns (lease_until) where state = 'generating';

create table public.ai_responses (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  -- the message written from it, kept after a rejected draft is gone
  message_id uuid,
  turn_id uuid not null,
  agent_type text not null default 'CUSTOMER_SUPPORT'
    check (agent_type in ('ORDER_PROCESSING', 'CUSTOMER_SUPPORT', 'MESSAGE_ANALYSIS')),
  content text not null,
  confidence integer check (confidence between 0 and 100),
  human_feedback text,
  human_feedback_reason text,
  tokens_used integer,
  model text,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index ai_responses_conversation on public.ai_responses (conversation_id, created_at desc);
create index ai_responses_message on public.ai_responses (message_id);

create table public.ai_usage_metrics (
  org_id uuid not null references public.organizations (id) on delete cascade,
  date date not null,
  hour smallint not null check (hour between 0 and 23),
  requests_count integer not null default 0,
  tokens_used bigint not null default 0,
  cost_cents numeric(14, 4) not null default 0,
  confidence_sum bigint not null default 0,
  confidence_count integer not null default 0,
  avg_confidence real generated always as
    (case when confidence_count > 0 then confidence_sum::real / confidence_count end) stored,
  primary key (org_id, date, hour)
);

create table public.ai_errors (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  conversation_id uuid references public.conversations (id) on delete cascade,
  turn_id uuid,
  code text not null,
  message text not null,
  retryable boolean not null,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index ai_errors_list on public.ai_errors (business_id, created_at desc, id);

-- One row an attempt to send one message. Written before the provider is called; a retry is a new row.
create table public.send_attempts (
  id uuid primary key default gen_random_uuid(),
  position bigint generated always as identity,
  org_id uuid not null,
  business_id uuid not null,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  message_id uuid not null references public.messages (id) on delete cascade,
  number integer not null default 1,
  state text not null default 'queued'
    check (state in ('queued', 'sending', 'accepted', 'failed', 'refused', 'unknown', 'cancelled')),
  -- queued: not before this moment
  due_at timestamptz not null default now(),
  -- sending: whoever holds this token may record the outcome until the lease ends
  lease_token uuid,
  lease_until timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  provider_message_id text,
  error_class text check (error_class in ('retry', 'retry_pair', 'never', 'stop_channel', 'auth')),
  error_code text,
  error_title text,
  error_detail text,
  -- the policy gate's verdict and every rule it looked at
  gate jsonb,
  created_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create unique index send_attempts_one_in_flight on public.send_attempts (conversation_id) where state = 'sending';
create index send_attempts_open on public.send_attempts (conversation_id, position) where state in ('queued', 'sending');
create index send_attempts_due on public.send_attempts (due_at) where state = 'queued';
create index send_attempts_lease on public.send_attempts (lease_until) where state = 'sending';
create index send_attempts_message on public.send_attempts (message_id, number);

-- AI replies of an organization in one calendar month (UTC). The truth behind organizations.messages_used_this_month.
create table public.usage_periods (
  org_id uuid not null references public.organizations (id) on delete cascade,
  period date not null check (extract(day from period) = 1),
  used integer not null default 0 check (used >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  cost_micro_usd bigint not null default 0 check (cost_micro_usd >= 0),
  reserved_cost_micro_usd bigint not null default 0 check (reserved_cost_micro_usd >= 0),
  primary key (org_id, period)
);

create table public.media_files (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  message_id uuid references public.messages (id) on delete cascade,
  provider_media_id text,
  state text not null default 'pending' check (state in ('pending', 'stored', 'failed')),
  storage_url text,
  mime_type text,
  size_bytes bigint,
  sha256 text,
  filename text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);
create index media_files_message on public.media_files (message_id);

create table public.templates (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  waba_id text not null,
  provider_template_id text,
  name text not null check (name ~ '^[a-z0-9_]+$' and length(name) <= 512),
  language text not null,
  category text not null check (category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
  status text not null default 'PENDING',
  components jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (business_id, waba_id, name, language),
  unique (org_id, business_id, id),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade
);

create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  channel_id uuid,
  template_id uuid,
  name text not null,
  status text not null default 'DRAFT'
    check (status in ('DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED', 'COMPLETED', 'CANCELLED')),
  scheduled_at timestamptz,
  total_contacts integer not null default 0 check (total_contacts >= 0),
  sent_count integer not null default 0 check (sent_count >= 0),
  failed_count integer not null default 0 check (failed_count >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, business_id, id),
  foreign key (org_id, business_id) references public.businesses (org_id, id) on delete cascade,
  foreign key (org_id, business_id, channel_id) references public.channels (org_id, business_id, id),
  foreign key (org_id, business_id, template_id) references public.templates (org_id, business_id, id)
);
create index campaigns_list on public.campaigns (business_id, created_at desc, id);

create table public.campaign_recipients (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  business_id uuid not null,
  campaign_id uuid not null,
  contact_id uuid not null,
  message_id uuid references public.messages (id) on delete set null,
  state text not null default 'pending',
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (campaign_id, contact_id),
  foreign key (org_id, business_id, campaign_id) references public.campaigns (org_id, business_id, id) on delete cascade,
  foreign key (org_id, business_id, contact_id) references public.contacts (org_id, business_id, id) on delete cascade
);

-- ---- not for dashboards ----------------------------------------------------------------------------------------------

-- What we could not place: nothing a provider sent is thrown away. The bytes may hold text that jsonb refuses.
create table switchboard.quarantined_events (
  id bigint generated always as identity primary key,
  provider text not null,
  account text,
  kind text not null,
  reason text not null,
  detail text,
  raw bytea not null,
  received_at timestamptz not null,
  created_at timestamptz not null default now(),
  resolved_at timestamptz
);
create index quarantined_events_open on switchboard.quarantined_events (created_at) where resolved_at is null;

-- Events about a message that has not arrived yet: applied when it does, quarantined after seven days.
create table switchboard.parked_events (
  id bigint generated always as identity primary key,
  channel_id uuid not null references public.channels (id) on delete cascade,
  target text not null,
  kind text not null check (kind in ('status', 'edit', 'revoke')),
  digest text not null,
  event jsonb not null,
  received_at timestamptz not null default now(),
  unique (channel_id, target, kind, digest)
);
create index parked_events_age on switchboard.parked_events (received_at);

-- Account-level events (templates, quality, limits, preferences, fields we do not know), each kept once.
create table switchboard.provider_events (
  id bigint generated always as identity primary key,
  provider text not null,
  org_id uuid not null references public.organizations (id) on delete cascade,
  entry text not null,
  field text not null,
  dedupe text not null,
  at timestamptz,
  payload jsonb not null,
  received_at timestamptz not null default now(),
  unique (provider, dedupe)
);

-- Row changes, written in the transaction that made them. Read in (xid, id) order below the snapshot horizon, so that a
-- transaction still open can never appear behind a reader's position.
create table switchboard.outbox (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  org_id uuid,
  table_name text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE')),
  record jsonb not null,
  at timestamptz not null default clock_timestamp()
);
create index outbox_order on switchboard.outbox (xid, id);

do $$
declare
  touched regclass;
begin
  foreach touched in array array['public.organizations', 'public.businesses', 'public.team_members', 'public.app_config',
    'public.channels', 'public.twilio_accounts', 'public.contacts', 'public.conversations', 'public.messages',
    'public.media_files', 'public.templates', 'public.campaigns', 'public.campaign_recipients']::regclass[] loop
    execute format('create trigger touch_updated_at before update on %s for each row execute function switchboard.touch_updated_at()', touched);
  end loop;
end $$;

insert into public.app_config (key, value, description) values
  ('plan.free.monthly_message_limit', '50', 'AI replies a month on the free plan'),
  ('plan.growth.monthly_message_limit', '1000', 'AI replies a month on the growth plan'),
  ('plan.pro.monthly_message_limit', '10000', 'AI replies a month on the pro plan'),
  ('ai.late_after_seconds', '900', 'A customer line older than this is not answered by the AI alone'),
  ('ai.max_turns_per_hour', '20', 'AI turns a conversation may have in an hour before it is handed to a person'),
  ('ai.max_restarts', '3', 'Times a turn starts over because the customer went on writing, before it becomes a draft'),
  ('ai.turn_cost_reserve_micro_usd', '20000', 'Cost set aside for one turn, in millionths of a US dollar, where a budget is set'),
  ('sending.window_margin_seconds', '10', 'Free-form sending stops this long before the 24-hour window ends'),
  ('sending.max_attempts', '5', 'Provider calls made for one message before it is given up'),
  ('sending.max_age_seconds', '300', 'No call is repeated later than this after its message was queued; those behind it wait no longer'),
  ('handoff.escalate_after_seconds', '900', 'A conversation waiting for a person longer than this is escalated');
