import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../dev/database/test-database.ts";
import type { RequestRecord } from "../dev/simulators/index.ts";
import type { DemoStack } from "../dev/stack/stack-file.ts";
import { createForeignDatabase } from "./support/foreign-database.ts";

const ROOT = join(import.meta.dirname, "..");
const READY_MS = 60_000;
const STOP_MS = 5_000;

interface Started {
  /** Resolves when stack.json is there; rejects with the output when the process ends before. */
  ready(): Promise<DemoStack>;
  /** To the whole group. */
  signal(name: NodeJS.Signals): void;
  /** Exit code, null when a signal ended it, and everything printed. */
  ended: Promise<{ code: number | null; output: string }>;
  /** Whether any process of the group is left. */
  isAlive(): boolean;
}

let directory: string;
const groups = new Set<Started>();
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "start-"));
});
afterEach(async () => {
  for (const group of groups) {
    if (group.isAlive()) group.signal("SIGKILL");
    await group.ended;
  }
  groups.clear();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** `npm start` in a process group of its own, as a terminal or a supervisor would run it. */
function start(data: string, flags: string[] = [], env: Record<string, string> = {}): Started {
  const args = ["start", "--", "--port", "0", "--data", data, "--quiet", "--no-demo", ...flags];
  const child = spawn("npm", args, { cwd: ROOT, detached: true, env: { ...process.env, ...env } });
  const chunks: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const { pid = 0 } = child;
  const file = join(data, "stack.json");
  let over = false;
  const ended = once(child, "close").then(([code]) => {
    over = true;
    return { code: code as number | null, output: chunks.join("") };
  });
  const group: Started = {
    ended,
    signal: (name) => void process.kill(-pid, name),
    isAlive() {
      try {
        return process.kill(-pid, 0);
      } catch {
        return false;
      }
    },
    async ready() {
      // An earlier run's file is gone once this one has printed or taken its ports; the ready line comes after the new one.
      await expect
        .poll(() => over || (chunks.join("").includes("ready:") && existsSync(file)), { timeout: READY_MS })
        .toBe(true);
      if (over) throw new Error(`npm start ended: ${(await ended).output}`);
      return JSON.parse(await readFile(file, "utf8"));
    },
  };
  groups.add(group);
  return group;
}

async function json<T>(address: string, body?: unknown): Promise<T> {
  const response = await fetch(address, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  return (await response.json()) as T;
}

const write = ({ simulators, demo }: DemoStack, from: string, text: string) =>
  json<{ status: number }>(`${simulators.control}/_sim/inbound`, {
    provider: "meta",
    from,
    to: demo.phone_number_id,
    text,
  });

/** What WhatsApp was asked to deliver to a customer. */
async function sentTo({ simulators }: DemoStack, wa_id: string): Promise<string[]> {
  const { requests } = await json<{ requests: RequestRecord[] }>(`${simulators.control}/_sim/requests?provider=meta`);
  const bodies = requests.map(({ body }) => body as { to?: string; text?: { body: string } });
  return bodies.flatMap(({ to, text }) => (to?.endsWith(wa_id) && text ? [text.body] : []));
}

async function rows(stack: DemoStack, query: string, params: unknown[] = []) {
  const client = new Client({ connectionString: stack.database_url });
  await client.connect();
  try {
    return (await client.query(query, params)).rows;
  } finally {
    await client.end();
  }
}

const deliveryOf = (stack: DemoStack, phone: string) =>
  rows(
    stack,
    `select m.delivery_status from messages m join contacts c on c.id = m.contact_id
     where c.phone = $1 and m.direction = 'outbound'`,
    [phone],
  );

test("a customer is answered; a kill in between loses nothing; SIGTERM ends it all", { timeout: 240_000 }, async () => {
  const data = join(directory, "whole");
  const first = start(data);
  const stack = await first.ready();
  expect(stack).toMatchObject({ version: 1, demo: { user: { email: expect.stringContaining("@") } } });
  expect((await fetch(`${stack.url}/health`)).status).toBe(200);

  expect(await write(stack, "+447700900101", "Are you open on Saturday?")).toMatchObject({ status: 200 });
  await expect.poll(() => sentTo(stack, "447700900101"), { timeout: 30_000 }).toHaveLength(1);
  await expect
    .poll(() => deliveryOf(stack, "+447700900101"), { timeout: 15_000 })
    .toEqual([{ delivery_status: "read" }]);

  // Acknowledged, and killed before the AI's delay has passed.
  expect(await write(stack, "+447700900102", "How much are your mugs?")).toMatchObject({ status: 200 });
  first.signal("SIGKILL");
  await first.ended;
  await expect.poll(() => first.isAlive(), { timeout: 5_000 }).toBe(false);

  const second = start(data);
  const again = await second.ready();
  expect(again).toEqual(stack);
  await expect.poll(() => sentTo(again, "447700900102"), { timeout: 30_000 }).toHaveLength(1);
  await expect
    .poll(() => deliveryOf(again, "+447700900102"), { timeout: 15_000 })
    .toEqual([{ delivery_status: "read" }]);
  expect(await rows(again, "select count(*)::int as shops from organizations")).toEqual([{ shops: 1 }]);

  const third = start(data);
  expect(await third.ended).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      /^start: .+ is in use by process \d+; stop that, or use --data with another folder$/m,
    ),
  });
  expect(JSON.parse(await readFile(join(data, "stack.json"), "utf8"))).toEqual(stack);
  expect((await fetch(`${stack.url}/health`)).status).toBe(200);

  const asked = Date.now();
  second.signal("SIGTERM");
  expect(await second.ended).toMatchObject({ code: 0 });
  expect(Date.now() - asked).toBeLessThan(STOP_MS);
  expect(second.isAlive()).toBe(false);
});

test("the owner belongs to one organization and the password fits", { timeout: 120_000 }, async () => {
  const stack = await start(join(directory, "owner")).ready();
  const { email, password } = stack.demo.user;
  expect(
    await rows(
      stack,
      `select m.org_id, m.org_role, u.encrypted_password = crypt($2, u.encrypted_password) as fits
       from auth.users u join team_members m on m.user_id = u.id where u.email = $1`,
      [email, password],
    ),
  ).toEqual([{ org_id: stack.demo.organization_id, org_role: "owner", fits: true }]);
});

test("DATABASE_URL takes the place of the embedded database", { timeout: 120_000 }, async () => {
  const cluster = inject("cluster");
  const database = await createTestDatabase(cluster);
  const env = { DATABASE_URL: database.adminUrl, WORKER_LOGIN_PASSWORD: cluster.workerPassword };
  const started = start(join(directory, "postgres"), [], env);
  try {
    const stack = await started.ready();
    expect(stack.database_url).toBe(database.adminUrl);
    expect(await write(stack, "+447700900103", "Are you open on Saturday?")).toMatchObject({ status: 200 });
    await expect.poll(() => sentTo(stack, "447700900103"), { timeout: 30_000 }).toHaveLength(1);
  } finally {
    started.signal("SIGTERM");
    await started.ended;
    await database.drop();
  }
});

test("a database of somebody else's is served as it is, and stays as it is", { timeout: 120_000 }, async () => {
  const cluster = inject("cluster");
  const database = await createForeignDatabase(cluster.adminUrl);
  const JWT_SECRET = "a secret of at least thirty-two characters";
  const token = (claims: object) =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(JWT_SECRET));
  const env = {
    DATABASE_URL: database.url,
    WORKER_LOGIN_PASSWORD: cluster.workerPassword,
    JWT_SECRET,
    REST_SCHEMAS: "library,public",
    REST_AGGREGATES: "1",
    REST_EXPLAIN: "1",
    REST_TX_ROLLBACK: "1",
  };
  const before = await database.inventory();
  const started = start(join(directory, "foreign"), ["--no-migrate"], env);
  try {
    const stack = await started.ready();
    expect(stack).toMatchObject({ demo: null, database_url: database.url });
    expect(await (await fetch(`${stack.url}/health`)).json()).toMatchObject({ status: "ok" });

    const rest = async (path: string, key: string | undefined, init: RequestInit = {}) => {
      const headers = { ...init.headers, ...(key !== undefined && { apikey: key, authorization: `Bearer ${key}` }) };
      const answer = await fetch(`${stack.url}/rest/v1/${path}`, { ...init, headers });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
    };
    const post = (body: object, prefer: string) => ({
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", prefer },
    });
    const { anon, service_role } = stack.keys;
    const read = "books?select=title,author:authors(name)&order=title";
    const books = [{ title: "Emma", author: { name: "Jane" } }];
    expect(await rest(read, undefined)).toEqual({ status: 200, body: books });
    expect(await rest(read, anon)).toEqual({ status: 200, body: books });
    expect(await rest("books?select=count()", anon)).toEqual({ status: 200, body: [{ count: 1 }] });
    expect((await rest("books", anon, { headers: { accept: "application/vnd.pgrst.plan+json" } })).status).toBe(200);

    // a role of their own, which the login is a member of; one that it is not, and ours, which it may be
    const visitor = (role: string) => token({ role, sub: "x" });
    expect(await rest("secrets", anon)).toMatchObject({ status: 401, body: { code: "42501" } });
    expect(await rest("secrets", await visitor(database.role))).toEqual({ status: 200, body: [{ word: "sesame" }] });
    expect(await rest("secrets", await visitor("postgres"))).toMatchObject({ status: 403, body: { code: "42501" } });
    expect((await rest("secrets", await visitor("switchboard_worker"))).status).toBe(401);

    const insert = post({ title: "Persuasion", author_id: 1 }, "return=representation,tx=rollback");
    expect((await rest("books", service_role, insert)).status).toBe(201);
    expect(await rest("books?select=count()", anon)).toEqual({ status: 200, body: [{ count: 1 }] });

    expect((await rest("shelves", anon)).status).toBe(404);
    await database.run("create table library.shelves (id int); grant select on library.shelves to anon");
    expect((await rest("rpc/_reload_schema", anon, { method: "POST" })).status).toBe(404);
    expect((await rest("rpc/_reload_schema", service_role, { method: "POST" })).status).toBe(204);
    expect(await rest("shelves", anon)).toEqual({ status: 200, body: [] });
    await database.run("drop table library.shelves");

    expect(await database.inventory()).toEqual(before);
  } finally {
    started.signal("SIGTERM");
    expect(await started.ended).toMatchObject({ code: 0 });
    await database.drop();
  }
});

test.each([
  ["an unknown flag", ["--colour"], {}, /start: Unknown option '--colour'\. Usage: npm start .+/],
  ["a port out of range", ["--port", "99999"], {}, /start: --port 99999 is not a port number/],
  [
    "a database that is not there",
    [],
    { DATABASE_URL: "postgres://nobody:secret@127.0.0.1:9/none" },
    /start: DATABASE_URL: 127\.0\.0\.1:9 cannot be used \(.*ECONNREFUSED.*\): check it, or unset it/,
  ],
  ["half of Meta's keys", [], { META_APP_SECRET: "x" }, /start: a real Meta app needs .*META_ACCESS_TOKEN and/],
])("%s: one line, exit 1", { timeout: 60_000 }, async (_, flags, env, line) => {
  const { code, output } = await start(join(directory, "refused"), flags, env).ended;
  expect(code).toBe(1);
  const told = output.split("\n").filter((each) => each.startsWith("start:"));
  expect(told).toEqual([expect.stringMatching(line)]);
  expect(output).not.toContain("secret@");
  expect(output).not.toContain("    at ");
});

test("a broken data folder: one line that names it, exit 1", { timeout: 60_000 }, async () => {
  const data = join(directory, "broken");
  await writeFile(data, "a file where a folder should be");
  const { code, output } = await start(data).ended;
  expect(code).toBe(1);
  expect(output.split("\n").filter((each) => each.startsWith("start:"))).toEqual([expect.stringContaining(data)]);
});
