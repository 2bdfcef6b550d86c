import { cut, join } from "./pieces.ts";
import type { Sqlite } from "./schema.ts";
import type { SpooledWebhook } from "./webhook.ts";

/** A webhook that waits, without its body. */
export interface Waiting extends Omit<SpooledWebhook, "body"> {
  /** Its place in the line. */
  id: number;
}

export interface SpoolStatus {
  /** Webhooks that wait. */
  backlog: number;
  /** When the longest waiting one came, unix milliseconds; null when none waits. */
  oldest_received_at: number | null;
  /** Webhooks that were refused too often and wait for a person. */
  poisoned: number;
}

/** What a Spool keeps. Each method is one transaction of the object's storage as long as its caller does not await. */
export interface SpoolStore {
  add(webhook: SpooledWebhook): void;
  /** The first `count` that wait behind this place, in order; 0 for the place before all. */
  waiting(after: number, count: number): Waiting[];
  body(id: number): Uint8Array;
  isWaiting(): boolean;
  /** Neither waiting nor set aside. */
  isEmpty(): boolean;
  remove(id: number): void;
  /** Counts a refusal; sets the webhook aside with the last one allowed. Returns whether it did. */
  refuse(id: number, reason: string, now: number): boolean;
  /** Lets those set aside before this moment be tried once more; one more refusal sets them aside again. */
  revive(before: number): void;
  status(): SpoolStatus;
}

/** How often one webhook may be refused, in as many passes. */
export const REFUSALS_ALLOWED = 5;

/** @param sql with the tables of `prepare` */
export function createSpoolStore(sql: Sqlite): SpoolStore {
  // read to its end: a cursor that is left open keeps its statement from finishing
  const first = (query: string, ...bindings: (string | number | null)[]) => [...sql.exec(query, ...bindings)][0];

  return {
    add({ provider, lane, received_at, body }) {
      const row = first(
        "insert into webhooks (provider, lane, received_at) values (?, ?, ?) returning id",
        provider,
        lane,
        received_at,
      );
      const id = Number(row?.["id"]);
      for (const [number, piece] of cut(body).entries()) {
        sql.exec("insert into pieces (webhook, number, bytes) values (?, ?, ?)", id, number, piece);
      }
    },
    waiting(after, count) {
      const rows = sql.exec(
        `select id, provider, lane, received_at from webhooks
        where id > ? and poisoned_at is null order by id limit ?`,
        after,
        count,
      );
      return [...rows].map(({ id, provider, lane, received_at }) => ({
        id: Number(id),
        provider: String(provider),
        lane: lane === null ? null : String(lane),
        received_at: Number(received_at),
      }));
    },
    body(id) {
      const pieces = [...sql.exec("select bytes from pieces where webhook = ? order by number", id)];
      return join(pieces.map(({ bytes }) => new Uint8Array(bytes as ArrayBuffer)));
    },
    isWaiting: () => first("select 1 from webhooks where poisoned_at is null limit 1") !== undefined,
    isEmpty: () => first("select 1 from webhooks limit 1") === undefined,
    remove(id) {
      sql.exec("delete from pieces where webhook = ?", id);
      sql.exec("delete from webhooks where id = ?", id);
    },
    refuse(id, reason, now) {
      const row = first(
        `update webhooks set refusals = refusals + 1, refused_with = ?,
          poisoned_at = case when refusals + 1 >= ? then ? end
        where id = ? returning poisoned_at`,
        reason,
        REFUSALS_ALLOWED,
        now,
        id,
      );
      return row?.["poisoned_at"] !== null;
    },
    revive(before) {
      sql.exec("update webhooks set poisoned_at = null where poisoned_at < ?", before);
    },
    status() {
      const waiting = first(
        "select count(*) as backlog, min(received_at) as oldest from webhooks where poisoned_at is null",
      );
      const set_aside = first("select count(*) as poisoned from webhooks where poisoned_at is not null");
      const oldest = waiting?.["oldest"] ?? null;
      return {
        backlog: Number(waiting?.["backlog"]),
        oldest_received_at: oldest === null ? null : Number(oldest),
        poisoned: Number(set_aside?.["poisoned"]),
      };
    },
  };
}
