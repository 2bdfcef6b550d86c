import type { RunSql } from "../migrate.ts";

/** A table or view as the client's types show it. */
export interface TypedRelation {
  name: string;
  is_view: boolean;
  columns: TypedColumn[];
  relationships: { name: string; columns: string[]; to: string; referenced: string[]; one_to_one: boolean }[];
}

export interface TypedColumn {
  name: string;
  type: string;
  nullable: boolean;
  /** It may be left out of an insert. */
  optional: boolean;
  /** A signed-in user may give it in an insert, or in an update. */
  insertable: boolean;
  updatable: boolean;
  /** Values of a check that lists them. */
  values: string[] | null;
}

/** Relations of schema `public` with the columns that a signed-in user may read; the others are no client's business. */
const RELATIONS = `
  select c.relname as name, c.relkind = 'v' as is_view,
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'nullable', not a.attnotnull,
        'optional', not a.attnotnull or a.atthasdef or a.attidentity <> '', 'insertable', has_column_privilege('authenticated', c.oid, a.attnum, 'insert'),
        'updatable', has_column_privilege('authenticated', c.oid, a.attnum, 'update'),
        'values', (select array(select m[1] from regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::text', 'g') m)
          from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
            and pg_get_constraintdef(k.oid) ~ '^CHECK \\(\\((\\w+ = ANY|\\w+ = )' limit 1)) order by a.attname)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and has_column_privilege('authenticated', c.oid, a.attnum, 'select')) as columns,
    (select coalesce(json_agg(json_build_object('name', k.conname, 'to', f.relname,
        'columns', array(select a.attname from unnest(k.conkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by i),
        'referenced', array(select a.attname from unnest(k.confkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by i),
        'one_to_one', exists (select from pg_constraint o where o.conrelid = c.oid and o.contype in ('p', 'u') and o.conkey <@ k.conkey)
        ) order by k.conname), '[]')
      from pg_constraint k join pg_class f on f.oid = k.confrelid
      where k.conrelid = c.oid and k.contype = 'f' and f.relnamespace = 'public'::regnamespace) as relationships
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and has_any_column_privilege('authenticated', c.oid, 'select')
  order by c.relname`;

export async function readRelations(run: RunSql): Promise<TypedRelation[]> {
  const { rows } = await run(RELATIONS);
  return rows as unknown as TypedRelation[];
}
