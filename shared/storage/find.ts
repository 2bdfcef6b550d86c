import type { Exec, Session } from "../db/exec.ts";
import { cleanText } from "../text/clean.ts";

export interface StoredFile {
  id: string;
  path: string;
  filename: string;
  mime_type: string;
  size_bytes: number;
  sha256: string;
  created_at: string;
}

/** Files that are there and whose message the customer has not taken back. */
const STORED = `public.media_files f where f.state = 'stored'
  and not exists (select from public.messages m where m.id = f.message_id and m.revoked_at is not null)`;
const COLUMNS = `f.id, f.storage_url as path, coalesce(nullif(f.filename, ''), f.id::text) as filename, f.mime_type,
  f.size_bytes::float8 as size_bytes, f.sha256, f.created_at::text as created_at`;

/** Those of the files at these paths that the session may see: row-level security decides. */
export async function findFiles(exec: Exec, session: Session, paths: string[]): Promise<Map<string, StoredFile>> {
  const text = `select ${COLUMNS} from ${STORED} and f.storage_url = any ($1::text[])`;
  const [rows] = await exec(session, [{ text, params: [paths.map(cleanText)] }]);
  return new Map((rows as unknown as StoredFile[]).map((file) => [file.path, file]));
}

export interface Listing {
  /** A folder, with or without the slash at its end. */
  prefix: string;
  limit: number;
  offset: number;
  search: string;
  column: "name" | "created_at" | "updated_at";
  order: "asc" | "desc";
}

/** What lies in a folder, as far as the session may see: files, and folders once each, whose `file` is null. */
export async function listFiles(
  exec: Exec,
  session: Session,
  { prefix, limit, offset, search, column, order }: Listing,
): Promise<{ name: string; file: StoredFile | null }[]> {
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const by = column === "name" ? "name" : "min(created_at)";
  const text = `
    with below as (select ${COLUMNS}, substring(f.storage_url from length($1) + 1) as rest from ${STORED} and starts_with(f.storage_url, $1)),
    entries as (select split_part(rest, '/', 1) as name, rest like '%/%' as is_folder, below.* from below)
    select name, case when is_folder then null else min(to_jsonb(entries)::text)::jsonb end as file
    from entries where name <> '' and strpos(lower(name), lower($2)) > 0
    group by name, is_folder order by ${by} ${order}, name limit $3::integer offset $4::integer`;
  const [rows] = await exec(session, [{ text, params: [cleanText(folder), cleanText(search), limit, offset] }]);
  return rows as unknown as { name: string; file: StoredFile | null }[];
}
