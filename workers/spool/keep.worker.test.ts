import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sql } from "../../test/support/database.ts";
import { becomeDue, conversationOf, eventually, openScene, sends } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { spoolNumber } from "../../shared/spool/place.ts";
import { database, modelSays, noteArrival, resetSimulators } from "../../test/support/simulators.ts";
import { drainNow, hold, isolate, spoolOf } from "../../test/support/spool.ts";
import { stepsOf, withSteps } from "../../test/support/steps.ts";
import { bodyOf, entryOf, textFrom } from "../../test/support/webhook.ts";
import { ask, askWith } from "../../test/support/worker.ts";

let scene: Scene;
let here: ReturnType<typeof isolate>;

beforeEach(async () => {
  scene = await openScene();
  here = isolate();
});
afterEach(async () => {
  await resetSimulators();
  await eventually(async () => (await spoolHealth()).backlog === 0);
});

const line = (text: string, from: Scene = scene) =>
  bodyOf(entryOf(from, { messages: [textFrom(from.customer, text)] }));

const contents = async ({ channel_id }: Scene = scene) =>
  (
    await sql<{ content: string }>`select content from public.messages where channel_id = ${channel_id} order by seq`
  ).map(({ content }) => content);

const stored = (count: number) => eventually(async () => (await contents()).length === count);

async function spoolHealth() {
  const { spool } = await (await ask("/health")).json<{ spool: Record<string, unknown> }>();
  return spool;
}

describe("Postgres away", () => {
  test("F181, F8: what was answered with 200 is stored when it is back, in order and once", async () => {
    await database("down");
    for (const text of ["one", "two", "three"]) expect(await here.post(line(text))).toBe(200);
    expect((await (await spoolOf(scene.phone_number_id)).status()).backlog).toBe(3);
    await database("up");
    expect(await contents()).toEqual([]);
    await stored(3);
    expect(await contents()).toEqual(["one", "two", "three"]);
  });

  test("F181: the AI answers afterwards", async () => {
    await modelSays({ reply: "I am.", confidence: 99 });
    await database("down");
    const body = line("Are you there?");
    await noteArrival(body);
    await here.post(body);
    await database("up");
    await stored(1);
    await becomeDue(await conversationOf(scene));
    const stub = env.CONVERSATION.getByName(await conversationOf(scene));
    await stub.wake(0);
    await eventually(async () => (await sends(scene)).length === 1);
  });

  test("F181: slower than the provider waits: answered within the budget, and stored once", async () => {
    await database("slow", 6_000);
    const started = Date.now();
    expect(await here.post(line("slow"))).toBe(200);
    expect(Date.now() - started).toBeLessThan(5_500);
    await database("up");
    await stored(1);
    await eventually(async () => (await spoolHealth()).backlog === 0);
    expect(await contents()).toEqual(["slow"]);
  });

  test.each([
    ["answers 503", () => Response.json({ message: "restarting" }, { status: 503 })],
    ["lets nobody log in", () => Response.json({ message: "no", code: "28P01" }, { status: 400 })],
    ["shuts down", () => Response.json({ message: "no", code: "57P01" }, { status: 400 })],
  ])("F181: one that %s is as good as away", async (_, answer) => {
    await withSteps(
      async (step, __, go) => (step === "sql" ? answer() : go()),
      async () => expect(await here.post(line("refused"))).toBe(200),
    );
    await stored(1);
  });

  test("F10: what is not signed is refused and not kept", async () => {
    await database("down");
    const headers = { "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    const response = await askWith(here.env, "/webhooks/meta", { method: "POST", body: "{}", headers });
    expect(response.status).toBe(401);
    expect(await spoolHealth()).toMatchObject({ backlog: 0 });
  });

  test("F8: when the Spool is away too the provider keeps the event, and its redelivery is stored", async () => {
    await database("down");
    const away = () => Promise.reject(new Error("overloaded"));
    Object.assign(here.env, { SPOOL: { getByName: () => ({ accept: away, join: away }) } });
    const body = line("again");
    expect(await here.post(body)).toBe(503);
    await database("up");
    expect(await contents()).toEqual([]);
    expect(await isolate().post(body)).toBe(200);
    expect(await contents()).toEqual(["again"]);
  });

  test("F182: a Spool that does not answer is not waited for: the provider is told in time, and delivers again", async () => {
    await database("down");
    const never = () => new Promise<never>(() => {});
    Object.assign(here.env, { SPOOL: { getByName: () => ({ accept: never, join: never }) } });
    const body = line("patient");
    expect(await here.post(body)).toBe(503);
    await database("up");
    expect(await isolate().post(body)).toBe(200);
    expect(await contents()).toEqual(["patient"]);
  });

  test("F4: what the provider repeats during and after the outage is stored once", async () => {
    const body = line("once");
    await database("down");
    await here.post(body);
    await here.post(body);
    await database("up");
    await isolate().post(body);
    await eventually(async () => (await spoolHealth()).backlog === 0);
    expect(await contents()).toEqual(["once"]);
  });
});

describe("what an isolate learns", () => {
  test("F181: after a failure nobody waits for Postgres for five seconds, then one request tries", async () => {
    const other = await openScene();
    const third = await openScenePastSpoolsOf(scene, other);
    await database("down");
    expect(await stepsOf(() => here.post(line("first to notice")))).toEqual(["sql"]);
    expect(await stepsOf(() => here.post(line("straight to the Spool", other)))).toEqual([]);
    here.later(5_000);
    await database("up");
    expect(await here.post(line("the one that tries", third))).toBe(200);
    expect(await contents(third)).toEqual(["the one that tries"]);
    expect(await here.post(line("as before", third))).toBe(200);
    expect(await contents(third)).toEqual(["the one that tries", "as before"]);
  });

  test("an account's new events queue behind its old ones, and no longer when those are stored", async () => {
    await database("down");
    await here.post(line("old"));
    const stub = await spoolOf(scene.phone_number_id);
    await hold(stub);
    await database("up");
    here.later(5_000);
    expect(await here.post(line("new"))).toBe(200);
    expect(await contents()).toEqual([]);
    await drainNow(stub);
    expect(await contents()).toEqual(["old", "new"]);
    expect(await stepsOf(() => here.post(line("newest")))).toEqual(["sql"]);
    expect(await contents()).toEqual(["old", "new", "newest"]);
  });
});

/** A scene whose account lies in no Spool of the others': it need not queue behind them. */
async function openScenePastSpoolsOf(...others: Scene[]): Promise<Scene> {
  const numberOf = ({ phone_number_id }: Scene) => spoolNumber("meta", phone_number_id);
  const taken = await Promise.all(others.map(numberOf));
  for (;;) {
    const made = await openScene();
    if (!taken.includes(await numberOf(made))) return made;
  }
}

describe("/health", () => {
  test("F181: shows what waits and for how long while the database is down", async () => {
    await database("down");
    await here.post(line("waiting"));
    await eventually(async () => (await spoolHealth()).backlog === 1);
    const response = await ask("/health");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: "degraded",
      database: { status: "unreachable" },
      spool: { status: "ok", backlog: 1, oldest_age_seconds: expect.any(Number), poisoned: 0 },
    });
  });

  test("asks no Spool while none holds anything", async () => {
    const getByName = () => {
      throw new Error("asked");
    };
    const response = await askWith(Object.assign(here.env, { SPOOL: { getByName } }), "/health");
    expect(await response.json()).toMatchObject({
      spool: { status: "ok", backlog: 0, oldest_age_seconds: 0, poisoned: 0 },
    });
  });

  test("a Spool that cannot be asked is not counted as empty", async () => {
    await database("down");
    await here.post(line("waiting"));
    await eventually(async () => (await spoolHealth()).backlog === 1);
    const status = () => Promise.reject(new Error("overloaded"));
    const response = await askWith(Object.assign(here.env, { SPOOL: { getByName: () => ({ status }) } }), "/health");
    expect(await response.json()).toMatchObject({ spool: { status: "unreachable" } });
  });
});
