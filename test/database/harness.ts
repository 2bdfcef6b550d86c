import { Client, Pool } from "pg";
import { inject } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { Hooks } from "../../dev/database/neon-proxy.ts";
import type { Model } from "../../shared/ai/index.ts";
import type { MessageEvent, ProviderEvent } from "../../shared/channels/events.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { callAs } from "../../shared/db/call.ts";
import type { CommandFunction } from "../../shared/db/call.ts";
import type { Row } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import { begin } from "../../shared/turns/begin.ts";
import type { TurnTools } from "../../shared/turns/run.ts";
import { deliver } from "../../workers/sending/deliver.ts";
import { message, newCustomer } from "../factories/events.ts";
import type { Tenant } from "../factories/tenant.ts";
import { acceptsAll, opened } from "./turn-fixtures.ts";
import type { Send } from "./turn-fixtures.ts";

export { acceptsAll };
export type { Send };

export type Harness = Awaited<ReturnType<typeof openHarness>>;

/** A database of its own, our way into it, and an administrator's connection beside it to look and to move time. */
export async function openHarness(hooks: Hooks = {}) {
  const database = await createTestDatabase(inject("cluster"), hooks);
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const clients: Client[] = [];

  const connect = async () => {
    const client = new Client({ connectionString: database.adminUrl });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const admin = new Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on("error", () => {}); // dropping the database cuts its connections
  const rows = async (text: string, params: unknown[] = []): Promise<Row[]> => (await admin.query(text, params)).rows;
  const row = async (text: string, params: unknown[] = []): Promise<Row> => {
    const [first] = await rows(text, params);
    if (first === undefined) throw new Error(`no row: ${text}`);
    return first;
  };

  const arrive = (...events: ProviderEvent[]) => ingest(exec, { provider: "meta", received_at: Date.now(), events });
  const writes = async (tenant: Tenant, customer: string, ...lines: Partial<MessageEvent>[]): Promise<string> => {
    await arrive(...lines.map((line) => message(tenant.phone_number_id, customer, line)));
    const { id } = await row(
      "select v.id from conversations v join contacts k on k.id = v.contact_id where v.channel_id = $1 and k.wa_id = $2",
      [tenant.channel_id, customer],
    );
    return String(id);
  };

  const as = async <Result>(
    { api_key }: Pick<Tenant, "api_key">,
    name: CommandFunction,
    argument: Row,
    scope = "write",
  ) => callAs<Result>(exec, { key_hash: await sha256Hex(api_key), scope, role: "switchboard_worker" }, name, argument);

  return {
    exec,
    connect,
    rows,
    row,
    arrive,
    close: async () => {
      await Promise.all([admin.end(), ...clients.map((client) => client.end())]);
      await database.drop();
    },
    /** Lines from one customer, in one webhook; answers the conversation. */
    writes,
    conversation: (id: string) => row("select * from conversations where id = $1", [id]),
    messages: (id: string) => rows("select * from messages where conversation_id = $1 order by created_at, id", [id]),
    attempts: (id: string) =>
      rows("select * from send_attempts where conversation_id = $1 order by position, number", [id]),
    turns: (id: string) => rows("select * from ai_turns where conversation_id = $1 order by started_at, id", [id]),
    usage: async (tenant: Tenant): Promise<Row> =>
      (await rows("select * from usage_periods where org_id = $1 order by period desc", [tenant.org_id]))[0] ?? {},
    as,
    /** What a person sends: a text into a conversation; answers as the command does. */
    says: (tenant: Tenant, conversation_id: string, text: string, change: Row = {}): Promise<Sending> =>
      as(tenant, "send_message_v1", {
        conversation_id,
        type: "text",
        text,
        payload: { type: "text", text },
        lease_seconds: 30,
        ...change,
      }),
    /** Resolves when as many of this database's backends wait for a lock: the overlap that a race needs. */
    waiting: async (backends = 1): Promise<void> => {
      for (;;) {
        const { n } = await row(BLOCKED);
        if (Number(n) >= backends) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    /** A conversation with one line from the customer, and its turn begun. */
    begun: async (tenant: Tenant, turn_id: string = crypto.randomUUID()) => {
      const customer = newCustomer();
      const conversation_id = await writes(tenant, customer, {});
      return { ...opened(await begin(exec, conversation_id, turn_id)), conversation_id, customer };
    },
    /** What the conversation's object works with: our own delivery, over a provider and a model that the test scripts. */
    tools: (script: { model: Model; send?: Send }): TurnTools => {
      const send = script.send ?? acceptsAll();
      const providers = { send, mark_read: () => Promise.resolve(true) };
      const plain = { random: () => 0, log: () => {} };
      return {
        exec,
        ...plain,
        model: script.model,
        now: Date.now,
        show_typing: () => Promise.resolve(),
        deliver: (next) => deliver(next, { exec, providers, ...plain, sleep: () => Promise.resolve() }),
      };
    },
  };
}

const BLOCKED = `select count(*) as n from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;

/** What the SQL of a sending command answers. */
export interface Sending {
  message_id: string;
  delivery_status: string;
  gate: { allowed: boolean; rule: string | null } | null;
  next: Claim;
}
