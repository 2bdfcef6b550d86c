/** An object's own SQLite, as far as it is used here. */
export interface Sqlite {
  exec(query: string, ...bindings: (string | number | null | Uint8Array)[]): Iterable<Record<string, unknown>>;
}

/**
 * What brings a storage from each version to the next. Only ever added to: an object may have slept through several.
 * A webhook's place in the line is its `id`; clocks of different machines have no part in it (F180).
 */
const VERSIONS = [
  [
    `create table webhooks (
      id integer primary key autoincrement,
      provider text not null,
      lane text,
      received_at integer not null,
      refusals integer not null default 0,
      refused_with text,
      poisoned_at integer
    )`,
    `create table pieces (
      webhook integer not null,
      number integer not null,
      bytes blob not null,
      primary key (webhook, number)
    )`,
    "create index webhooks_poisoned on webhooks (poisoned_at) where poisoned_at is not null",
  ],
];

/** Makes or renews the tables. To be called inside a transaction, and only once something is to be kept. */
export function prepare(sql: Sqlite): void {
  sql.exec("create table if not exists versions (version integer primary key)");
  const [{ version = 0 } = {}] = [...sql.exec("select max(version) as version from versions")];
  for (const [number, statements] of VERSIONS.entries()) {
    if (number < Number(version)) continue;
    for (const statement of statements) sql.exec(statement);
    sql.exec("insert into versions (version) values (?)", number + 1);
  }
}
