import { sql } from "drizzle-orm";
import { check, customType, timestamp } from "drizzle-orm/pg-core";

/** Text as Postgres writes it: a JavaScript date would cut the microseconds that keyset pages are ordered by. */
export const timestamptz = () => timestamp({ withTimezone: true, mode: "string" });

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

/** A transaction's 64-bit number, as text: it does not fit a JavaScript number. */
export const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

/** Refuses whatever was not sealed by `shared/vault/seal.ts`. */
export const sealed = (table: string, column: string) =>
  check(`${table}_${column}_check`, sql`switchboard.is_sealed(${sql.identifier(column)})`);
