/** The ids that a row of `messages` refers to. */
export interface Thread {
  conversation_id: string;
  business_id: string;
  org_id: string;
  channel_id: string;
  contact_id: string;
}

export interface RowsPlan {
  table: string;
  threads: Thread[];
  prefix: string;
  count: number;
  /** Rows an insert. */
  batch: number;
  /** Unix seconds. */
  at: number;
}

/** Columns that ingest fills for a customer's text, with their types. */
const COLUMNS = {
  conversation_id: "uuid",
  business_id: "uuid",
  org_id: "uuid",
  channel_id: "uuid",
  contact_id: "uuid",
  direction: "text",
  sender_type: "text",
  content: "text",
  wa_message_id: "text",
  read: "boolean",
  created_at: "timestamptz",
  type: "text",
  origin: "text",
  payload: "jsonb",
  seq: "bigint",
  inbound_version: "bigint",
  provider_ts: "timestamptz",
  received_at: "timestamptz",
};
const NAMES = Object.keys(COLUMNS).join(", ");
const TEXT = "Hello, do you still have two of the walnut loaves for Saturday morning?";

/** The insert that Postgres has least work with: values for one row, an array a column for many. */
export function insertStatement(table: string, batch: number): string {
  const types = Object.values(COLUMNS);
  if (batch === 1) return `insert into ${table} (${NAMES}) values (${types.map((_, i) => `$${i + 1}`).join(", ")})`;
  return `insert into ${table} (${NAMES}) select * from unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(", ")})`;
}

/** The parameters of each insert, written out so that the driver has nothing left to convert. */
export function buildRows(plan: RowsPlan): string[][] {
  return Array.from({ length: plan.count }, (_, n) => {
    const rows = Array.from({ length: plan.batch }, (__, i) => rowOf(plan, n * plan.batch + i));
    if (plan.batch === 1) return rows[0] ?? [];
    return Object.keys(COLUMNS).map((_column, at) => arrayLiteral(rows.map((row) => row[at] ?? "")));
  });
}

function rowOf({ threads, prefix, at }: RowsPlan, index: number): string[] {
  const thread = threads[index % threads.length];
  if (!thread) throw new Error("there are no conversations to insert into");
  const { conversation_id, business_id, org_id, channel_id, contact_id } = thread;
  const id = `${prefix}${index}`;
  const time = new Date(at * 1000).toISOString();
  const number = String(2 + Math.floor(index / threads.length));
  const payload = JSON.stringify({
    from: "4915200000000",
    id,
    timestamp: String(at),
    type: "text",
    text: { body: TEXT },
  });
  const ids = [conversation_id, business_id, org_id, channel_id, contact_id];
  return [...ids, "inbound", "contact", TEXT, id, "false", time, "text", "live", payload, number, number, time, time];
}

/** Postgres' text form of an array, every element quoted. */
function arrayLiteral(values: string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
