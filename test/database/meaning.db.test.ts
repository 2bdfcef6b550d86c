import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNeonProxy } from "../../dev/database/neon-proxy.ts";
import { openPglite } from "../../dev/database/pglite.ts";
import { loginUrl } from "../../dev/database/postgres.ts";
import { migrate } from "../../dev/migrate.ts";
import { embedText } from "../../dev/simulators/gemini/embed.ts";
import { unit } from "../../shared/ai/embedder.ts";
import type { Embedder, Rater } from "../../shared/ai/index.ts";
import { callAs } from "../../shared/db/call.ts";
import type { CommandFunction } from "../../shared/db/call.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import type { Exec, Row } from "../../shared/db/exec.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { catchUp } from "../../shared/meaning/catch-up.ts";
import { searchMessages } from "../../workers/functions/commands/search-messages.ts";
import { edit, message, newCustomer, seconds } from "../factories/events.ts";
import { createMember, createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";

const MODEL = "test-space";
const UP = { embedder: true, rater: true };

/** The vendor, which can be away. */
const vendor = { ...UP, calls: 0 };
const embedder: Embedder = {
  embed: (texts) => {
    vendor.calls++;
    const vectors = texts.map((text) => unit(embedText(text, 1536, MODEL)) ?? []);
    return Promise.resolve(
      vendor.embedder
        ? { outcome: "vectors", model: MODEL, vectors }
        : { outcome: "error", code: "UNAVAILABLE", message: "" },
    );
  },
};
const usage = { prompt_tokens: 10, output_tokens: 2, thinking_tokens: 0, cached_tokens: 0, cost_micro_usd: 7 };
const rater: Rater = {
  rate: (texts) =>
    Promise.resolve(
      vendor.rater
        ? {
            outcome: "ratings",
            ratings: texts.map((text) => (text.includes("terrible") ? -0.8 : 0.5)),
            requested_model: "m",
            served_model: "m-1",
            usage,
          }
        : { outcome: "error", code: "UNAVAILABLE", message: "" },
    ),
};

/** What both databases are asked. */
function on(exec: () => Exec) {
  const rows = async (text: string, params: unknown[] = []): Promise<Row[]> =>
    (await exec()({ role: "switchboard_worker" }, [{ text, params }]))[0] ?? [];
  return {
    rows,
    says: async (tenant: Tenant, ...contents: string[]) => {
      const customer = newCustomer();
      const at = seconds() - 600;
      const events = contents.map((content, i) =>
        message(tenant.phone_number_id, customer, { content, at: at + i, wakes: false }),
      );
      await ingest(exec(), { provider: "meta", received_at: Date.now(), events });
      return events;
    },
    catchUp: () => catchUp({ exec: exec(), embedder, rater, now: Date.now, log: () => {} }, 60_000),
    search: async ({ api_key }: Tenant, query: string, by: "text" | "meaning", change: { limit?: number } = {}) => {
      const session = { key_hash: await sha256Hex(api_key), scope: "read", role: "switchboard_worker" } as const;
      const { messages } = await searchMessages.run(searchMessages.input.parse({ query, by, ...change }), {
        call: <Result>(name: CommandFunction, argument: Row) => callAs<Result>(exec(), session, name, argument),
        tools: { embedder } as never,
        ask: () => Promise.reject(new Error("no provider is asked")),
        wake: () => {},
        wake_campaign: () => {},
        origin: "https://switchboard.test",
        afterwards: () => {},
      });
      return searchMessages.output.parse({ messages }).messages;
    },
  };
}
const contents = (found: { content: string }[]) => found.map(({ content }) => content);

describe("where the database has vectors", () => {
  let exec: Exec;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const logins = { authenticator: "secret" };
    const backend = await openPglite({ logins });
    const client = new Client({ connectionString: backend.adminUrl });
    await client.connect();
    await migrate({
      database: (text, params) => client.query(text, params),
      directory: join(import.meta.dirname, "..", "..", "migrations"),
      loginPassword: "secret",
    });
    await client.end();
    const proxy = await startNeonProxy({ backend, logins });
    exec = createNeonExec({
      connection_string: loginUrl(backend.adminUrl, "authenticator", "secret"),
      endpoint: proxy.fetchEndpoint,
    });
    close = async () => {
      await proxy.close();
      await backend.close();
    };
  }, 60_000);
  afterAll(() => close());

  const db = on(() => exec);

  test("what is said is found by meaning, nearest first, with its model and at unit length", async () => {
    const tenant = await createTenant(exec);
    await db.says(tenant, "my parcel never arrived", "do you sell red mugs", "[image]");
    const done = await db.catchUp();
    expect(done).toMatchObject({ indexed: 3, rated: 3 });
    const found = await db.search(tenant, "parcel arrived", "meaning");
    expect(contents(found)).toEqual(["my parcel never arrived", "do you sell red mugs"]);
    expect(found[0]?.score).toBeGreaterThan(0.5);
    const lengths = await db.rows(
      "select round((embedding operator(public.<#>) embedding)::numeric, 4)::float as product, embedding_model from public.messages where business_id = $1 and embedding is not null",
      [tenant.business_id],
    );
    expect(lengths).toEqual([
      { product: -1, embedding_model: MODEL },
      { product: -1, embedding_model: MODEL },
    ]);
  });

  test("while the model is away nothing is lost: text search goes on, and meaning is filled in afterwards", async () => {
    const tenant = await createTenant(exec);
    await db.says(tenant, "where is my order");
    Object.assign(vendor, { embedder: false, rater: false });
    expect(await db.catchUp()).toEqual({ indexed: 0, rated: 0, next_due_in_ms: 60_000 });
    expect(contents(await db.search(tenant, "ORDER my", "text"))).toEqual(["where is my order"]);
    await expect(db.search(tenant, "order", "meaning")).rejects.toMatchObject({ code: "unavailable" });
    Object.assign(vendor, UP);
    expect(await db.catchUp()).toMatchObject({ indexed: 1, rated: 1, next_due_in_ms: null });
    expect(contents(await db.search(tenant, "my order", "meaning"))).toEqual(["where is my order"]);
  });

  test("once everything is embedded the model is not asked again, and an edited text is embedded anew", async () => {
    const tenant = await createTenant(exec);
    const [line] = await db.says(tenant, "two blue shirts");
    await db.catchUp();
    const { calls } = vendor;
    await db.catchUp();
    expect(vendor.calls).toBe(calls);
    if (line)
      await ingest(exec, { provider: "meta", received_at: Date.now(), events: [edit(line, "three green hats")] });
    await db.catchUp();
    const [hit] = await db.search(tenant, "green hats", "meaning");
    expect([hit?.content, (hit?.score ?? 0) > 0.7]).toEqual(["three green hats", true]);
  });

  test("F142: neither search crosses a tenant, however much nearer the others' messages are", async () => {
    const [ours, theirs] = [await createTenant(exec), await createTenant(exec)];
    await db.says(theirs, ...Array.from({ length: 120 }, (_, i) => `secret recipe number ${i}`));
    await db.says(ours, "a recipe of ours");
    await db.catchUp();
    expect(contents(await db.search(ours, "secret recipe", "meaning"))).toEqual(["a recipe of ours"]);
    expect(contents(await db.search(ours, "recipe", "text"))).toEqual(["a recipe of ours"]);
    expect(await db.search(ours, "secret", "text")).toEqual([]);
    expect(await db.search(theirs, "secret recipe", "meaning", { limit: 5 })).toHaveLength(5);
  });

  test("vectors of another model are not compared with", async () => {
    const tenant = await createTenant(exec);
    await db.says(tenant, "apples and pears");
    await db.catchUp();
    await db.rows("update public.messages set embedding_model = 'older' where business_id = $1", [tenant.business_id]);
    expect(await db.search(tenant, "apples", "meaning")).toEqual([]);
  });
});

describe("where it has none", () => {
  let h: Awaited<ReturnType<typeof openHarness>>;
  beforeAll(async () => void (h = await openHarness()));
  afterAll(() => h.close());
  const db = on(() => h.exec);

  test("text is found all the same, before and after search has learned of it, and nobody asks a model for vectors", async () => {
    const tenant = await createTenant(h.exec);
    await db.says(tenant, "the 50% off_er", "something else");
    const look = async () => contents(await db.search(tenant, "50% off_", "text"));
    const { calls } = vendor;
    expect(await look()).toEqual(["the 50% off_er"]);
    expect(await db.catchUp()).toMatchObject({ indexed: 2 });
    expect(await look()).toEqual(["the 50% off_er"]);
    expect(vendor.calls).toBe(calls);
    await expect(db.search(tenant, "offer", "meaning")).rejects.toMatchObject({ code: "SB400" });
  });

  test("moods from -1 to 1 are filled in where no turn has, and a turn's own stay; the cost is the organization's", async () => {
    const tenant = await createTenant(h.exec);
    await db.says(tenant, "this is terrible", "lovely", "rated by a turn", "[image]");
    await db.rows("update public.messages set sentiment = 0.1 where business_id = $1 and content like 'rated%'", [
      tenant.business_id,
    ]);
    await db.catchUp();
    const moods = await db.rows(
      "select content, sentiment, sentiment_model from public.messages where business_id = $1 order by seq",
      [tenant.business_id],
    );
    expect(moods).toEqual([
      { content: "this is terrible", sentiment: -0.8, sentiment_model: "m-1" },
      { content: "lovely", sentiment: 0.5, sentiment_model: "m-1" },
      { content: "rated by a turn", sentiment: 0.1, sentiment_model: null },
      { content: "[image]", sentiment: null, sentiment_model: "m-1" },
    ]);
    expect(await h.usage(tenant)).toMatchObject({ cost_micro_usd: "7", used: 0 });
  });

  test("F166: an organization whose budget is used up is not charged for moods", async () => {
    const tenant = await createTenant(h.exec, { organization: { monthly_ai_budget_usd: 0 } });
    await db.says(tenant, "this is terrible");
    await db.catchUp();
    expect(await h.usage(tenant)).toEqual({});
  });

  test("a line that a turn may still read is left to it, and the next look is planned", async () => {
    const tenant = await createTenant(h.exec);
    await h.writes(tenant, newCustomer(), { content: "just now" });
    const { rated, next_due_in_ms } = await db.catchUp();
    expect([rated, (next_due_in_ms ?? 0) > 200_000]).toEqual([0, true]);
  });

  test("F142: an agent who sees only what is assigned to it finds only that", async () => {
    const tenant = await createTenant(h.exec, { organization: { agents_see_assigned_only: true } });
    const agent = await createMember(h.exec, tenant);
    const [mine] = await db.says(tenant, "the parcel of Ana");
    await db.says(tenant, "the parcel of Bob");
    const asAgent = () =>
      callAs<{ messages: { content: string }[] }>(
        h.exec,
        { role: "switchboard_worker", claims: { sub: agent.user_id, role: "authenticated" } },
        "search_messages_v1",
        { query: "parcel", limit: 10 },
      );
    expect((await asAgent()).messages).toEqual([]);
    await db.rows(
      `update public.conversations set status = 'assigned', assigned_to = $2
       where id = (select conversation_id from public.messages where wa_message_id = $1)`,
      [mine?.provider_id, agent.team_member_id],
    );
    expect(contents((await asAgent()).messages)).toEqual(["the parcel of Ana"]);
  });

  test("search learns without telling dashboards of changes that they cannot see; moods they are told", async () => {
    const tenant = await createTenant(h.exec);
    await db.says(tenant, "hello there");
    const events = async () =>
      (
        await h.rows(
          "select operation from switchboard.outbox where org_id = $1 and table_name = 'messages' order by id",
          [tenant.org_id],
        )
      ).map(({ operation }) => operation);
    await db.catchUp();
    expect(await events()).toEqual(["INSERT", "UPDATE"]);
  });
});
