-- What messages say, and how they were meant: search by words and by meaning, and the mood of what customers write. Nothing of
-- this is done while a message is stored. The Worker looks afterwards what is left to do, so that a model that was away, or a
-- Worker that was stopped, costs time only.

alter table public.messages
  -- null: search has still to learn of this message, or of its newest text
  add column indexed_at timestamptz,
  -- whose vector space `embedding` lies in; spaces of two models have nothing to do with each other
  add column embedding_model text,
  -- who rated `sentiment` where no turn had; set without a rating when none could be had
  add column sentiment_model text;
grant select (indexed_at, embedding_model, sentiment_model) on public.messages to authenticated, service_role;

create index messages_unindexed on public.messages (created_at desc) where indexed_at is null and not is_draft;
create index messages_unrated on public.messages (created_at desc)
  where sentiment is null and sentiment_model is null and direction = 'inbound';
-- a message enters this index when the Worker comes round to it, not while its customer waits
create index messages_content_search on public.messages using gin (content gin_trgm_ops) where indexed_at is not null;

-- requires: vector
create index messages_meaning on public.messages using hnsw (embedding vector_cosine_ops);
-- end

create function switchboard.unindex() returns trigger language plpgsql set search_path = '' as $$
begin
  new.indexed_at := null;
  return new;
end $$;
create trigger unindex before update of content on public.messages for each row
  when (new.content is distinct from old.content) execute function switchboard.unindex();

-- What search needs changes nothing that a dashboard shows.
drop trigger feed_update on public.messages;
create trigger feed_update after update on public.messages referencing new table as new_rows
  for each statement when (coalesce(current_setting('switchboard.quiet', true), '') <> 'on')
  execute function switchboard.capture('payload', 'embedding', 'request_hash');

-- The schema of the vector extension where messages have embeddings; null where this database has none.
create function switchboard.vector_schema() returns text
  language sql stable set search_path = '' as $$
  select n.nspname from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where a.attrelid = 'public.messages'::regclass and a.attname = 'embedding' and not a.attisdropped
$$;

-- p: { limit, rate_after_seconds }. Returns { vectors, to_index: [{ id, content, digest }], to_rate: { org_id, lines: [{ id, content }] } |
-- null, next_due_in_ms }, newest first. Lines that a turn may still read are left to it. Those of one organization at a time,
-- within its budget: it bears the cost.
create function switchboard.meaning_pending_v1(p jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  most integer := (p ->> 'limit')::integer;
  age interval := make_interval(secs => (p ->> 'rate_after_seconds')::integer);
  payer uuid;
begin
  select m.org_id into payer from public.messages m
  join public.organizations o on o.id = m.org_id
  left join public.usage_periods u on u.org_id = m.org_id and u.period = switchboard.current_period()
  where m.sentiment is null and m.sentiment_model is null and m.direction = 'inbound' and m.created_at < now() - age
    and (o.monthly_ai_budget_usd is null or coalesce(u.cost_micro_usd, 0) < o.monthly_ai_budget_usd * 1000000)
  order by m.created_at desc limit 1;
  return jsonb_build_object(
    'vectors', switchboard.vector_schema() is not null,
    'to_index', (
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'content', m.content, 'digest', md5(m.content)) order by m.created_at desc), '[]')
      from (select x.id, x.content, x.created_at from public.messages x where x.indexed_at is null and not x.is_draft
        order by x.created_at desc limit most) m),
    'to_rate', (
      select jsonb_build_object('org_id', payer, 'lines', jsonb_agg(jsonb_build_object('id', m.id, 'type', m.type, 'content', m.content)
        order by m.created_at desc))
      from (select x.id, x.type, x.content, x.created_at from public.messages x
        where x.sentiment is null and x.sentiment_model is null and x.direction = 'inbound' and x.created_at < now() - age and x.org_id = payer
        order by x.created_at desc limit most) m
      having count(*) > 0),
    'next_due_in_ms', (
      select greatest(0, ceil(extract(epoch from min(w.at) - clock_timestamp()) * 1000))::bigint from (
        select x.created_at + age as at from public.messages x
        where x.sentiment is null and x.sentiment_model is null and x.direction = 'inbound' and x.created_at >= now() - age) w
      having count(*) > 0));
end $$;

-- p: { model, messages: [{ id, digest, vector: "[…]" | null }] }. A text that has changed meanwhile is left for the next time.
create function switchboard.meaning_index_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  home text := switchboard.vector_schema();
  done integer;
begin
  perform set_config('switchboard.quiet', 'on', true);
  if home is null then
    update public.messages m set indexed_at = now()
    from jsonb_array_elements(p -> 'messages') e where m.id = (e ->> 'id')::uuid and md5(m.content) = e ->> 'digest';
    get diagnostics done = row_count;
  else
    execute format($sql$
      update public.messages m set indexed_at = now(), embedding = (e ->> 'vector')::%I.vector,
        embedding_model = case when e ->> 'vector' is not null then $1 ->> 'model' end
      from jsonb_array_elements($1 -> 'messages') e where m.id = (e ->> 'id')::uuid and md5(m.content) = e ->> 'digest'
    $sql$, home) using p;
    get diagnostics done = row_count;
  end if;
  perform set_config('switchboard.quiet', '', true);
  return jsonb_build_object('indexed', done);
end $$;

-- p: { org_id, model, lines: [{ id, sentiment: number | null }] } and the call's figures. A turn's own rating stays.
create function switchboard.meaning_rate_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  payer uuid := (p ->> 'org_id')::uuid;
  cost bigint := coalesce((p ->> 'cost_micro_usd')::bigint, 0);
  done integer;
begin
  update public.messages m set sentiment_model = p ->> 'model', sentiment = (e ->> 'sentiment')::real
  from jsonb_array_elements(p -> 'lines') e
  where m.id = (e ->> 'id')::uuid and m.org_id = payer and m.sentiment is null;
  get diagnostics done = row_count;
  insert into public.usage_periods as u (org_id, period, cost_micro_usd) values (payer, switchboard.current_period(), cost)
  on conflict (org_id, period) do update set cost_micro_usd = u.cost_micro_usd + excluded.cost_micro_usd;
  perform switchboard.count_ai_call(payer, p);
  return jsonb_build_object('rated', done);
end $$;

-- p: { query, vector: "[…]" | null, model, business_id, contact_id, conversation_id, limit }. Messages within the caller's reach:
-- by text those that contain every word of the query, newest first; with a vector the nearest in meaning first, with their score
-- up to 1. What search has not learned of yet is found by text all the same.
create function switchboard.search_messages_v1(p jsonb) returns jsonb
  language plpgsql set search_path = '' as $$
declare
  mine uuid[] := switchboard.own_businesses((p ->> 'business_id')::uuid);
  restricted uuid[] := switchboard.my_restricted_org_ids();
  assigned uuid[] := switchboard.my_assigned_conversation_ids();
  home text := switchboard.vector_schema();
  within constant text := $sql$ m.business_id = any ($2) and not m.is_draft and m.revoked_at is null
    and (m.org_id <> all ($3) or m.conversation_id = any ($4))
    and ($1 ->> 'contact_id' is null or m.contact_id = ($1 ->> 'contact_id')::uuid)
    and ($1 ->> 'conversation_id' is null or m.conversation_id = ($1 ->> 'conversation_id')::uuid) $sql$;
  words text;
  hits text;
  found jsonb;
begin
  if p ->> 'vector' is null then
    select string_agg(format('m.content ilike %L', '%' || regexp_replace(w, '([\\%_])', '\\\1', 'g') || '%'), ' and ') into words
    from regexp_split_to_table(trim(p ->> 'query'), '\s+') w;
    hits := format($sql$
      select x.*, null::real as score, row_number() over (order by x.created_at desc, x.id) as n from (
        select m.* from public.messages m where m.indexed_at is not null and %1$s and %2$s
        union all
        select m.* from public.messages m where m.indexed_at is null and not m.is_draft and %1$s and %2$s) x
      order by n limit ($1 ->> 'limit')::integer $sql$, words, within);
  elsif home is null then
    raise exception 'This installation''s database cannot search by meaning. Search by text.' using errcode = 'SB400';
  else
    -- the index is everybody's: go on in it until enough of the caller's own are found
    perform set_config('hnsw.iterative_scan', 'strict_order', true);
    hits := format($sql$
      select x.*, 1 - x.distance as score, row_number() over (order by x.distance, x.id) as n from (
        select m.*, m.embedding operator(%1$I.<=>) ($1 ->> 'vector')::%1$I.vector as distance from public.messages m
        where m.embedding_model = $1 ->> 'model' and %2$s
        order by m.embedding operator(%1$I.<=>) ($1 ->> 'vector')::%1$I.vector limit ($1 ->> 'limit')::integer) x $sql$, home, within);
  end if;
  execute format($sql$
    select jsonb_agg(jsonb_build_object('message_id', h.id, 'conversation_id', h.conversation_id, 'contact_id', h.contact_id,
      'contact_name', coalesce(k.name, k.phone), 'business_id', h.business_id, 'direction', h.direction, 'sender_type', h.sender_type,
      'content', h.content, 'sentiment', h.sentiment, 'created_at', h.created_at, 'score', h.score) order by h.n)
    from (%s) h join public.contacts k on k.id = h.contact_id $sql$, hits)
  into found using p, mine, restricted, assigned;
  return jsonb_build_object('messages', coalesce(found, '[]'));
end $$;

grant execute on all functions in schema switchboard to switchboard_worker, switchboard_definer;
