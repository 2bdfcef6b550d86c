import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/** A row change of an organization. */
export interface FeedEvent {
  /** Rises by one with every change of the organization. */
  seq: number;
  table: string;
  type: "INSERT" | "UPDATE" | "DELETE";
  /** The row, without what nobody reads; of a deleted one its key only. */
  record: Record<string, unknown>;
  /** ISO time. */
  at: string;
}

export interface Drained {
  events: FeedEvent[];
  last_seq: number;
  /** Changes before it have been pruned; null when there are none. */
  oldest_seq: number | null;
}

/** Somebody whose view of rows is asked for. */
export interface Viewer {
  role: string;
  claims: Record<string, unknown>;
}

/** Per viewer: whether the organization is in its reach at all, and which rows it sees, by table. */
export interface View {
  here: boolean;
  tables: Record<string, string[]>;
}

/** Numbers an organization's changes and reads those after a number; without one, only those that are new. */
export function drain(exec: Exec, org_id: string, after: number | undefined, limit = 500): Promise<Drained> {
  return call<Drained>(exec, "drain_v1", { org_id, after, limit });
}

/** Organizations of which a caller may see anything. */
export function reachOf(exec: Exec, viewer: Viewer): Promise<string[]> {
  return call<string[]>(exec, "reach_v1", viewer);
}

/**
 * For each viewer the events that it may see at this moment (F150): a change of a row that row-level security shows, and
 * that a row of a reachable organization is gone.
 */
export async function visibleEvents(
  exec: Exec,
  org_id: string,
  viewers: Viewer[],
  events: FeedEvent[],
): Promise<FeedEvent[][]> {
  if (viewers.length === 0 || events.length === 0) return viewers.map(() => []);
  const rows: Record<string, string[]> = {};
  for (const { table, type, record } of events) {
    if (type !== "DELETE") (rows[table] ??= []).push(String(record["id"]));
  }
  const views = await call<View[]>(exec, "visible_v1", { org_id, callers: viewers, rows });
  return views.map((view) => events.filter((event) => isVisible(event, view)));
}

function isVisible({ table, type, record }: FeedEvent, { here, tables }: View): boolean {
  return type === "DELETE" ? here : (tables[table]?.includes(String(record["id"])) ?? false);
}
