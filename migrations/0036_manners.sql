-- Manners of a campaign: it waits for the number, for the pair, for the night and for the week to pass. Whatever time lifts
-- delays a recipient and never drops it; a campaign's own end does that, with the reason. And whoever ought to know is told.

-- ---- consent on the channel's own platform ---------------------------------------------------------------------------------

-- Whether a contact has agreed to marketing on a platform: its own mark where it is at home there, the ledger elsewhere.
create function switchboard.agreed_to_marketing(p_contact public.contacts, p_platform text) returns boolean
  language sql stable set search_path = '' as $$
  select case when p_platform = case when p_contact.platform in ('sms', 'voice') then p_contact.platform else 'whatsapp' end then p_contact.opted_in
    else (select case w.state when 'granted' then true when 'withdrawn' then false end from switchboard.consent_of(p_contact.id, p_platform, 'marketing') w) end
$$;

-- Everybody whom an audience names, and why each one who is left out is. Contacts that share a number are one person: the
-- oldest stands for them, and if any of them has opted out, they all have.
create or replace function switchboard.audience(p_campaign public.campaigns)
  returns table (contact_id uuid, reason text, due_at timestamptz, phone text)
  language sql stable set search_path = '' as $$
  with named as (
    select k.*, now() as due_at from public.contacts k
    where k.business_id = p_campaign.business_id and not p_campaign.audience ? 'retry_of'
      and ((p_campaign.audience ->> 'everybody')::boolean is true
        or k.id in (select e::uuid from jsonb_array_elements_text(p_campaign.audience -> 'contact_ids') e)
        or (jsonb_array_length(p_campaign.audience -> 'tags') > 0 and case p_campaign.audience ->> 'match'
          when 'all' then k.tags @> array(select jsonb_array_elements_text(p_campaign.audience -> 'tags'))
          else k.tags && array(select jsonb_array_elements_text(p_campaign.audience -> 'tags')) end))
    union all
    -- the provider keeps these back for a day: an earlier try would be refused again
    select k.*, case when r.reason in ('131049', '130472') then r.updated_at + interval '24 hours' else now() end
    from public.campaign_recipients r join public.contacts k on k.id = r.contact_id
    where r.campaign_id = (p_campaign.audience ->> 'retry_of')::uuid and r.business_id = p_campaign.business_id
      and r.state in ('failed', 'expired', 'cancelled')
      and (p_campaign.audience -> 'reasons' is null or r.reason in (select jsonb_array_elements_text(p_campaign.audience -> 'reasons')))
  ), asked as (
    select n.*, switchboard.agreed_to_marketing(k, ch.platform) as agreed
    from named n join public.contacts k on k.id = n.id, public.channels ch where ch.id = p_campaign.channel_id
  ), people as (
    select n.*, bool_or(n.agreed is false) over person as opted_out, row_number() over (person order by n.created_at, n.id) as place
    from asked n
    window person as (partition by coalesce(n.wa_id, ltrim(n.phone, '+'), n.id::text))
  )
  select p.id, case
      when p.place > 1 then 'duplicate_person'
      when p_campaign.category = 'MARKETING' and p.opted_out then 'opted_out'
      when p_campaign.category = 'MARKETING' and p.agreed is null then 'no_consent'
      when switchboard.recipient(p.id, p_campaign.channel_id) = '{"phone": null, "bsuid": null}' then 'unreachable'
      when p.tags && array(select jsonb_array_elements_text(coalesce(p_campaign.audience -> 'exclude_tags', '[]'))) then 'excluded_tag'
      when coalesce(trim(p.name), '') = '' and (p_campaign.content::text || p_campaign.arms::text) like '%{{contact.name}}%' then 'missing_variable'
      when coalesce(p.email, '') = '' and (p_campaign.content::text || p_campaign.arms::text) like '%{{contact.email}}%' then 'missing_variable'
    end, p.due_at, coalesce(p.wa_id, ltrim(p.phone, '+'))
  from people p
$$;

-- ---- the number and the pair ------------------------------------------------------------------------------------------------

alter table public.channels
  -- the provider has asked for fewer messages: no campaign sends from this number before then
  add column throttled_until timestamptz,
  -- answers of that kind with less than a minute of quiet in between
  add column throttle_streak integer not null default 0;
grant select (throttled_until, throttle_streak) on public.channels to authenticated, service_role;

-- Codes by which a provider says that the number, the app or the account sends too fast (Meta, Twilio), and the plain status.
create function switchboard.is_throttling(p_code text) returns boolean
  language sql immutable set search_path = '' as $$ select p_code in ('130429', '80007', '4', '20429', '429') $$;

-- Twice as long after each such answer, a minute at most; one for all calls that were on their way together.
create function switchboard.back_off() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  update public.channels c set throttle_streak = x.streak, throttled_until = clock_timestamp() + make_interval(secs => least(60, power(2, x.streak)))
  from (
    select k.id, case when k.throttled_until > clock_timestamp() - interval '1 minute' then k.throttle_streak + 1 else 1 end as streak
    from public.messages m join public.channels k on k.id = m.channel_id where m.id = new.message_id) x
  where c.id = x.id and (c.throttled_until is null or c.throttled_until <= clock_timestamp());
  return null;
end $$;
alter function switchboard.back_off() owner to switchboard_definer;
create trigger back_off after update of state on public.send_attempts for each row
  when (new.state = 'failed' and old.state <> 'failed' and switchboard.is_throttling(new.error_code)) execute function switchboard.back_off();

-- Meta takes one message in six seconds for a pair of numbers, and up to 45 ahead of that, which are a debt. This is the
-- moment at which the pair's debt is paid, as of this call: whoever asks, every call of the conversation counts.
alter table public.send_attempts add column pair_free_at timestamptz;
grant select (pair_free_at) on public.send_attempts to authenticated, service_role;
create index send_attempts_pair on public.send_attempts (conversation_id, pair_free_at) where pair_free_at is not null;

create function switchboard.pair_free_at(p_conversation_id uuid) returns timestamptz
  language sql stable set search_path = '' as $$
  select a.pair_free_at from public.send_attempts a where a.conversation_id = p_conversation_id and a.pair_free_at is not null
  order by a.pair_free_at desc limit 1
$$;

create function switchboard.owe_pair() returns trigger
  language plpgsql set search_path = '' as $$
begin
  new.pair_free_at := greatest(switchboard.pair_free_at(new.conversation_id), new.started_at) + switchboard.seconds_setting('sending.pair_seconds');
  return new;
end $$;
create trigger owe_pair_insert before insert on public.send_attempts for each row when (new.state = 'sending') execute function switchboard.owe_pair();
create trigger owe_pair_update before update of state on public.send_attempts for each row
  when (new.state = 'sending' and old.state <> 'sending') execute function switchboard.owe_pair();

insert into public.app_config (key, value, description) values
  ('sending.pair_seconds', '6', 'Seconds that one message to the same WhatsApp user costs'),
  ('sending.pair_burst', '45', 'Messages to the same WhatsApp user that may go ahead of that pace'),
  ('campaign.overdue_after_seconds', '120', 'A campaign that has not started so long after its time raises an alert');

-- From when on the pair may take another message; null where there is no such limit.
create function switchboard.pair_open_at(p_conversation_id uuid) returns timestamptz
  language sql stable set search_path = '' as $$
  select switchboard.pair_free_at(v.id) - switchboard.seconds_setting('sending.pair_seconds') * (switchboard.setting('sending.pair_burst')::integer - 1)
  from public.conversations v join public.channels c on c.id = v.channel_id
  where v.id = p_conversation_id and c.platform = 'whatsapp'
$$;

-- Milliseconds that the conversation's next message still waits: for the one before it to be delivered, where order is
-- strict, for a provider accepts messages in order and may deliver them in another; and for the pair.
create or replace function switchboard.order_hold_ms(p_conversation public.conversations) returns integer
  language sql stable set search_path = '' as $$
  select greatest(0, ceil(extract(epoch from switchboard.pair_open_at(p_conversation.id) - clock_timestamp()) * 1000), (
    select max(ceil(extract(epoch from a.ended_at - clock_timestamp() + make_interval(secs => c.strict_order_seconds)) * 1000))
    from public.channels c
    cross join lateral (
      select m.id from public.messages m
      where m.conversation_id = p_conversation.id and c.strict_order_seconds > 0
        and m.delivery_status in ('sending', 'held', 'sent')
      order by m.created_at desc limit 3) before
    join public.send_attempts a on a.message_id = before.id and a.state = 'accepted'
    where c.id = p_conversation.channel_id and a.ended_at > clock_timestamp() - make_interval(secs => c.strict_order_seconds)))::integer
$$;

-- ---- quiet hours and the frequency cap --------------------------------------------------------------------------------------

-- Where a number of this calling code may be: one zone for each way in which clocks run there. After CLDR's regions.
create table switchboard.calling_code_zones (
  code text primary key,
  zones text[] not null
);
alter table switchboard.calling_code_zones enable row level security;
alter table switchboard.calling_code_zones force row level security;
create policy worker on switchboard.calling_code_zones for select to switchboard_worker using (true);
create policy definer on switchboard.calling_code_zones for select to switchboard_definer using (true);
grant select on switchboard.calling_code_zones to switchboard_worker, switchboard_definer;
insert into switchboard.calling_code_zones
select v.code, array(select z from unnest(v.zones::text[]) z where z in (select n.name from pg_timezone_names n)) from (values
  ('1', '{America/Antigua,Pacific/Pago_Pago,Atlantic/Bermuda,America/Nassau,America/Cambridge_Bay,America/Panama,America/Creston,America/Edmonton,America/Rankin_Inlet,America/Regina,America/St_Johns,America/Vancouver,Pacific/Guam,America/Adak,America/Anchorage,America/Los_Angeles,Pacific/Honolulu}'),
  ('20', '{Africa/Cairo}'), ('211', '{Africa/Juba}'), ('212', '{Africa/El_Aaiun}'), ('213', '{Africa/Algiers}'),
  ('216', '{Africa/Tunis}'), ('218', '{Africa/Tripoli}'), ('220', '{Africa/Banjul}'), ('221', '{Africa/Dakar}'),
  ('222', '{Africa/Nouakchott}'), ('223', '{Africa/Bamako}'), ('224', '{Africa/Conakry}'), ('225', '{Africa/Abidjan}'),
  ('226', '{Africa/Ouagadougou}'), ('227', '{Africa/Niamey}'), ('228', '{Africa/Lome}'), ('229', '{Africa/Porto-Novo}'),
  ('230', '{Indian/Mauritius}'), ('231', '{Africa/Monrovia}'), ('232', '{Africa/Freetown}'), ('233', '{Africa/Accra}'),
  ('234', '{Africa/Lagos}'), ('235', '{Africa/Ndjamena}'), ('236', '{Africa/Bangui}'), ('237', '{Africa/Douala}'),
  ('238', '{Atlantic/Cape_Verde}'), ('239', '{Africa/Sao_Tome}'), ('240', '{Africa/Malabo}'), ('241', '{Africa/Libreville}'),
  ('242', '{Africa/Brazzaville}'), ('243', '{Africa/Kinshasa,Africa/Lubumbashi}'), ('244', '{Africa/Luanda}'),
  ('245', '{Africa/Bissau}'), ('246', '{Indian/Chagos}'), ('248', '{Indian/Mahe}'), ('249', '{Africa/Khartoum}'),
  ('250', '{Africa/Kigali}'), ('251', '{Africa/Addis_Ababa}'), ('252', '{Africa/Mogadishu}'), ('253', '{Africa/Djibouti}'),
  ('254', '{Africa/Nairobi}'), ('255', '{Africa/Dar_es_Salaam}'), ('256', '{Africa/Kampala}'), ('257', '{Africa/Bujumbura}'),
  ('258', '{Africa/Maputo}'), ('260', '{Africa/Lusaka}'), ('261', '{Indian/Antananarivo}'),
  ('262', '{Indian/Reunion,Indian/Mayotte}'), ('263', '{Africa/Harare}'), ('264', '{Africa/Windhoek}'),
  ('265', '{Africa/Blantyre}'), ('266', '{Africa/Maseru}'), ('267', '{Africa/Gaborone}'), ('268', '{Africa/Mbabane}'),
  ('269', '{Indian/Comoro}'), ('27', '{Africa/Johannesburg}'), ('290', '{Atlantic/St_Helena}'), ('291', '{Africa/Asmara}'),
  ('297', '{America/Aruba}'), ('298', '{Atlantic/Faroe}'), ('299', '{America/Danmarkshavn,America/Nuuk,America/Thule}'),
  ('30', '{Europe/Athens}'), ('31', '{Europe/Amsterdam}'), ('32', '{Europe/Brussels}'), ('33', '{Europe/Paris}'),
  ('34', '{Africa/Ceuta,Atlantic/Canary}'), ('350', '{Europe/Gibraltar}'), ('351', '{Atlantic/Azores,Atlantic/Madeira}'),
  ('352', '{Europe/Luxembourg}'), ('353', '{Europe/Dublin}'), ('354', '{Atlantic/Reykjavik}'), ('355', '{Europe/Tirane}'),
  ('356', '{Europe/Malta}'), ('357', '{Asia/Famagusta}'), ('358', '{Europe/Mariehamn}'), ('359', '{Europe/Sofia}'),
  ('36', '{Europe/Budapest}'), ('370', '{Europe/Vilnius}'), ('371', '{Europe/Riga}'), ('372', '{Europe/Tallinn}'),
  ('373', '{Europe/Chisinau}'), ('374', '{Asia/Yerevan}'), ('375', '{Europe/Minsk}'), ('376', '{Europe/Andorra}'),
  ('377', '{Europe/Monaco}'), ('378', '{Europe/San_Marino}'), ('380', '{Europe/Kyiv,Europe/Simferopol}'),
  ('381', '{Europe/Belgrade}'), ('382', '{Europe/Podgorica}'), ('383', '{Europe/Belgrade}'), ('385', '{Europe/Zagreb}'),
  ('386', '{Europe/Ljubljana}'), ('387', '{Europe/Sarajevo}'), ('389', '{Europe/Skopje}'), ('39', '{Europe/Rome}'),
  ('40', '{Europe/Bucharest}'), ('41', '{Europe/Zurich}'), ('420', '{Europe/Prague}'), ('421', '{Europe/Bratislava}'),
  ('423', '{Europe/Vaduz}'), ('43', '{Europe/Vienna}'), ('44', '{Europe/London}'), ('45', '{Europe/Copenhagen}'),
  ('46', '{Europe/Stockholm}'), ('47', '{Europe/Oslo}'), ('48', '{Europe/Warsaw}'), ('49', '{Europe/Berlin}'),
  ('500', '{Atlantic/Stanley}'), ('501', '{America/Belize}'), ('502', '{America/Guatemala}'), ('503', '{America/El_Salvador}'),
  ('504', '{America/Tegucigalpa}'), ('505', '{America/Managua}'), ('506', '{America/Costa_Rica}'), ('507', '{America/Panama}'),
  ('508', '{America/Miquelon}'), ('509', '{America/Port-au-Prince}'), ('51', '{America/Lima}'),
  ('52', '{America/Bahia_Banderas,America/Cancun,America/Ciudad_Juarez,America/Hermosillo,America/Matamoros,America/Tijuana}'),
  ('53', '{America/Havana}'), ('54', '{America/Argentina/La_Rioja}'),
  ('55', '{America/Araguaina,America/Boa_Vista,America/Eirunepe,America/Noronha}'),
  ('56', '{America/Coyhaique,America/Santiago,Pacific/Easter}'), ('57', '{America/Bogota}'), ('58', '{America/Caracas}'),
  ('590', '{America/St_Barthelemy}'), ('591', '{America/La_Paz}'), ('592', '{America/Guyana}'),
  ('593', '{America/Guayaquil,Pacific/Galapagos}'), ('594', '{America/Cayenne}'), ('595', '{America/Asuncion}'),
  ('596', '{America/Martinique}'), ('597', '{America/Paramaribo}'), ('598', '{America/Montevideo}'),
  ('599', '{America/Kralendijk}'), ('60', '{Asia/Kuala_Lumpur}'),
  ('61', '{Antarctica/Macquarie,Australia/Adelaide,Australia/Brisbane,Australia/Darwin,Australia/Eucla,Australia/Lord_Howe,Australia/Perth,Indian/Cocos,Indian/Christmas}'),
  ('62', '{Asia/Jakarta,Asia/Jayapura,Asia/Makassar}'), ('63', '{Asia/Manila}'), ('64', '{Pacific/Auckland,Pacific/Chatham}'),
  ('65', '{Asia/Singapore}'), ('66', '{Asia/Bangkok}'), ('670', '{Asia/Dili}'), ('672', '{Pacific/Norfolk}'),
  ('673', '{Asia/Brunei}'), ('674', '{Pacific/Nauru}'), ('675', '{Pacific/Bougainville,Pacific/Port_Moresby}'),
  ('676', '{Pacific/Tongatapu}'), ('677', '{Pacific/Guadalcanal}'), ('678', '{Pacific/Efate}'), ('679', '{Pacific/Fiji}'),
  ('680', '{Pacific/Palau}'), ('681', '{Pacific/Wallis}'), ('682', '{Pacific/Rarotonga}'), ('683', '{Pacific/Niue}'),
  ('685', '{Pacific/Apia}'), ('686', '{Pacific/Kanton,Pacific/Kiritimati,Pacific/Tarawa}'), ('687', '{Pacific/Noumea}'),
  ('688', '{Pacific/Funafuti}'), ('689', '{Pacific/Gambier,Pacific/Marquesas,Pacific/Tahiti}'), ('690', '{Pacific/Fakaofo}'),
  ('691', '{Pacific/Kosrae,Pacific/Chuuk}'), ('692', '{Pacific/Kwajalein}'),
  ('7', '{Asia/Almaty,Asia/Anadyr,Asia/Barnaul,Asia/Chita,Asia/Irkutsk,Asia/Magadan,Asia/Omsk,Asia/Ust-Nera,Europe/Astrakhan,Europe/Kaliningrad,Europe/Kirov}'),
  ('81', '{Asia/Tokyo}'), ('82', '{Asia/Seoul}'), ('84', '{Asia/Ho_Chi_Minh}'), ('850', '{Asia/Pyongyang}'),
  ('852', '{Asia/Hong_Kong}'), ('853', '{Asia/Macau}'), ('855', '{Asia/Phnom_Penh}'), ('856', '{Asia/Vientiane}'),
  ('86', '{Asia/Shanghai,Asia/Urumqi}'), ('880', '{Asia/Dhaka}'), ('886', '{Asia/Taipei}'), ('90', '{Europe/Istanbul}'),
  ('91', '{Asia/Kolkata}'), ('92', '{Asia/Karachi}'), ('93', '{Asia/Kabul}'), ('94', '{Asia/Colombo}'),
  ('95', '{Asia/Yangon}'), ('960', '{Indian/Maldives}'), ('961', '{Asia/Beirut}'), ('962', '{Asia/Amman}'),
  ('963', '{Asia/Damascus}'), ('964', '{Asia/Baghdad}'), ('965', '{Asia/Kuwait}'), ('966', '{Asia/Riyadh}'),
  ('967', '{Asia/Aden}'), ('968', '{Asia/Muscat}'), ('970', '{Asia/Gaza}'), ('971', '{Asia/Dubai}'),
  ('972', '{Asia/Jerusalem}'), ('973', '{Asia/Bahrain}'), ('974', '{Asia/Qatar}'), ('975', '{Asia/Thimphu}'),
  ('976', '{Asia/Hovd,Asia/Ulaanbaatar}'), ('977', '{Asia/Kathmandu}'), ('98', '{Asia/Tehran}'), ('992', '{Asia/Dushanbe}'),
  ('993', '{Asia/Ashgabat}'), ('994', '{Asia/Baku}'), ('995', '{Asia/Tbilisi}'), ('996', '{Asia/Bishkek}'),
  ('998', '{Asia/Samarkand}')
) as v (code, zones);

-- the contact's own zone, as PostgreSQL names it; null: judged by the number
alter table public.contacts add column timezone text;
grant select (timezone), update (timezone) on public.contacts to authenticated, service_role;

create function switchboard.is_zone(p_name text) returns boolean
  language plpgsql stable set search_path = '' as $$
begin
  perform now() at time zone p_name;
  return p_name ~ '/' or p_name = 'UTC';
exception when invalid_parameter_value then
  return false;
end $$;

create function switchboard.check_zone() returns trigger language plpgsql set search_path = '' as $$
begin
  if not switchboard.is_zone(new.timezone) then
    raise exception 'timezone "%" is not known; name one such as Europe/Berlin.', new.timezone using errcode = 'SB400';
  end if;
  return new;
end $$;
create trigger check_zone before insert or update of timezone on public.contacts for each row
  when (new.timezone is not null) execute function switchboard.check_zone();

-- settings.quiet_hours { from: "21:00", to: "08:00", timezone } and settings.frequency_cap { messages, days } are read at
-- every send: what could not be read is refused where it is written.
create function switchboard.check_manners() returns trigger language plpgsql set search_path = '' as $$
declare
  quiet jsonb := new.settings -> 'quiet_hours';
  cap jsonb := new.settings -> 'frequency_cap';
begin
  if jsonb_typeof(quiet) <> 'null' and not coalesce(quiet ->> 'from' ~ '^([01]\d|2[0-3]):[0-5]\d$' and quiet ->> 'to' ~ '^([01]\d|2[0-3]):[0-5]\d$'
      and quiet ->> 'from' <> quiet ->> 'to' and (quiet ->> 'timezone' is null or switchboard.is_zone(quiet ->> 'timezone')), false) then
    raise exception 'settings.quiet_hours takes { from, to } as "21:00", and a timezone such as Europe/Berlin.' using errcode = 'SB400';
  elsif jsonb_typeof(cap) <> 'null' and not coalesce(cap ->> 'messages' ~ '^[1-9]\d{0,3}$' and cap ->> 'days' ~ '^[1-9]\d{0,2}$', false) then
    raise exception 'settings.frequency_cap takes { messages, days }, whole numbers from 1 on.' using errcode = 'SB400';
  end if;
  return new;
end $$;
create trigger check_manners before insert or update of settings on public.businesses for each row
  when (new.settings is not null) execute function switchboard.check_manners();

-- All zones in which a contact may be at this moment. Not known: every zone of its calling code; no number: the business's.
create function switchboard.zones_of(p_contact public.contacts, p_default text[]) returns text[]
  language sql stable set search_path = '' as $$
  select coalesce(case when p_contact.timezone is not null then array[p_contact.timezone] end, (
    select nullif(z.zones, '{}') from (select coalesce(p_contact.wa_id, ltrim(p_contact.phone, '+')) as digits) d
    join switchboard.calling_code_zones z on z.code in (left(d.digits, 1), left(d.digits, 2), left(d.digits, 3))
    order by length(z.code) desc limit 1), p_default)
$$;

-- The first moment from p_at on that is quiet in none of the zones; null when there is none within three days.
create function switchboard.quiet_until(p_at timestamptz, p_zones text[], p_from time, p_to time) returns timestamptz
  language plpgsql stable set search_path = '' as $$
declare
  moment timestamptz := p_at;
  wall timestamp;
  place text;
  moved boolean;
begin
  loop
    moved := false;
    foreach place in array p_zones loop
      wall := moment at time zone place;
      if (case when p_from < p_to then wall::time >= p_from and wall::time < p_to else wall::time >= p_from or wall::time < p_to end) then
        -- an end that this day's clocks leave out is taken an hour later, one that they show twice the second time
        moment := greatest(moment + interval '1 minute', (wall::date + (p_from > p_to and wall::time >= p_from)::integer + p_to) at time zone place);
        moved := true;
      end if;
    end loop;
    if not moved then
      return moment;
    elsif moment > p_at + interval '3 days' then
      return null;
    end if;
  end loop;
end $$;

-- When a campaign may write to a contact as far as its night is concerned. A minute ahead is looked at too: what leaves now
-- arrives a little later.
create function switchboard.quiet_ends_at(p_contact public.contacts, p_settings jsonb, p_at timestamptz) returns timestamptz
  language plpgsql stable set search_path = '' as $$
declare
  quiet jsonb := p_settings -> 'quiet_hours';
  starts time := (quiet ->> 'from')::time;
  ends time := (quiet ->> 'to')::time;
  own text[] := array[coalesce(quiet ->> 'timezone', 'UTC')];
  zones text[] := switchboard.zones_of(p_contact, own);
  free timestamptz;
begin
  if starts is null then
    return p_at;
  end if;
  -- zones too far apart to have an hour in common: the business's own is kept
  free := coalesce(switchboard.quiet_until(p_at, zones, starts, ends), switchboard.quiet_until(p_at, own, starts, ends));
  if free > p_at then
    return free;
  end if;
  free := coalesce(switchboard.quiet_until(p_at + interval '1 minute', zones, starts, ends), p_at);
  return case when free > p_at + interval '1 minute' then free else p_at end;
end $$;

-- When a contact may get the next marketing campaign's message; null: at once.
create function switchboard.cap_ends_at(p_contact_id uuid, p_settings jsonb) returns timestamptz
  language sql stable set search_path = '' as $$
  select m.created_at + make_interval(days => (p_settings #>> '{frequency_cap,days}')::integer)
  from public.campaign_recipients r
  join public.campaigns c on c.id = r.campaign_id and c.category = 'MARKETING'
  join public.messages m on m.id = r.message_id
  where p_settings #>> '{frequency_cap,messages}' is not null and r.contact_id = p_contact_id
    and r.state in ('sending', 'accepted', 'held', 'sent', 'delivered', 'read', 'unknown')
    and m.created_at > clock_timestamp() - make_interval(days => (p_settings #>> '{frequency_cap,days}')::integer)
  order by m.created_at desc offset (p_settings #>> '{frequency_cap,messages}')::integer - 1 limit 1
$$;

-- The gate for one recipient: the one gate, consent as it is at this moment, and what time will lift: `allowed_at` tells when
-- all of that will have passed.
create or replace function switchboard.campaign_gate(p_campaign public.campaigns, p_contact public.contacts, p_conversation_id uuid) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  verdict jsonb := switchboard.gate_v1(p_conversation_id, coalesce(p_campaign.content ->> 'type', p_campaign.arms #>> '{0,content,type}'), 'campaign',
    case p_campaign.category when 'MARKETING' then 'marketing' else 'utility' end);
  channel public.channels;
  settings jsonb;
  agreed boolean;
  moment timestamptz := clock_timestamp();
  rules text[];
  moments timestamptz[];
  later timestamptz;
  held text;
begin
  select * into channel from public.channels c where c.id = p_campaign.channel_id;
  agreed := p_campaign.category <> 'MARKETING' or coalesce(switchboard.agreed_to_marketing(p_contact, channel.platform), false);
  verdict := verdict || jsonb_build_object('trace', (verdict -> 'trace') || jsonb_build_object('rule', 'campaign_consent',
    'input', jsonb_build_object('agreed', agreed, 'platform', channel.platform, 'category', p_campaign.category), 'passed', agreed));
  if not (verdict ->> 'allowed')::boolean then
    return verdict;
  elsif not agreed then
    return verdict || jsonb_build_object('allowed', false, 'rule', 'campaign_consent', 'reason', 'The contact has not agreed to such messages.');
  end if;
  select b.settings into settings from public.businesses b where b.id = p_campaign.business_id;
  rules := array['number_throttled', 'pair_limit', 'quiet_hours', 'frequency_cap'];
  moments := array[channel.throttled_until, switchboard.pair_open_at(p_conversation_id),
    case when p_campaign.category <> 'AUTHENTICATION' then switchboard.quiet_ends_at(p_contact, settings, moment) end,
    case when p_campaign.category = 'MARKETING' then switchboard.cap_ends_at(p_contact.id, settings) end];
  select max(m), (array_agg(r order by n))[1] into later, held
  from unnest(rules, moments) with ordinality x (r, m, n) where m > moment;
  verdict := verdict || jsonb_build_object('trace', (verdict -> 'trace') || (select jsonb_agg(jsonb_build_object('rule', r, 'input',
    jsonb_build_object('free_at', m), 'passed', coalesce(m <= moment, true)) order by n) from unnest(rules, moments) with ordinality x (r, m, n)));
  if later is null then
    return verdict;
  end if;
  return verdict || jsonb_build_object('allowed', false, 'rule', held, 'allowed_at', later, 'reason', case held
    when 'number_throttled' then 'The provider takes no more messages from this number for the moment.'
    when 'pair_limit' then 'Too many messages to this contact in the last minutes.'
    when 'quiet_hours' then 'It is night where the contact may be.'
    else 'The contact has had its share of campaigns for now.' end);
end $$;

create or replace function switchboard.campaign_record_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  run_id uuid := (p ->> 'campaign_id')::uuid;
  channel uuid := (select c.channel_id from public.campaigns c where c.id = run_id);
  conversations uuid[];
  plain jsonb;
  one record;
  next jsonb;
  claims jsonb := '[]';
  n integer := 0;
  refusals integer;
  run public.campaigns;
  cause text;
begin
  conversations := array(select a.conversation_id from jsonb_array_elements(p -> 'results') r join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid);
  perform 1 from public.conversations v where v.id = any (conversations) order by v.id for no key update;
  -- accepted, nothing else to learn from it
  select coalesce(jsonb_agg(r), '[]') into plain
  from jsonb_array_elements(p -> 'results') r
  join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid and a.lease_token = (r ->> 'lease_token')::uuid
  join public.messages m on m.id = a.message_id
  join public.contacts k on k.id = m.contact_id
  where r ->> 'state' = 'accepted' and (r ->> 'held')::boolean is not true and (k.wa_id is not null or r #>> '{contact,wa_id}' is null)
    and not exists (select from public.messages e where e.channel_id = channel and e.wa_message_id = r ->> 'provider_id' and e.id <> m.id);
  update public.messages m set wa_message_id = r ->> 'provider_id', delivery_status = case when m.delivery_status = 'unknown' then 'sending' else m.delivery_status end
  from jsonb_array_elements(plain) r join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid where m.id = a.message_id;
  update public.send_attempts a set state = 'accepted', provider_message_id = r ->> 'provider_id', ended_at = clock_timestamp(), lease_until = null
  from jsonb_array_elements(plain) r where a.id = (r ->> 'attempt_id')::uuid and a.state in ('sending', 'unknown', 'accepted');
  get diagnostics n = row_count;
  update public.campaign_recipients r set state = 'accepted', reason = null
  from (select x.id from public.campaign_recipients x
    where x.id in (select (j ->> 'recipient_id')::uuid from jsonb_array_elements(plain) j) and x.state in ('sending', 'unknown') order by x.id for no key update) h
  where r.id = h.id;
  perform switchboard.apply_parked(channel, array(select r ->> 'provider_id' from jsonb_array_elements(plain) r));

  for one in
    select r as result, a.conversation_id, a.number, a.message_id from jsonb_array_elements(p -> 'results') r
    join public.send_attempts a on a.id = (r ->> 'attempt_id')::uuid
    where a.lease_token = (r ->> 'lease_token')::uuid and not plain @> jsonb_build_array(r)
    order by a.conversation_id
  loop
    n := n + 1;
    if one.result ->> 'state' = 'failed' and one.result ->> 'class' in ('retry', 'retry_pair')
      and (one.number < switchboard.setting('campaign.max_tries')::integer or switchboard.is_throttling(one.result ->> 'code')) then
      update public.send_attempts set state = 'failed', error_class = one.result ->> 'class', error_code = one.result ->> 'code',
        error_title = one.result ->> 'title', error_detail = one.result ->> 'detail', ended_at = clock_timestamp(), lease_until = null
      where id = (one.result ->> 'attempt_id')::uuid and state in ('sending', 'unknown');
      if found then
        update public.messages set delivery_status = 'queued' where id = one.message_id and delivery_status in ('sending', 'unknown');
        update public.campaign_recipients set state = 'pending', reason = one.result ->> 'code',
          due_at = clock_timestamp() + make_interval(secs => coalesce((one.result ->> 'retry_after_ms')::double precision, 1000) / 1000)
        where id = (one.result ->> 'recipient_id')::uuid and message_id = one.message_id and state in ('sending', 'unknown');
      end if;
    else
      next := switchboard.record_v1(one.result || jsonb_build_object('lease_seconds', p -> 'lease_seconds'));
      if next #>> '{next,outcome}' = 'claimed' then
        claims := claims || jsonb_build_array(next -> 'next');
      end if;
      update public.campaign_recipients set state = 'accepted', reason = null
      where id = (one.result ->> 'recipient_id')::uuid and state = 'sending' and one.result ->> 'state' = 'accepted';
    end if;
  end loop;
  -- people's messages that queued up behind these in the meantime
  for one in
    select a.conversation_id from public.send_attempts a where a.conversation_id = any (conversations) and a.state = 'queued' and a.due_at <= clock_timestamp()
    group by a.conversation_id
    having not exists (select from public.send_attempts s where s.conversation_id = a.conversation_id and s.state = 'sending')
  loop
    next := switchboard.claim_v1(one.conversation_id, (p ->> 'lease_seconds')::integer, null);
    if next ->> 'outcome' = 'claimed' then
      claims := claims || jsonb_build_array(next);
    end if;
  end loop;

  set constraints all immediate;
  select count(*) into refusals from jsonb_array_elements(p -> 'results') r where r ->> 'state' = 'failed' and r ->> 'class' not in ('retry', 'retry_pair');
  select r ->> 'title' into cause from jsonb_array_elements(p -> 'results') r
  where r ->> 'state' = 'failed' and switchboard.stops_campaign(r ->> 'class', r ->> 'code') limit 1;
  update public.campaigns c set failure_streak = case when plain <> '[]' then 0 else c.failure_streak + refusals end
  where c.id = run_id and c.failure_streak is distinct from case when plain <> '[]' then 0 else c.failure_streak + refusals end;
  select * into run from public.campaigns where id = run_id;
  if cause is null and run.failure_streak >= switchboard.setting('campaign.failure_streak')::integer then
    cause := format('The provider refused %s messages in a row.', run.failure_streak);
  end if;
  if cause is not null then
    perform switchboard.stop_campaign(run_id, cause);
  end if;
  return jsonb_build_object('recorded', n, 'claims', claims, 'status', (select c.status from public.campaigns c where c.id = run_id), 'paused_reason', cause);
end $$;

-- ---- progress ---------------------------------------------------------------------------------------------------------------

-- Recipients settled in a second, over the last ten or so, and when the rest will be at that rate; as of `moved_at`.
alter table public.campaigns
  add column rate_per_second double precision not null default 0,
  add column expected_end_at timestamptz;
grant select (rate_per_second, expected_end_at) on public.campaigns to authenticated, service_role;

create or replace function switchboard.count_recipients() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  deltas jsonb := nullif(current_setting('switchboard.campaign_deltas', true), '')::jsonb;
  one record;
begin
  if deltas is null or deltas = '{}' then
    return null;
  end if;
  perform set_config('switchboard.campaign_deltas', '', true);
  for one in
    select split_part(d.key, ' ', 1)::uuid as id, jsonb_object_agg(split_part(d.key, ' ', 2), d.value::integer) as moved, sum(d.value::integer)::integer as total
    from jsonb_each_text(deltas) d group by 1 order by 1
  loop
    update public.campaigns c set
      total_contacts = total_contacts + one.total,
      pending_count = pending_count + switchboard.moved(one.moved, '{pending}'),
      sending_count = sending_count + switchboard.moved(one.moved, '{leased,sending}'),
      held_count = held_count + switchboard.moved(one.moved, '{held}'),
      sent_count = sent_count + switchboard.moved(one.moved, '{accepted,sent,delivered,read}'),
      delivered_count = delivered_count + switchboard.moved(one.moved, '{delivered,read}'),
      read_count = read_count + switchboard.moved(one.moved, '{read}'),
      unknown_count = unknown_count + switchboard.moved(one.moved, '{unknown}'),
      failed_count = failed_count + switchboard.moved(one.moved, '{failed}'),
      skipped_count = skipped_count + switchboard.moved(one.moved, '{skipped}'),
      cancelled_count = cancelled_count + switchboard.moved(one.moved, '{cancelled}'),
      expired_count = expired_count + switchboard.moved(one.moved, '{expired}'),
      rate_per_second = r.rate,
      expected_end_at = clock_timestamp() + make_interval(secs => least(1e8, r.open / nullif(r.rate, 0))),
      moved_at = clock_timestamp()
    from (
      select x.id, x.pending_count + x.sending_count + switchboard.moved(one.moved, '{pending,leased,sending}') as open,
        -- what is settled fades out of the rate over ten seconds; who is only now among the recipients is not settled
        coalesce(x.rate_per_second * exp(-extract(epoch from clock_timestamp() - x.moved_at) / 10), 0)
          + case when one.total = 0 then greatest(0, -switchboard.moved(one.moved, '{pending,leased,sending}')) else 0 end / 10.0 as rate
      from public.campaigns x where x.id = one.id for no key update) r
    where c.id = r.id;
    update public.campaigns c set status = 'COMPLETED', ended_at = clock_timestamp()
    where c.id = one.id and switchboard.is_done(c);
  end loop;
  return null;
end $$;

create or replace function switchboard.campaign_view(p_id uuid) returns jsonb
  language sql volatile set search_path = '' as $$
  select jsonb_build_object('campaign_id', c.id, 'business_id', c.business_id, 'channel_id', c.channel_id, 'template_id', c.template_id, 'name', c.name,
    'status', c.status, 'category', c.category, 'scheduled_at', c.scheduled_at, 'launched_at', c.launched_at, 'expires_at', c.expires_at,
    'ended_at', c.ended_at, 'paused_reason', c.paused_reason, 'retry_of', c.retry_of,
    'progress', jsonb_build_object('done', c.total_contacts - c.pending_count - c.sending_count, 'rate_per_second', round(c.rate_per_second::numeric, 2),
      'expected_end_at', case when c.status = 'RUNNING' and c.pending_count + c.sending_count > 0 then c.expected_end_at end),
    'recipients', jsonb_build_object('total', c.total_contacts, 'pending', c.pending_count, 'sending', c.sending_count, 'held', c.held_count,
      'sent', c.sent_count, 'delivered', c.delivered_count, 'read', c.read_count, 'unknown', c.unknown_count, 'failed', c.failed_count,
      'skipped', c.skipped_count, 'cancelled', c.cancelled_count, 'expired', c.expired_count))
  from public.campaigns c where c.id = p_id
$$;

-- ---- who ought to know ------------------------------------------------------------------------------------------------------

alter table public.alerts drop constraint alerts_kind_check,
  add constraint alerts_kind_check check (kind in ('overdue_turns', 'stuck_sends', 'dead_token', 'number_stopped', 'silent_number',
    'quarantine', 'unclaimed_handoff', 'model_retiring', 'campaign_stopped', 'campaign_stalled', 'campaign_overdue'));

-- Campaigns that stopped themselves, that do not start, and that run without getting anywhere, each with why.
create function switchboard.find_campaigns() returns setof switchboard.finding
  language sql volatile set search_path = '' as $$
  select 'campaign_stopped', c.id::text, c.org_id, c.business_id, format('The campaign %s has stopped itself: %s', c.name, c.paused_reason),
    greatest(1, c.pending_count + c.sending_count), jsonb_build_object('campaign_id', c.id, 'reason', c.paused_reason)
  from public.campaigns c where c.status = 'PAUSED' and c.paused_by_system
  union all
  select 'campaign_overdue', c.id::text, c.org_id, c.business_id, format('The campaign %s should have started at %s', c.name, switchboard.at_words(c.scheduled_at)),
    1, jsonb_build_object('campaign_id', c.id, 'scheduled_at', c.scheduled_at)
  from public.campaigns c
  where c.status = 'SCHEDULED' and c.scheduled_at < now() - switchboard.seconds_setting('campaign.overdue_after_seconds')
  union all
  select 'campaign_stalled', c.id::text, c.org_id, c.business_id, format('The campaign %s has not moved since %s: %s', c.name, switchboard.at_words(c.moved_at), w.reason),
    w.n, jsonb_build_object('campaign_id', c.id, 'since', c.moved_at, 'reason', w.reason)
  from public.campaigns c
  join public.channels k on k.id = c.channel_id
  cross join lateral (
    select (count(*) filter (where r.state = 'pending'))::integer as due, (count(*) filter (where r.state = 'leased'))::integer as leased, count(*)::integer as n
    from public.campaign_recipients r where r.campaign_id = c.id and (r.state = 'leased' or (r.state = 'pending' and r.due_at <= now()))) s
  cross join lateral (
    select s.n, case
      when k.throttled_until > now() then 'the provider takes no more messages from the number for the moment.'
      when s.leased > 0 then format('%s recipients are in the queue and nobody sends them.', s.leased)
      when switchboard.portfolio_room(k) = 0 then format('the portfolio has written to all %s people of its day.', k.daily_user_limit)
      else format('%s recipients are due and nobody hands them out.', s.due) end as reason) w
  where c.status = 'RUNNING' and s.n > 0 and c.moved_at < now() - switchboard.seconds_setting('campaign.stalled_after_seconds')
$$;

create or replace function switchboard.next_finding_at() returns timestamptz
  language plpgsql stable set search_path = '' as $$
declare
  turn interval := switchboard.seconds_setting('watch.overdue_turn_seconds');
  in_doubt interval := switchboard.seconds_setting('watch.unknown_send_seconds');
  late interval := switchboard.seconds_setting('campaign.overdue_after_seconds');
  stalled interval := switchboard.seconds_setting('campaign.stalled_after_seconds');
  queued interval := switchboard.seconds_setting('watch.queued_send_seconds');
begin
  return least(
    (select min(v.ai_due_at) + turn from public.conversations v where v.ai_due_at >= now() - turn),
    (select min(a.started_at) + in_doubt from public.send_attempts a where a.state = 'unknown' and a.started_at >= now() - in_doubt),
    (select min(a.due_at) + queued from public.send_attempts a where a.state = 'queued' and a.due_at >= now() - queued),
    (select min(c.scheduled_at) + late from public.campaigns c where c.status = 'SCHEDULED' and c.scheduled_at >= now() - late),
    (select min(c.moved_at) + stalled from public.campaigns c where c.status = 'RUNNING' and c.moved_at >= now() - stalled));
end $$;

create or replace function switchboard.watch_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  kinds text[] := array['overdue_turns', 'stuck_sends', 'dead_token', 'number_stopped', 'unclaimed_handoff', 'quarantine',
    'campaign_stopped', 'campaign_stalled', 'campaign_overdue'];
  findings switchboard.finding[];
begin
  perform pg_advisory_xact_lock(hashtextextended('switchboard.watch_v1', 0));
  findings := array(
    select f from switchboard.find_overdue_turns() f
    union all select f from switchboard.find_stuck_sends() f
    union all select f from switchboard.find_refused_channels() f
    union all select f from switchboard.find_unclaimed_handoffs() f
    union all select f from switchboard.find_quarantine() f
    union all select f from switchboard.find_campaigns() f);
  if (p ->> 'everything')::boolean
    or exists (select from switchboard.watches w where w.name = 'hourly' and w.looked_at < now() - interval '1 hour') then
    kinds := kinds || array['silent_number', 'model_retiring'];
    findings := findings || array(
      select f from switchboard.find_silent_numbers() f
      union all select f from switchboard.find_retiring_models(p -> 'retiring_models') f);
    -- after the long look: a transaction that has written holds the change feed back
    update switchboard.watches set looked_at = now() where name = 'hourly';
  end if;
  return switchboard.settle_alerts(kinds, findings) || jsonb_build_object('next_due_in_ms', (
    -- `greatest` passes over a null, and never is not now
    select greatest(0, ceil(extract(epoch from n.at - clock_timestamp()) * 1000))::bigint
    from (select switchboard.next_finding_at() as at) n where n.at is not null));
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
