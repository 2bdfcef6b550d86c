import type { RunSql } from "../migrate.ts";

/** By `relation.column` or `relation (constraint)`, what Postgres says of it: a type with all that belongs to it. */
export type Catalogue = Record<string, string>;

const COLUMNS = `
  select c.relname || '.' || a.attname as name, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then 'not null' end,
    case when a.attidentity = 'a' then 'generated always as identity' end,
    case when d.adbin is not null then
      case a.attgenerated when 's' then 'generated always as ' else 'default ' end || pg_get_expr(d.adbin, d.adrelid)
    end) as definition
  from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm')`;

const CONSTRAINTS = `
  select format('%s (%s)', c.relname, case k.contype when 'p' then 'primary key' else k.conname end) as name,
    pg_get_constraintdef(k.oid) as definition
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  where c.relnamespace = $1::regnamespace and k.contype in ('p', 'c')`;

/** Columns, primary keys and checks of every table and view in a schema, in Postgres' own spelling. */
export async function readCatalogue(run: RunSql, schema: string): Promise<Catalogue> {
  const { rows } = await run(`${COLUMNS} union all ${CONSTRAINTS}`, [schema]);
  return Object.fromEntries(rows.map(({ name, definition }) => [String(name), String(definition)]));
}
