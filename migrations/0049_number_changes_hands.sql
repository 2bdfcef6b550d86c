-- A number that passes to another owner while its message waits for its people: they were looked up with the first owner,
-- and the message would go to the second without its writer. It begins anew instead.

-- Set-based: the common case costs a handful of statements however many items there are. Raises SB001 when another call
-- stored one of the same messages meanwhile, or a number has changed hands.
create or replace function switchboard.ingest_batch(p_provider text, p_received_at timestamptz, p_items jsonb)
  returns jsonb language plpgsql set search_path = '' as $$
declare
  items switchboard.inbound_item[] := switchboard.place_items(p_provider, p_received_at, p_items);
  former switchboard.inbound_item[];
  outcomes text[];
  wake jsonb := '[]';
  strangers integer[];
  new_lines boolean;
  has_media boolean;
  has_others boolean;
  filled integer;
begin
  perform switchboard.lock_channels(items);
  select array_agg(x.n) filter (where switchboard.is_new(x) and not x.acquainted), coalesce(bool_or(switchboard.is_new(x)), false)
  into strangers, new_lines from unnest(items) x;
  if strangers is not null then
    perform switchboard.lock_people(array_agg(s.business_id), array_agg(s.ref)) from switchboard.strangers(items) s;
    perform switchboard.resolve_contact(s.org_id, s.business_id, s.platform, s.ref, s.at) from switchboard.strangers(items) s;
  end if;
  if strangers is not null or (select bool_or(switchboard.is_early(x)) from unnest(items) x) then
    former := items;
    items := switchboard.place_items(p_provider, p_received_at, p_items);
    if exists (select from unnest(items) x join unnest(former) f using (n) where x.channel_id is distinct from f.channel_id) then
      raise exception 'a number has changed hands meanwhile' using errcode = 'SB001';
    end if;
  end if;
  perform switchboard.lock_conversations(items);
  if new_lines then
    wake := switchboard.store_lines(p_received_at, items);
  end if;

  select array_agg(case
      when switchboard.is_new(x) then 'stored'
      when x.kind in ('message', 'identity') and x.channel_id is not null and x.provider_id <> '' then 'duplicate' end order by x.n),
    coalesce(bool_or(x.kind = 'message' and x.channel_id is not null and x.event ? 'media'), false)
  into outcomes, has_media from unnest(items) x;
  if has_media then
    foreach filled in array coalesce(switchboard.store_media(items), '{}') loop
      outcomes[filled] := 'stored';
    end loop;
  end if;
  if array_position(outcomes, null) is not null then
    outcomes := switchboard.store_others(p_provider, p_received_at, items, outcomes);
  end if;
  if new_lines then
    perform switchboard.settle_lines(items, strangers);
  end if;
  return jsonb_build_object('outcomes', to_jsonb(outcomes), 'wake', wake || switchboard.released(items));
end $$;
