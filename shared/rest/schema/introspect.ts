/**
 * Reads everything that `buildSchema` takes, as one row with one JSON value. `$1` is the list of exposed schemas, `$2`
 * the roles of the door. A view's columns are traced to the columns they show by the view's stored query: the target
 * list of its outermost level names table and column of each; braces tell the levels apart. Domains may have casts of
 * their own to and from json and text ("domain representations"). To be run with an empty search path, so that every
 * name tells its schema.
 */
export const INTROSPECT = `
with recursive exposed as (
  select n.oid, n.nspname from pg_namespace n where n.nspname = any ($1)
), relation as (
  select c.oid, n.nspname as schema, c.relname as name, c.relkind
  from pg_class c join exposed n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
), door as (
  select r.oid, r.rolname from pg_roles r where r.rolname = any ($2)
), conversion as (
  select c.castsource, c.casttarget, format('%I.%I', n.nspname, p.proname) as function
  from pg_cast c
    join pg_proc p on p.oid = c.castfunc
    join pg_namespace n on n.oid = p.pronamespace
    join pg_type s on s.oid = c.castsource
    join pg_type t on t.oid = c.casttarget
  where c.castcontext = 'i' and c.castmethod = 'f'
    and (s.typtype = 'd' and c.casttarget = 'json'::regtype
      or t.typtype = 'd' and c.castsource in ('json'::regtype, 'text'::regtype))
), attribute as (
  select a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) as type,
    (select function from conversion where castsource = a.atttypid and casttarget = 'json'::regtype) as shown_by,
    (select function from conversion where casttarget = a.atttypid and castsource = 'json'::regtype) as json_read_by,
    (select function from conversion where casttarget = a.atttypid and castsource = 'text'::regtype) as text_read_by,
    case
      when a.attidentity <> '' then
        format('nextval(%L::regclass)', pg_get_serial_sequence(format('%I.%I', r.schema, r.name), a.attname))
      when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid)
    end as default_value,
    array(select door.rolname from door where has_column_privilege(door.oid, a.attrelid, a.attnum, 'select')) as readers
  from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
), key as (
  select k.oid, k.conname, k.contype, k.conrelid, k.confrelid, k.conparentid,
    array(select a.attname::text from unnest(k.conkey) with ordinality as u (number, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by place) as columns,
    array(select a.attname::text from unnest(k.confkey) with ordinality as u (number, place)
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by place) as referenced
  from pg_constraint k
  where k.contype in ('p', 'u', 'f')
), view as (
  select c.oid, n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('v', 'm') and n.nspname !~ '^(pg_|information_schema$)'
), token as (
  select w.ev_class, t.place, t.found[1] as brace, t.found[2] as number, t.found[3] as shown, t.found[4] as shown_column
  from pg_rewrite w join view on view.oid = w.ev_class
    cross join regexp_matches(w.ev_action::text,
      '\\\\.|([{}])|:resno (\\d+)|:resorigtbl (\\d+) :resorigcol (\\d+)', 'g') with ordinality as t (found, place)
  where w.rulename = '_RETURN'
), level as (
  select token.*, sum(case brace when '{' then 1 when '}' then -1 else 0 end)
    over (partition by ev_class order by place) as depth
  from token
), shown as (
  select l.ev_class, l.shown::oid as relation, l.shown_column::integer as attribute,
    max(l.number::integer) over (partition by l.ev_class order by l.place) as number, l.shown
  from level l where l.depth = 2 and (l.number is not null or l.shown is not null)
), origin as (
  select v.attname as column, s.ev_class, format('%s.%s', n.nspname, c.relname) as relation, a.attname as relation_column
  from shown s
    join pg_attribute v on v.attrelid = s.ev_class and v.attnum = s.number
    join pg_class c on c.oid = s.relation
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = s.relation and a.attnum = s.attribute
  where s.shown is not null and s.shown <> '0'
), media as (
  select t.oid, json_build_object(
    'asked_as', lower(t.typname), 'type', case t.typname when '*/*' then 'application/octet-stream' else lower(t.typname) end,
    'binary', t.typbasetype = 'bytea'::regtype) as media
  from pg_type t where t.typtype = 'd' and (t.typname = '*/*' or t.typname ~ '^[A-Za-z0-9.-]+/[A-Za-z0-9.+-]+$')
), routine as (
  select p.*, n.nspname from pg_proc p join exposed n on n.oid = p.pronamespace
  where p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
), returned as (
  select distinct t.oid, t.typtype, t.typbasetype, t.typrelid from pg_type t join routine p on p.prorettype = t.oid
  union all
  select r.oid, t.typtype, t.typbasetype, t.typrelid
  from returned r join pg_type t on t.oid = r.typbasetype where r.typtype = 'd'
)
select json_build_object(
  'relations', (select coalesce(json_agg(json_build_object(
    'schema', r.schema, 'name', r.name, 'is_view', r.relkind in ('v', 'm'),
    'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'type', a.type, 'default', a.default_value,
      'readers', a.readers, 'shown_by', a.shown_by, 'json_read_by', a.json_read_by, 'text_read_by', a.text_read_by) order by a.attnum), '[]') from attribute a where a.attrelid = r.oid))
    order by r.schema, r.name), '[]') from relation r),
  'views', (select coalesce(json_agg(json_build_object('name', format('%s.%s', v.schema, v.name),
    'origins', (select coalesce(json_agg(json_build_object('column', o.column, 'relation', o.relation,
      'relation_column', o.relation_column)), '[]') from origin o where o.ev_class = v.oid))), '[]') from view v),
  'keys', (select coalesce(json_agg(json_build_object('name', k.conname, 'kind', k.contype,
    'relation', format('%s.%s', n.nspname, c.relname), 'columns', k.columns,
    'references', (select format('%s.%s', fn.nspname, f.relname) from pg_class f join pg_namespace fn on fn.oid = f.relnamespace
      where f.oid = k.confrelid), 'referenced', k.referenced) order by k.conname), '[]')
    from key k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where k.conparentid = 0),
  'routines', (select coalesce(json_agg(json_build_object(
    'schema', p.nspname, 'name', p.proname, 'returns', format_type(p.prorettype, null), 'returns_set', p.proretset,
    'returns_relation', (select format('%s.%s', cn.nspname, c.relname) from pg_class c join pg_namespace cn on cn.oid = c.relnamespace
      where c.oid = t.typrelid and c.relkind <> 'c'),
    'returns_record', t.typtype = 'c' or coalesce(p.proargmodes && '{o,b,t}'::"char"[], false),
    'returns_columns', coalesce(
      (select json_agg(json_build_object('name', p.proargnames[u.place], 'type', format_type(u.type, null)) order by u.place)
        from unnest(p.proallargtypes) with ordinality as u (type, place) where p.proargmodes[u.place] in ('o', 'b', 't')),
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
      '[]'),
    'rows', p.prorows,
    'media', (select media from media where media.oid = p.prorettype and not p.proretset),
    'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'arguments', (select coalesce(json_agg(json_build_object('name', coalesce(p.proargnames[u.place], ''), 'type', format_type(u.type, null),
      'row_of', (select format('%s.%s', cn.nspname, c.relname) from pg_type at join pg_class c on c.oid = at.typrelid
        join pg_namespace cn on cn.oid = c.relnamespace where at.oid = u.type and c.relkind <> 'c'),
      'optional', u.place > p.pronargs - p.pronargdefaults, 'variadic', p.provariadic <> 0 and u.place = p.pronargs) order by u.place), '[]')
      from unnest(p.proargtypes) with ordinality as u (type, place))) order by p.nspname, p.proname, p.oid), '[]')
    from routine p join returned t on t.oid = p.prorettype and t.typtype <> 'd'),
  'media', (select coalesce(json_agg(m.media::jsonb || jsonb_build_object('aggregate', format('%I.%I', n.nspname, p.proname),
    'of', case when c.oid is not null then format('%s.%s', cn.nspname, c.relname) end)), '[]')
    from pg_proc p join exposed n on n.oid = p.pronamespace join media m on m.oid = p.prorettype
      left join pg_class c on c.reltype = p.proargtypes[0] left join pg_namespace cn on cn.oid = c.relnamespace
    where p.prokind = 'a' and p.pronargs = 1 and (p.proargtypes[0] = 'anyelement'::regtype or c.oid is not null))) as schema`;
