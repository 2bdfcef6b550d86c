import { neon } from "@neondatabase/serverless";
import { env } from "cloudflare:workers";
import { createNeonExec } from "../../shared/db/neon.ts";

/** The database as the Worker's own role sees it, for the factories. */
export const exec = createNeonExec({ connection_string: env.DATABASE_URL, endpoint: env.NEON_ENDPOINT });

const administrator = neon(env.ADMIN_DATABASE_URL);

type Row = Record<string, unknown>;

/** Rows as the administrator sees them, past every policy. Each call is its own transaction. */
export async function sql<T extends object = Row>(text: TemplateStringsArray, ...values: unknown[]): Promise<T[]> {
  return (await administrator(text, ...values)) as T[];
}

/** The single row of a query. */
export async function row<T extends object = Row>(text: TemplateStringsArray, ...values: unknown[]): Promise<T> {
  const rows = await sql<T>(text, ...values);
  const [only] = rows;
  if (only === undefined || rows.length > 1) throw new Error(`expected one row, found ${rows.length}`);
  return only;
}

/** Names of the tables in which some column of some row contains one of these, in any schema of ours. */
export async function tablesWith(...needles: string[]): Promise<string[]> {
  const tables = await sql<{ name: string }>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema in ('public', 'switchboard', 'auth') order by 1`;
  // bytea is shown as hexadecimal, so what is kept as bytes is looked for as bytes
  const spelled = [...needles, ...needles.map(hex)];
  const found: string[] = [];
  for (const { name } of tables) {
    const hits = await administrator.query(
      `select 1 from (select t::text as row from ${name} t) r
        where exists (select from unnest($1::text[]) n where strpos(r.row, n) > 0) limit 1`,
      [spelled],
    );
    if (hits.length > 0) found.push(name);
  }
  return found;
}

const hex = (text: string) =>
  Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
