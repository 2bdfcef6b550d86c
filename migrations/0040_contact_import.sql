-- People who come in by a file, many at a time.

-- p: { business_id, platform, consent: { evidence, at } (null: none is told of), rows: [{ line, ref, name, email, tags, notes,
-- consent }] }. One person under two spellings, in the file or here, stays one; what is known is kept. A consent is entered
-- in the ledger with its source; over a person's own no it counts for nothing, and is not entered.
-- Returns { created, merged, consents, objections: [line] }.
create function switchboard.import_contacts_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  place public.businesses;
  medium text := coalesce(p ->> 'platform', 'whatsapp');
  moment timestamptz := coalesce((p #>> '{consent,at}')::timestamptz, clock_timestamp());
  answer jsonb;
begin
  select * into place from public.businesses where id = switchboard.own_writable_business((p ->> 'business_id')::uuid);
  if moment > clock_timestamp() + interval '2 minutes' then
    raise exception 'Nobody can have consented in the future.' using errcode = 'SB400', detail = jsonb_build_object('at', p #>> '{consent,at}')::text;
  end if;
  perform switchboard.lock_people(array(select place.id from jsonb_array_elements(p -> 'rows')), array(select r -> 'ref' from jsonb_array_elements(p -> 'rows') r));
  with given as materialized (
    select (r ->> 'line')::integer as line, r -> 'ref' as ref, r ->> 'name' as name, r ->> 'email' as email, r ->> 'notes' as notes,
      coalesce(r -> 'tags', '[]') as tags, coalesce((r ->> 'consent')::boolean, true) as agreed,
      (select min(s) from unnest(switchboard.spellings(r -> 'ref')) s) as person
    from jsonb_array_elements(p -> 'rows') r
  ), people as materialized (
    select g.person, (array_agg(g.ref order by g.line))[1] as ref, (array_agg(g.name order by g.line) filter (where g.name is not null))[1] as name,
      (array_agg(g.email order by g.line) filter (where g.email is not null))[1] as email,
      (array_agg(g.notes order by g.line) filter (where g.notes is not null))[1] as notes,
      array(select distinct t from given o, jsonb_array_elements_text(o.tags) t where o.person = g.person order by t) as tags,
      -- of two rows of one person the stricter counts
      bool_and(g.agreed) as agreed, min(g.line) as line, count(*)::integer as n
    from given g group by g.person
  ), known as materialized (
    select x.*, coalesce(switchboard.identity_holder(place.id, 'wa_id', '', switchboard.spellings(x.ref)), (
      select c.id from public.contacts c
      where c.business_id = place.id and c.phone = any (array(select '+' || s from unnest(switchboard.spellings(x.ref)) s))
      order by c.created_at, c.id limit 1)) as id
    from people x
  ), made as (
    insert into public.contacts (org_id, business_id, platform, platform_id, phone, name, email, notes, tags)
    select place.org_id, place.id, medium, k.ref ->> 'wa_id', k.ref ->> 'phone', k.name, k.email, k.notes, k.tags from known k where k.id is null order by k.person
    returning id, platform_id
  ), filled as (
    update public.contacts c set name = coalesce(c.name, k.name), email = coalesce(c.email, k.email), notes = coalesce(c.notes, k.notes),
      tags = c.tags || array(select t from unnest(k.tags) t where t <> all (c.tags))
    from known k
    where c.id = k.id and (c.name is null and k.name is not null or c.email is null and k.email is not null or c.notes is null and k.notes is not null
      or not k.tags <@ c.tags)
    returning c.id
  ), settled as (
    select coalesce(k.id, m.id) as id, k.id is null as is_new, k.agreed, k.line, k.n,
      k.id is not null and (switchboard.consent_of(k.id, medium, 'marketing')).state is not distinct from 'withdrawn' as objects
    from known k left join made m on m.platform_id = k.ref ->> 'wa_id'
  ), consented as (
    insert into public.consent_records (org_id, business_id, contact_id, platform, topic, state, source, evidence, recorded_by, at)
    select place.org_id, place.id, s.id, medium, 'marketing', 'granted', 'import', p #>> '{consent,evidence}', switchboard.acting_member(place.org_id), moment
    from settled s
    where p -> 'consent' is not null and s.agreed and not s.objects
      and not exists (select from public.consent_records r where r.contact_id = s.id and r.platform = medium
        and r.topic = 'marketing' and r.source = 'import' and r.state = 'granted' and r.evidence is not distinct from p #>> '{consent,evidence}')
    on conflict do nothing returning 1)
  select jsonb_build_object('created', count(*) filter (where is_new), 'merged', coalesce(sum(n), 0) - count(*) filter (where is_new),
    'consents', (select count(*) from consented),
    'objections', coalesce(jsonb_agg(line order by line) filter (where objects and agreed and p -> 'consent' is not null), '[]')) into answer
  from settled;
  return answer;
end $$;

-- Whom an audience would reach, before there is a campaign. p: { channel_id, audience, category }. Returns { recipients, excluded,
-- excluded_by_reason, examples: the first fifty who are left out }
create function switchboard.preview_audience_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  channel public.channels;
  draft public.campaigns;
begin
  select * into channel from public.channels where id = (p ->> 'channel_id')::uuid and business_id = any (switchboard.my_business_ids());
  if not found then
    raise exception 'There is no such channel.' using errcode = 'SB404', detail = jsonb_build_object('channel_id', p ->> 'channel_id')::text;
  end if;
  draft.org_id := channel.org_id;
  draft.business_id := channel.business_id;
  draft.channel_id := channel.id;
  draft.audience := p -> 'audience';
  draft.category := coalesce(p ->> 'category', 'MARKETING');
  draft.content := '{}';
  draft.arms := '[]';
  return (
    with people as materialized (select a.contact_id, a.reason from switchboard.audience(draft) a)
    select jsonb_build_object('channel_id', channel.id,
      'recipients', (select count(*) from people where reason is null),
      'excluded', (select count(*) from people where reason is not null),
      'excluded_by_reason', (select coalesce(jsonb_object_agg(reason, n), '{}') from (select reason, count(*) as n from people where reason is not null group by 1) x),
      'examples', (select coalesce(jsonb_agg(jsonb_build_object('contact_id', e.contact_id, 'name', e.name, 'reason', e.reason) order by e.reason, e.contact_id), '[]') from (
        select x.contact_id, k.name, x.reason from people x join public.contacts k on k.id = x.contact_id
        where x.reason is not null order by x.reason, x.contact_id limit 50) e)));
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
