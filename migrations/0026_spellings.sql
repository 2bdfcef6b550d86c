-- A person first known by SMS writes by WhatsApp: the number is spelled as WhatsApp spells it from then on.

-- Fills what a contact's own row lacks. Never overwrites: a person may have corrected it. But how WhatsApp spells a number is
-- WhatsApp's to say, where only the telephone network had told it so far. p_ref: a reference, and the platform it came by.
create or replace function switchboard.complete_contact(p_contact_id uuid, p_ref jsonb) returns void
  language sql set search_path = '' as $$
  with told as (
    select nullif(p_ref ->> 'name', '') as name,
      (select i.value from public.contact_identities i
        where i.contact_id = p_contact_id and i.kind = 'wa_id' and i.value = p_ref ->> 'wa_id' and i.ended_at is null) as wa_id,
      (select p_ref ->> 'phone' where exists (
          select from public.contact_identities i
          where i.contact_id = p_contact_id and i.kind = 'wa_id' and i.value = any (switchboard.spellings(p_ref)) and i.ended_at is null)
        and not exists (
          select from public.contacts o join public.contacts me on me.id = p_contact_id
          where o.business_id = me.business_id and o.phone = p_ref ->> 'phone')) as phone
  ), due as (
    select coalesce(c.name, t.name) as name, coalesce(c.phone, t.phone) as phone,
      case when t.wa_id is not null and c.platform in ('sms', 'voice') and p_ref ->> 'platform' = 'whatsapp' then t.wa_id
        else coalesce(c.wa_id, t.wa_id) end as wa_id
    from public.contacts c, told t where c.id = p_contact_id
  )
  update public.contacts c set name = d.name, wa_id = d.wa_id, phone = d.phone
  from due d
  where c.id = p_contact_id and (c.name, c.wa_id, c.phone) is distinct from (d.name, d.wa_id, d.phone)
$$;

-- What new lines bring with them: events that waited for them, and news about their writers.
create or replace function switchboard.settle_lines(p_items switchboard.inbound_item[], p_strangers integer[]) returns void
  language plpgsql set search_path = '' as $$
begin
  perform switchboard.apply_parked(x.channel_id, array_agg(x.provider_id))
  from unnest(p_items) x
  where switchboard.is_new(x) and exists (
    select from switchboard.parked_events k where k.channel_id = x.channel_id and k.target = x.provider_id)
  group by x.channel_id order by x.channel_id;
  perform switchboard.complete_contact(x.contact_id, x.event -> 'contact' || jsonb_build_object('platform', h.platform))
  from unnest(p_items) x join public.channels h on h.id = x.channel_id where switchboard.is_new(x) and x.n = any (p_strangers) order by x.contact_id, x.n;
  perform switchboard.rename_contact(x.contact_id, switchboard.contact_ref(x.event, 'next', c.portfolio_id), x.at, x.event ->> 'content')
  from unnest(p_items) x join public.channels c on c.id = x.channel_id
  where switchboard.is_new(x) and x.kind = 'identity' order by x.at, x.n;
end $$;
