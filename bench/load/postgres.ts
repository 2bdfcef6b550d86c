import { Client } from "pg";
import type { QueryConfig } from "pg";
import { drive } from "./post.ts";
import type { Round } from "./post.ts";
import { buildRows, insertStatement } from "./rows.ts";
import type { RowsPlan } from "./rows.ts";
import { buildEvents } from "./webhooks.ts";
import type { WebhookPlan } from "./webhooks.ts";

/** Calls straight in Postgres, each one prepared statement that commits by itself: no Worker, driver or proxy. */
export interface PostgresPlan {
  database_url: string;
  /** Run on every connection before the round. */
  session: string;
  work: { kind: "insert"; rows: RowsPlan } | { kind: "ingest"; webhooks: WebhookPlan };
}

export async function preparePostgres({ database_url, session, work }: PostgresPlan): Promise<Round> {
  const text =
    work.kind === "insert"
      ? insertStatement(work.rows.table, work.rows.batch)
      : "select switchboard.ingest_v1($1::jsonb) as result";
  const calls = work.kind === "insert" ? buildRows(work.rows) : await ingestArguments(work.webhooks);
  const queries = calls.map((values): QueryConfig => ({ name: "measured", text, values })).values();
  return {
    async run({ callers, seconds }) {
      const clients = await Promise.all(Array.from({ length: callers }, () => open(database_url, session)));
      const run = clients.map((client) => (query: QueryConfig) => client.query(query));
      const result = await drive(queries, run, seconds);
      await Promise.all(clients.map((client) => client.end()));
      return result;
    },
  };
}

async function open(connectionString: string, session: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(session);
  return client;
}

async function ingestArguments(plan: WebhookPlan): Promise<string[][]> {
  const batches = await buildEvents(plan);
  return batches.map((items) => [JSON.stringify({ provider: "meta", received_at: plan.at, items })]);
}
