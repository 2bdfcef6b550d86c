import { once } from "node:events";
import { createClient } from "@supabase/supabase-js";
import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { newSigningKey } from "../../dev/signing-key.ts";
import { bundleWorker } from "../../dev/worker/bundle.ts";
import { startWorker } from "../../dev/worker/run.ts";
import type { RunningWorker } from "../../dev/worker/run.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createMember, createTenant, TEST_MASTER_KEY } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";

const JWT_SECRET = "a secret of the product's own tests";
const NOWHERE = "http://127.0.0.1:9";
const WAIT = { timeout: 20_000, interval: 50 };

let database: TestDatabase;
let worker: RunningWorker;
let exec: Exec;
let ours: Tenant;
let theirs: Tenant;
let customer: string;
const clients: SupabaseClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  worker = await startWorker({
    bundle: await bundleWorker(),
    bindings: {
      DATABASE_URL: database.workerUrl,
      NEON_ENDPOINT: database.fetchEndpoint,
      META_APP_SECRET: "app-secret",
      META_VERIFY_TOKEN: "verify",
      META_GRAPH_URL: `${NOWHERE}/v25.0`,
      GEMINI_API_KEY: "key",
      GEMINI_BASE_URL: NOWHERE,
      VAULT_MASTER_KEY: TEST_MASTER_KEY,
      JWT_SECRET,
      AUTH_PRIVATE_JWK: newSigningKey(),
    },
  });
});
afterAll(async () => {
  await worker.stop();
  await database.drop();
});
beforeEach(async () => {
  [ours, theirs] = [await createTenant(exec), await createTenant(exec)];
  customer = newCustomer();
  await writes(ours, "Hello");
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((sb) => sb.removeAllChannels()));
});

const token = (claims: Record<string, unknown>, lives_seconds = 3600) =>
  new SignJWT({ exp: Math.floor(Date.now() / 1000) + lives_seconds, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(JWT_SECRET));

async function client(key: string, bearer?: string, vsn?: "1.0.0" | "2.0.0"): Promise<SupabaseClient> {
  const sb = createClient(worker.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    ...(bearer !== undefined && { accessToken: async () => bearer }),
    ...(vsn && { realtime: { vsn } }),
  });
  clients.push(sb);
  return sb;
}
const anon = () => token({ role: "anon" });
const user = async (user_id: string, vsn?: "1.0.0" | "2.0.0") =>
  client(await anon(), await token({ role: "authenticated", sub: user_id }), vsn);

/** The customer writes: straight into the database, as a webhook would. */
const writes = (tenant: Tenant, content: string) =>
  ingest(exec, {
    provider: "meta",
    received_at: Date.now(),
    events: [message(tenant.phone_number_id, customer, { content })],
  });

/** Resolves when the server has said that changes are listened to. */
function subscribed(channel: RealtimeChannel): Promise<RealtimeChannel> {
  return new Promise((resolve, reject) => {
    channel.on("system", {}, ({ extension, status, message: words }) => {
      if (extension === "postgres_changes" && status === "ok") resolve(channel);
      if (status === "error") reject(new Error(words));
    });
    channel.subscribe((status, error) => {
      if (status === "CHANNEL_ERROR" || status === "TIMED_OUT") reject(error ?? new Error(status));
    });
  });
}
const joined = (channel: RealtimeChannel) =>
  new Promise<void>((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === "SUBSCRIBED") resolve();
      if (status === "CHANNEL_ERROR") reject(error ?? new Error(status));
    });
  });

/** New messages of a workspace, as a dashboard listens for them. */
async function listens(sb: SupabaseClient, tenant: Tenant): Promise<string[]> {
  const heard: string[] = [];
  await subscribed(
    sb
      .channel("all-messages")
      .on(
        "postgres_changes",
        { event: "INSERT", schema: "public", table: "messages", filter: `business_id=eq.${tenant.business_id}` },
        ({ new: row }) => void heard.push(String(row["content"])),
      ),
  );
  return heard;
}

/** A socket of our own, which listens to all messages: the client would always read. */
async function listensRaw(apikey: string, access_token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}/realtime/v1/websocket?apikey=${apikey}&vsn=1.0.0`);
  const listening = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      if (/"event":"system"/.test(String(data))) resolve();
    });
  });
  await once(socket, "open");
  const postgres_changes = [{ event: "INSERT", schema: "public", table: "messages" }];
  const payload = { config: { broadcast: {}, presence: {}, postgres_changes }, access_token };
  socket.send(JSON.stringify({ topic: "realtime:still", event: "phx_join", payload, ref: "1", join_ref: "1" }));
  await listening;
  return socket;
}

describe("row changes", () => {
  test.each(["1.0.0", "2.0.0"] as const)(
    "new messages, a changed conversation and a delivery reach a dashboard (version %s)",
    async (vsn) => {
      const sb = await user(ours.owner.user_id, vsn);
      const heard = await listens(sb, ours);
      const statuses: string[] = [];
      await subscribed(
        sb
          .channel("convo-updates")
          .on("postgres_changes", { event: "UPDATE", schema: "public", table: "conversations" }, (change) => {
            statuses.push(change.new["status"]);
            expect(change).toMatchObject({
              eventType: "UPDATE",
              schema: "public",
              table: "conversations",
              errors: null,
            });
          }),
      );
      await writes(ours, "Are you open?");
      await expect.poll(() => heard, WAIT).toEqual(["Are you open?"]);
      await sb.from("conversations").update({ status: "resolved" }).eq("business_id", ours.business_id);
      await expect.poll(() => statuses, WAIT).toContain("resolved");
    },
  );

  test("values have the types of their columns", async () => {
    const sb = await user(ours.owner.user_id);
    const rows: Record<string, unknown>[] = [];
    await subscribed(
      sb
        .channel("contacts")
        .on("postgres_changes", { event: "UPDATE", schema: "public", table: "contacts" }, (change) => {
          rows.push(change.new);
        }),
    );
    await sb
      .from("contacts")
      .update({ tags: ["vip", "a,b"] })
      .eq("business_id", ours.business_id);
    await expect
      .poll(() => rows, WAIT)
      .toMatchObject([{ tags: ["vip", "a,b"], unread_count: 1, phone: `+${customer}` }]);
  });

  test("F150: a stranger hears nothing, and a member no more after leaving", async () => {
    const agent = await createMember(exec, ours);
    const [mine, foreign] = [
      await listens(await user(agent.user_id), ours),
      await listens(await user(theirs.owner.user_id), ours),
    ];
    const witness = await listens(await user(ours.owner.user_id), ours);
    await writes(ours, "one");
    await expect.poll(() => [mine, witness], WAIT).toEqual([["one"], ["one"]]);
    await exec({ role: "switchboard_worker" }, [
      { text: "update public.team_members set active = false where id = $1", params: [agent.team_member_id] },
    ]);
    await writes(ours, "two");
    await expect.poll(() => witness, WAIT).toEqual(["one", "two"]);
    expect([mine, foreign]).toEqual([["one"], []]);
  });

  test("F150: columns that nobody reads are not in a change either", async () => {
    const sb = await user(ours.owner.user_id);
    const rows: Record<string, unknown>[] = [];
    await subscribed(
      sb
        .channel("c")
        .on(
          "postgres_changes",
          { event: "*", schema: "public", table: "channels" },
          (change) => void rows.push(change.new),
        ),
    );
    await sb.from("channels").update({ label: "Shop" }).eq("id", ours.channel_id);
    await expect.poll(() => rows, WAIT).toMatchObject([{ label: "Shop" }]);
    expect(rows[0]).not.toHaveProperty("access_token");
  });

  test("F148: many changes arrive once each, in their order", async () => {
    const heard = await listens(await user(ours.owner.user_id), ours);
    const texts = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    for (const text of texts) await writes(ours, text);
    await expect.poll(() => heard.length, WAIT).toBeGreaterThanOrEqual(60);
    expect(heard).toEqual(texts);
  });

  test("F149: subscribers that never read and one that breaks off delay nobody", async () => {
    const bearer = await token({ role: "authenticated", sub: ours.owner.user_id });
    const apikey = await anon();
    const still = await Promise.all(Array.from({ length: 4 }, () => listensRaw(apikey, bearer)));
    const [broken, ...slow] = still;
    for (const socket of slow) socket.pause();
    const heard = await listens(await user(ours.owner.user_id), ours);
    const texts = Array.from({ length: 40 }, (_, i) => `line ${i} ${"x".repeat(3_000)}`);
    for (const [i, text] of texts.entries()) {
      if (i === 10) broken?.terminate();
      await writes(ours, text);
    }
    await expect.poll(() => heard.length, WAIT).toBe(texts.length);
    expect(heard).toEqual(texts);
    for (const socket of slow) socket.terminate();
    await writes(ours, "after them");
    await expect.poll(() => heard.at(-1), WAIT).toBe("after them");
  });

  test("F143: a revoked key is told so, and hears nothing more", async () => {
    const sb = await client(ours.api_key);
    const heard = await listens(sb, ours);
    const words: string[] = [];
    sb.getChannels()[0]?.on("system", {}, ({ message: said }) => void words.push(said));
    await exec({ role: "switchboard_worker" }, [
      { text: "update public.api_keys set revoked_at = now() where org_id = $1", params: [ours.org_id] },
    ]);
    await expect.poll(() => words, WAIT).toContain("This API key was revoked.");
    const witness = await listens(await user(ours.owner.user_id), ours);
    await writes(ours, "later");
    await expect.poll(() => witness, WAIT).toEqual(["later"]);
    expect(heard).toEqual([]);
  });

  test.each([
    ["a table that is not there", { event: "*", schema: "public", table: "nothing" }, "no table"],
    ["another schema", { event: "*", schema: "switchboard", table: "outbox" }, "only of"],
    [
      "a filter by an unknown column",
      { event: "*", schema: "public", table: "messages", filter: "secret=eq.1" },
      "no column",
    ],
  ] as const)("%s is refused with a reason", async (_, asked, reason) => {
    const sb = await user(ours.owner.user_id);
    const channel = sb.channel("wrong").on("postgres_changes", asked as never, () => {});
    await expect(subscribed(channel)).rejects.toThrow(reason);
  });

  test("a token that has ended ends what was joined with it", async () => {
    const sb = await client(await anon(), await token({ role: "authenticated", sub: ours.owner.user_id }, 3));
    await listens(sb, ours);
    const words: string[] = [];
    sb.getChannels()[0]?.on("system", {}, ({ message: said }) => void words.push(said));
    await expect.poll(() => words, WAIT).toContain("Token has expired. Sign in again.");
  });
});

describe("catching up", () => {
  const feed = async (after: number, key = ours.api_key, org_id = ours.org_id) => {
    const response = await fetch(`${worker.url}/realtime/v1/feed?org_id=${org_id}&after=${after}`, {
      headers: { apikey: key },
    });
    return (await response.json()) as { events: { seq: number; table: string }[]; last_seq: number; reset: boolean };
  };

  test("F148: what was missed comes once, in order, without a gap", async () => {
    const { last_seq } = await feed(0);
    await writes(ours, "missed");
    const missed = await feed(last_seq);
    expect(missed.events.map(({ seq }) => seq)).toEqual(missed.events.map((_, i) => last_seq + 1 + i));
    expect(missed.events.map(({ table }) => table)).toContain("messages");
    expect(await feed(missed.last_seq)).toMatchObject({ events: [], last_seq: missed.last_seq, reset: false });
  });

  test("F150: and is nobody else's", async () => {
    await writes(ours, "secret");
    expect(await feed(0, theirs.api_key)).toMatchObject({ events: [] });
  });

  test("from a number that there has not been yet says to start anew", async () => {
    expect(await feed(1_000_000)).toMatchObject({ events: [], reset: true });
  });
});

describe("broadcast and presence", () => {
  test("what one says the others hear, the speaker only when it asked to", async () => {
    const [a, b] = [await user(ours.owner.user_id), await user(theirs.owner.user_id, "1.0.0")];
    const heard: [string, unknown][] = [];
    const one = a.channel("room", { config: { broadcast: { self: true, ack: true } } });
    const two = b.channel("room");
    one.on("broadcast", { event: "cursor" }, ({ payload }) => void heard.push(["one", payload]));
    two.on("broadcast", { event: "cursor" }, ({ payload }) => void heard.push(["two", payload]));
    await Promise.all([joined(one), joined(two)]);
    expect(await one.send({ type: "broadcast", event: "cursor", payload: { x: 1 } })).toBe("ok");
    await expect
      .poll(() => heard.toSorted(), WAIT)
      .toEqual([
        ["one", { x: 1 }],
        ["two", { x: 1 }],
      ]);
    expect(await two.send({ type: "broadcast", event: "cursor", payload: { x: 2 } })).toBe("ok");
    await expect.poll(() => heard, WAIT).toContainEqual(["one", { x: 2 }]);
    expect(heard).not.toContainEqual(["two", { x: 2 }]);
  });

  test("over HTTP too", async () => {
    const sb = await user(ours.owner.user_id);
    const heard: unknown[] = [];
    const channel = sb.channel("news").on("broadcast", { event: "flash" }, ({ payload }) => void heard.push(payload));
    await joined(channel);
    const response = await fetch(`${worker.url}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { apikey: await anon(), "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ topic: "news", event: "flash", payload: { n: 1 } }] }),
    });
    expect(response.status).toBe(202);
    await expect.poll(() => heard, WAIT).toEqual([{ n: 1 }]);
  });

  test("who is there is known to all who are, and that somebody went", async () => {
    const [a, b] = [await user(ours.owner.user_id), await user(theirs.owner.user_id)];
    const watching = a.channel("lobby", { config: { presence: { key: "ann", enabled: true } } });
    watching.on("presence", { event: "sync" }, () => {});
    await joined(watching);
    await watching.track({ name: "Ann" });
    const coming = b.channel("lobby", { config: { presence: { key: "ben", enabled: true } } });
    coming.on("presence", { event: "sync" }, () => {});
    await joined(coming);
    await coming.track({ name: "Ben" });
    const names = (channel: RealtimeChannel) => Object.keys(channel.presenceState()).toSorted();
    await expect
      .poll(() => [names(watching), names(coming)], WAIT)
      .toEqual([
        ["ann", "ben"],
        ["ann", "ben"],
      ]);
    await b.removeAllChannels();
    await expect.poll(() => names(watching), WAIT).toEqual(["ann"]);
  });

  test("a private room is for those who may see what it is about", async () => {
    const room = `business:${ours.business_id}:desk`;
    const config = { config: { private: true } };
    await joined((await user(ours.owner.user_id)).channel(room, config));
    await expect(joined((await user(theirs.owner.user_id)).channel(room, config))).rejects.toThrow("Unauthorized");
    await expect(joined((await user(ours.owner.user_id)).channel("anything", config))).rejects.toThrow("Unauthorized");
  });
});

test.each([
  ["no key", ""],
  ["a key of somebody else's", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.AAAA"],
])("a socket with %s is refused", async (_, key) => {
  const response = await fetch(`${worker.url}/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`, {
    headers: { upgrade: "websocket" },
  }).catch(() => null);
  // what cannot upgrade over fetch asks as a socket instead
  if (response) expect([401, 426]).toContain(response.status);
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`);
  await expect(
    new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve("open"));
      socket.addEventListener("error", () => reject(new Error("refused")));
    }),
  ).rejects.toThrow("refused");
});
