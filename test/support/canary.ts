import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "./database.ts";

/** A secret as it may turn up: as it is, in hexadecimal, and in base64 at each of the three places of a group of bytes. */
export function spellings(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].flatMap((shift) => {
    // the first and last letters depend on the neighbours
    const inner = btoa("\0".repeat(shift) + secret).slice(shift === 0 ? 0 : 4, -4);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [...new Set([secret, hex, hex.toUpperCase(), ...base64])];
}

/** Where the database writes from now on, and since when. */
export async function logPosition(): Promise<Position> {
  const [now] =
    await sql<Position>`select pg_walfile_name(pg_current_wal_lsn()) as file, clock_timestamp()::text as at`;
  if (!now) throw new Error("the database has no write-ahead log");
  return now;
}

interface Position {
  file: string;
  at: string;
}

/** The database's files, written since, and those of its write-ahead log, in which one of these texts stands. */
export async function filesWith(needles: string[], since: Position): Promise<string[]> {
  await sql`checkpoint`;
  const found = await sql<{ path: string }>`
    with needles as (select convert_to(n, 'UTF8') as bytes from jsonb_array_elements_text(${JSON.stringify(needles)}::jsonb) n),
    files as (
      select path from pg_database d, lateral pg_ls_dir(format('base/%s', d.oid)) f, lateral format('base/%s/%s', d.oid, f) path
      where d.datname = current_database() and (pg_stat_file(path, true)).modification >= ${since.at}::timestamptz - interval '2 seconds'
      union all
      select 'pg_wal/' || w.name from pg_ls_waldir() w
      where w.name between ${since.file} and pg_walfile_name(pg_current_wal_lsn()) and w.name ~ '^[0-9A-F]{24}$')
    select path from files, lateral pg_read_binary_file(path, true) content
    where exists (select from needles where position(bytes in content) > 0)`;
  return found.map(({ path }) => path);
}

/** Everything that Durable Objects and the bucket keep, as text. */
export async function keptObjects(): Promise<string[]> {
  const kept: string[] = [];
  for (const namespace of [env.CONVERSATION, env.PULSE, env.SPOOL, env.HUB, env.CAMPAIGN, env.CHANNEL]) {
    for (const id of await listDurableObjectIds(namespace as DurableObjectNamespace)) {
      const stub = (namespace as DurableObjectNamespace).get(id);
      kept.push(await runInDurableObject(stub, dump));
    }
  }
  const { objects } = await env.MEDIA_BUCKET.list();
  for (const { key } of objects) kept.push(key, (await (await env.MEDIA_BUCKET.get(key))?.text()) ?? "");
  return kept;
}

async function dump(_: unknown, { storage }: DurableObjectState): Promise<string> {
  const tables = [
    ...storage.sql.exec("select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\'"),
  ];
  const rows = tables.flatMap(({ name }) => [...storage.sql.exec(`select * from "${String(name)}"`)]);
  return JSON.stringify([[...(await storage.list())], rows], legible);
}

const legible = (_key: string, value: unknown) =>
  value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value;
