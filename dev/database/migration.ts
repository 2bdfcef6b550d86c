import { createHash } from "node:crypto";

export interface Migration {
  version: number;
  name: string;
  file: string;
  sha256: string;
  sql: string;
}

export type Applied = Pick<Migration, "version" | "name" | "sha256">;

const ENDS_TRANSACTION = /(?:^|;)\s*(commit|rollback)\b[^;]*;/im;

/**
 * Reads `0007_add_tags.sql` into version 7, name "add_tags".
 * @throws when the file is not named so, or would end the transaction it is applied in.
 */
export function parseMigration(file: string, sql: string): Migration {
  const [, digits, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
  if (digits === undefined || name === undefined) throw new Error(`${file}: a migration is named NNNN_name.sql`);
  const ending = ENDS_TRANSACTION.exec(sql)?.[1];
  if (ending !== undefined) throw new Error(`${file}: ${ending} has no place in a migration, each is one transaction`);
  return { version: Number(digits), name, file, sha256: createHash("sha256").update(sql).digest("hex"), sql };
}

/**
 * Compares what is on disk (in order) with what a database says was applied.
 * @returns the last applied version, 0 for none.
 * @throws when versions are not 1, 2, 3 …, or when an applied migration is missing or changed: history is forward only.
 */
export function checkHistory(migrations: Migration[], applied: Applied[]): number {
  for (const [index, { version, file }] of migrations.entries()) {
    if (version !== index + 1)
      throw new Error(`${file}: expected version ${index + 1}, versions have no gap or repeat`);
  }
  for (const [index, { version, name, sha256 }] of applied.entries()) {
    const migration = migrations[index];
    if (version !== index + 1) throw new Error(`the database has migration ${version} but not ${index + 1}`);
    if (!migration) throw new Error(`the database has migration ${version} (${name}), which is not among the files`);
    if (migration.sha256 !== sha256) throw new Error(`${migration.file}: changed after it was applied, add a new file`);
  }
  return applied.length;
}

const BLOCK = /^-- requires: (\w+)[ \t]*\n[\s\S]*?^-- end[ \t]*$/gm;

/** Leaves out each block from `-- requires: <extension>` to `-- end` whose extension this server does not offer. */
export function withoutUnavailable(sql: string, extensions: ReadonlySet<string>): { sql: string; skipped: string[] } {
  const skipped: string[] = [];
  const kept = sql.replace(BLOCK, (block, extension: string) => {
    if (extensions.has(extension)) return block;
    skipped.push(extension);
    // The line count stays, so that Postgres' error lines still point into the file.
    return block.replace(/[^\n]/g, "");
  });
  return { sql: kept, skipped };
}
