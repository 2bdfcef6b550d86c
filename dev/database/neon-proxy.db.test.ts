import { neon, neonConfig, Pool, type NeonDbError } from "@neondatabase/serverless";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Backend } from "./backend.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { startNeonProxy, type Hooks, type NeonProxy } from "./neon-proxy.ts";
import { openPglite } from "./pglite.ts";
import { connectPostgres, loginUrl } from "./postgres.ts";

const PASSWORD = "p@ss word";
const LOGINS = { authenticator: PASSWORD };
const SETUP = [
  `create role authenticator login noinherit password '${PASSWORD}'`,
  "create role tenant nologin",
  "grant tenant to authenticator",
  "create table things (id int primary key, name text not null)",
  "grant all on things to tenant",
];

neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
neonConfig.wsProxy = (host, port) => `${host}:${port}/v2`;
neonConfig.useSecureWebSocket = false;
neonConfig.webSocketConstructor = WebSocket;

const engines: Record<string, () => Promise<Backend>> = {
  "real Postgres": async () => {
    const server = await startEmbeddedPostgres();
    const backend = connectPostgres({ adminUrl: server.adminUrl, logins: LOGINS });
    return { ...backend, close: () => backend.close().then(server.stop) };
  },
  PGlite: () => openPglite({ logins: LOGINS }),
};

describe.each(Object.entries(engines))("%s", (engine, open) => {
  let backend: Backend;
  let proxy: NeonProxy;
  let hooks: Hooks;
  let adminUrl: string;
  let workerUrl: string;

  const asWorker = () => neon(workerUrl);
  const failureOf = (work: Promise<unknown>): Promise<NeonDbError> =>
    work.then(
      () => expect.fail("it was not refused"),
      (error: NeonDbError) => error,
    );

  beforeAll(async () => {
    backend = await open();
    const queries = SETUP.map((query) => ({ query, params: [] }));
    await backend.run({ user: "postgres", queries, transaction: true });
    proxy = await startNeonProxy({
      backend,
      logins: LOGINS,
      hooks: {
        before: (request) => hooks.before?.(request),
        after: (request, outcome) => hooks.after?.(request, outcome),
      },
    });
    const url = new URL(backend.adminUrl);
    url.port = String(proxy.port);
    adminUrl = url.href;
    workerUrl = loginUrl(adminUrl, "authenticator", PASSWORD);
  });

  beforeEach(async () => {
    hooks = {};
    Object.assign(proxy.availability, { state: "up", ms: 0 });
    await neon(adminUrl)`truncate things`;
  });

  afterAll(async () => {
    await proxy.close();
    await backend.close();
  });

  test("values of many types arrive as on Neon", async () => {
    const sql = neon(adminUrl, { arrayMode: true });
    const [row] =
      await sql`select 9007199254740993::int8, 0.10::numeric, ${true}::bool, ${null}::text, '\\x00ff'::bytea,
      '{"a":[1]}'::jsonb, array['x','y,z'], '2026-02-03 04:05:06.789+00'::timestamptz, ${"é☃"}::text, '1 day'::interval::text`;
    expect(row).toEqual([
      "9007199254740993",
      "0.10",
      true,
      null,
      Buffer.from([0, 255]),
      { a: [1] },
      ["x", "y,z"],
      new Date("2026-02-03T04:05:06.789Z"),
      "é☃",
      "1 day",
    ]);
  });

  test("a result carries command, count and fields", async () => {
    const result = await neon(adminUrl, {
      fullResults: true,
    })`insert into things values (1, 'a'), (2, 'b') returning id`;
    expect(result).toMatchObject({
      command: "INSERT",
      rowCount: 2,
      fields: [{ name: "id", dataTypeID: 23 }],
      rows: [{ id: 1 }, { id: 2 }],
    });
  });

  test("the Worker's login has no rights of its own and takes a role for one transaction", async () => {
    const sql = asWorker();
    expect(await sql`select current_user as role`).toEqual([{ role: "authenticator" }]);
    expect((await failureOf(sql`select * from things`)).code).toBe("42501");
    const [, rows] = await sql.transaction([
      sql`select set_config('role', 'tenant', true)`,
      sql`select current_user as role`,
    ]);
    expect(rows).toEqual([{ role: "tenant" }]);
    expect(await sql`select current_user as role`).toEqual([{ role: "authenticator" }]);
  });

  test("one failing statement undoes the batch, with all fields of its error", async () => {
    const sql = neon(adminUrl);
    const error = await failureOf(
      sql.transaction([
        sql`insert into things values (1, 'a')`,
        sql`insert into things values (1, 'again')`,
        sql`insert into things values (2, 'b')`,
      ]),
    );
    expect(error).toMatchObject({
      code: "23505",
      severity: "ERROR",
      constraint: "things_pkey",
      table: "things",
      schema: "public",
      detail: "Key (id)=(1) already exists.",
    });
    expect(await sql`select * from things`).toEqual([]);
  });

  test("the connection is as good as new after a failed batch", async () => {
    const sql = asWorker();
    await failureOf(sql.transaction([sql`select set_config('role', 'tenant', true)`, sql`select 1/0`]));
    expect(await sql`select current_user as role, 1 as n`).toEqual([{ role: "authenticator", n: 1 }]);
  });

  test("transaction modes are honoured", async () => {
    const sql = neon(adminUrl);
    const modes = { isolationLevel: "Serializable", readOnly: true, deferrable: true } as const;
    const show = ["transaction_isolation", "transaction_read_only", "transaction_deferrable"].map(
      (name) => sql`select current_setting(${name}) as value`,
    );
    expect((await sql.transaction(show, modes)).flat()).toEqual([
      { value: "serializable" },
      { value: "on" },
      { value: "on" },
    ]);
    expect((await failureOf(sql.transaction([sql`delete from things`], { readOnly: true }))).code).toBe("25006");
  });

  test("several statements in one string are refused, as on Neon", async () => {
    expect((await failureOf(neon(adminUrl).query("select 1; select 2"))).code).toBe("42601");
  });

  test("a wrong password is refused on both ways in", async () => {
    const wrong = loginUrl(adminUrl, "authenticator", "wrong");
    expect((await failureOf(neon(wrong)`select 1`)).code).toBe("28P01");
    const pool = new Pool({ connectionString: wrong });
    pool.on("error", () => {});
    await expect(pool.query("select 1")).rejects.toThrow("password authentication failed");
    await pool.end();
  });

  test("a WebSocket pool holds a conversation", async () => {
    const pool = new Pool({ connectionString: adminUrl });
    pool.on("error", () => {});
    const client = await pool.connect();
    await client.query("begin");
    await client.query("insert into things values ($1, $2)", [7, "seven"]);
    const { rows } = await client.query("select name from things where id = $1", [7]);
    await client.query("rollback");
    client.release();
    expect(rows).toEqual([{ name: "seven" }]);
    expect((await pool.query("select count(*)::int as n from things")).rows).toEqual([{ n: 0 }]);
    await pool.end();
  });

  test("a cut before the database leaves nothing, a cut after it leaves all of it", async () => {
    const sql = neon(adminUrl);
    const cut = () => {
      throw new Error("cut");
    };
    hooks = { before: cut };
    expect((await failureOf(sql`insert into things values (1, 'before')`)).code).toBeUndefined();
    hooks = { after: cut };
    expect((await failureOf(sql`insert into things values (2, 'after')`)).code).toBeUndefined();
    hooks = {};
    expect(await sql`select name from things`).toEqual([{ name: "after" }]);
  });

  test("hooks see the statements and how they ended", async () => {
    const seen: unknown[] = [];
    hooks = {
      before: ({ batch }) => void seen.push(batch.user, batch.queries[0]?.query),
      after: (_, outcome) => void seen.push(Object.keys(outcome)),
    };
    await asWorker()`select 1`;
    await failureOf(asWorker()`select 1/0`);
    expect(seen).toEqual(["authenticator", "select 1", ["results"], "authenticator", "select 1/0", ["error"]]);
  });

  test("down means no answer on both ways in, up again means an answer", async () => {
    proxy.availability.state = "down";
    expect((await failureOf(asWorker()`select 1`)).code).toBeUndefined();
    const pool = new Pool({ connectionString: adminUrl });
    pool.on("error", () => {});
    await expect(pool.query("select 1")).rejects.toBeDefined();
    await pool.end();
    proxy.availability.state = "up";
    expect(await asWorker()`select 1 as n`).toEqual([{ n: 1 }]);
  });

  test("slow means the same answer, later, on both ways in", async () => {
    Object.assign(proxy.availability, { state: "slow", ms: 60 });
    const before = performance.now();
    expect(await asWorker()`select 1 as n`).toEqual([{ n: 1 }]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
    const pool = new Pool({ connectionString: adminUrl });
    pool.on("error", () => {});
    expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    await pool.end();
  });

  test.skipIf(engine === "PGlite")("two batches overlap", async () => {
    const sql = neon(adminUrl);
    // Each waits for a lock that the other holds at first: only overlapping transactions deadlock.
    const crossing = (first: number, second: number) =>
      sql.transaction([
        sql`select pg_advisory_xact_lock(${first})`,
        sql`select pg_sleep(0.2)`,
        sql`select pg_advisory_xact_lock(${second})`,
      ]);
    const outcomes = await Promise.allSettled([crossing(1, 2), crossing(2, 1)]);
    const codes = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "ok"));
    expect(codes.toSorted()).toEqual(["40P01", "ok"]);
  });

  test("many interleaved batches keep their own settings", async () => {
    const sql = asWorker();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, tenant) =>
        sql.transaction([
          sql`select set_config('request.jwt.claims', ${String(tenant)}, true)`,
          sql`select current_setting('request.jwt.claims') as claims`,
        ]),
      ),
    );
    expect(answers.map(([, rows]) => rows?.[0]?.["claims"])).toEqual(answers.map((_, tenant) => String(tenant)));
    expect(await sql`select coalesce(current_setting('request.jwt.claims', true), '') as claims`).toEqual([
      { claims: "" },
    ]);
  });
});
