import type { FeedEvent } from "../feed/feed.ts";
import type { Relation } from "../rest/schema/model.ts";
import { parseChangeFilter, passes } from "./filter.ts";
import type { Subscription } from "./join.ts";

/** One subscription with the number that its events bear. */
export interface Numbered {
  id: number;
  subscription: Subscription;
}

/** The numbers of the subscriptions that an event is for. */
export function matching({ table, type, record }: FeedEvent, subscriptions: Numbered[]): number[] {
  return subscriptions.flatMap(({ id, subscription }) => {
    const { event, schema, filter } = subscription;
    const wanted =
      (event === "*" || event === type) &&
      schema === "public" &&
      (subscription.table === undefined || subscription.table === "*" || subscription.table === table);
    // of a row that is gone only its key is known, so no filter can tell
    if (!wanted || (filter && type !== "DELETE" && !passes(record, parseChangeFilter(filter) ?? []))) return [];
    return [id];
  });
}

/** The payload of `postgres_changes` for these subscriptions; `select` leaves out what was not asked for. */
export function changePayload(
  event: FeedEvent,
  ids: number[],
  relation: Relation | undefined,
  select?: string[] | null,
) {
  const { table, type, at, seq } = event;
  const record = select ? pick(event.record, ["id", ...select]) : event.record;
  const columns = [...(relation?.columns.values() ?? [])]
    .filter(({ name }) => name in record || type === "DELETE")
    .map((column) => ({ name: column.name, type: shortType(column.type) }));
  const key = { id: record["id"] };
  return {
    ids,
    data: {
      schema: "public",
      table,
      commit_timestamp: at,
      type,
      columns,
      ...(type !== "DELETE" && { record }),
      ...(type !== "INSERT" && { old_record: key }),
      errors: null,
      seq,
    },
  };
}

function pick(record: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (name in record ? [[name, record[name]]] : [])));
}

const SHORT: Record<string, string> = {
  bigint: "int8",
  integer: "int4",
  smallint: "int2",
  boolean: "bool",
  real: "float4",
  "double precision": "float8",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
  "character varying": "varchar",
};

/** `integer[]` to `_int4`: the name by which clients know how to read a value. */
function shortType(type: string): string {
  const plain = type.replace(/\(.*?\)/, "");
  if (plain.endsWith("[]")) return `_${shortType(plain.slice(0, -2))}`;
  return SHORT[plain] ?? plain;
}
