import { Client } from "pg";

/** Reads everything that an organization has, as the administrator, whom no policy holds back. */
export interface Canary {
  /** Rows by table, and a digest of what is in them. */
  read(org_id: string): Promise<Record<string, string>>;
  /** Rows that belong to none of these organizations, by table. */
  strangers(org_ids: string[]): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const TABLES = `select format('%I.%I', c.table_schema, c.table_name) as name
  from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
  where c.column_name = 'org_id' and c.table_schema in ('public', 'switchboard') and t.table_type = 'BASE TABLE'`;

export async function openCanary(adminUrl: string): Promise<Canary> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  const tables = (await client.query<{ name: string }>(TABLES)).rows.map(({ name }) => name);
  return {
    async read(org_id) {
      const found: Record<string, string> = {};
      for (const table of tables) {
        const { rows } = await client.query<{ n: string; digest: string | null }>(
          `select count(*) as n, md5(string_agg(md5(t::text), '' order by md5(t::text))) as digest from ${table} t where org_id = $1`,
          [org_id],
        );
        if (rows[0] && rows[0].n !== "0") found[table] = `${rows[0].n} rows, ${rows[0].digest}`;
      }
      return found;
    },
    async strangers(org_ids) {
      const found: Record<string, number> = {};
      for (const table of tables) {
        const text = `select count(*)::int as n from ${table} where org_id is not null and org_id <> all($1::uuid[])`;
        const n = (await client.query<{ n: number }>(text, [org_ids])).rows[0]?.n ?? 0;
        if (n > 0) found[table] = n;
      }
      return found;
    },
    close: () => client.end(),
  };
}
