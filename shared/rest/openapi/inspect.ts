/** What of a schema the asking role may use, with everybody's comments. To be run with an empty search path. */
export interface Inspected {
  comment: string | null;
  tables: InspectedTable[];
  routines: InspectedRoutine[];
}

export interface InspectedTable {
  name: string;
  comment: string | null;
  /** Rows can be inserted, updated or deleted by some role. */
  writable: boolean;
  columns: InspectedColumn[];
}

export interface InspectedColumn {
  name: string;
  comment: string | null;
  /** As Postgres spells it, without a length. */
  type: string;
  max_length: number | null;
  nullable: boolean;
  default: string | null;
  /** The values of an enumeration; otherwise empty. */
  values: string[];
}

export interface InspectedRoutine {
  name: string;
  comment: string | null;
  volatile: boolean;
  arguments: { name: string; type: string; required: boolean; variadic: boolean }[];
}

/** `$1` is the schema. */
export const INSPECT = `
select json_build_object(
  'comment', obj_description(n.oid, 'pg_namespace'),
  'tables', (select coalesce(json_agg(json_build_object(
    'name', c.relname, 'comment', obj_description(c.oid, 'pg_class'),
    'writable', c.relkind in ('r', 'p') or pg_relation_is_updatable(c.oid, true) & 28 <> 0,
    'columns', (select coalesce(json_agg(json_build_object(
      'name', a.attname, 'comment', col_description(c.oid, a.attnum), 'type', format_type(t.oid, null),
      'max_length', (select character_maximum_length from information_schema.columns i
        where i.table_schema = n.nspname and i.table_name = c.relname and i.column_name = a.attname),
      'nullable', not a.attnotnull and not t.typnotnull,
      'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
      'values', array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)) order by a.attnum), '[]')
      from pg_attribute a join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) order by c.relname), '[]')
    from pg_class c
    where c.relnamespace = n.oid and c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
      and (has_table_privilege(c.oid, 'select, insert, update, delete')
        or has_any_column_privilege(c.oid, 'select, insert, update'))),
  'routines', (select coalesce(json_agg(json_build_object(
    'name', p.proname, 'comment', obj_description(p.oid, 'pg_proc'), 'volatile', p.provolatile = 'v',
    'arguments', (select coalesce(json_agg(json_build_object(
      'name', coalesce(p.proargnames[u.place], ''), 'type', format_type(u.type, null),
      'required', u.place <= p.pronargs - p.pronargdefaults,
      'variadic', p.provariadic <> 0 and u.place = p.pronargs) order by u.place), '[]')
      from unnest(p.proargtypes) with ordinality as u (type, place))) order by p.proname, p.oid), '[]')
    from pg_proc p
    where p.pronamespace = n.oid and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
      and has_function_privilege(p.oid, 'execute')
      and '' <> all (coalesce(p.proargnames[1:p.pronargs], array_fill(''::text, array[p.pronargs]))))
) as found
from pg_namespace n where n.nspname = $1`;
