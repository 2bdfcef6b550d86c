import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import { becomeDue, conversationOf, eventually, openScene, sends } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { database, noteArrival, resetSimulators } from "../../test/support/simulators.ts";
import { drainNow, hold } from "../../test/support/spool.ts";
import { withSteps } from "../../test/support/steps.ts";
import { bodyOf, entryOf, textFrom, unixSeconds } from "../../test/support/webhook.ts";
import { ask, cron } from "../../test/support/worker.ts";
import { newCustomer } from "../../test/factories/events.ts";
import { REFUSALS_ALLOWED } from "../../shared/spool/store.ts";
import { pulse } from "../cron/pulse.ts";
import type { Spool } from "./spool.ts";
import { spool } from "./stub.ts";

afterEach(resetSimulators);

const MINUTE_MS = 60_000;
let numbers = 0;

/** A Spool that no other test has used, with these bodies in it; its alarm waits to be fired. */
async function spooled(bodies: object[], received_at = Date.now()) {
  const stub = spool(env, numbers++);
  for (const body of bodies) {
    await stub.accept({
      provider: "meta",
      lane: null,
      received_at,
      body: new TextEncoder().encode(JSON.stringify(body)),
    });
  }
  await hold(stub);
  return stub;
}

const line = (scene: Scene, text: string, change: Record<string, unknown> = {}) =>
  bodyOf(entryOf(scene, { messages: [textFrom(scene.customer, text, change)] }));

const contents = async ({ channel_id }: Scene) =>
  (
    await sql<{ content: string }>`select content from public.messages where channel_id = ${channel_id} order by seq`
  ).map(({ content }) => content);

const alarmOf = (stub: DurableObjectStub<Spool>) => runInDurableObject(stub, (_, state) => state.storage.getAlarm());

describe("what waits", () => {
  test("F177: a body of almost 3 MB is kept in pieces and stored whole", async () => {
    const scene = await openScene();
    const lines = Array.from({ length: 29 }, (_, i) => textFrom(newCustomer(), `${i}:${"x".repeat(100 * 1024 - 10)}`));
    const body = bodyOf(entryOf(scene, { messages: lines }));
    const stub = await spooled([body]);
    const sizes = await runInDurableObject(stub, (_, { storage }) =>
      [...storage.sql.exec<{ size: number }>("select length(bytes) as size from pieces")].map(({ size }) => size),
    );
    expect(sizes).toEqual([1_048_576, 1_048_576, JSON.stringify(body).length - 2 * 1_048_576]);
    await drainNow(stub);
    expect((await contents(scene)).map(({ length }) => length > 100_000)).toEqual(
      Array.from({ length: 29 }, () => true),
    );
  });

  test("F17: is late by when it came to us, not by when it was drained", async () => {
    const scene = await openScene();
    const came_at = Date.now() - 20 * MINUTE_MS;
    const body = line(scene, "Hello?", { timestamp: String(Math.floor(came_at / 1000)) });
    await noteArrival(body);
    await drainNow(await spooled([body], came_at));
    const conversation = await conversationOf(scene);
    await becomeDue(conversation);
    await env.CONVERSATION.getByName(conversation).wake(0);
    // in time when it came, so it is answered; too late by now to be answered unseen
    const draft = () =>
      sql`select is_draft from public.messages where conversation_id = ${conversation} and sender_type = 'ai'`;
    await eventually(async () => (await draft()).length === 1);
    expect(await draft()).toEqual([{ is_draft: true }]);
    expect(await sends(scene)).toEqual([]);
  });

  test("F17: and one that was late when it came wakes nobody", async () => {
    const scene = await openScene();
    const body = line(scene, "Hello?", { timestamp: String(unixSeconds() - 16 * 60) });
    await drainNow(await spooled([body]));
    expect(await contents(scene)).toEqual(["Hello?"]);
    expect(await row`select ai_due_at from public.conversations where channel_id = ${scene.channel_id}`).toEqual({
      ai_due_at: null,
    });
  });

  test("F3: one that is refused holds nobody up and is set aside in the end, in sight", async () => {
    const scene = await openScene();
    const stub = await spooled([line(scene, "before")]);
    await stub.accept({ provider: "nobody", lane: null, received_at: Date.now(), body: new Uint8Array([123, 125]) });
    await stub.accept({
      provider: "meta",
      lane: null,
      received_at: Date.now(),
      body: new TextEncoder().encode(JSON.stringify(line(scene, "after"))),
    });
    for (let pass = 1; pass <= REFUSALS_ALLOWED; pass++) expect(await drainNow(stub)).toBe(true);
    expect(await contents(scene)).toEqual(["before", "after"]);
    expect(await stub.status()).toEqual({ backlog: 0, oldest_received_at: null, poisoned: 1 });
    expect(await drainNow(stub)).toBe(false);
    const health = await (await ask("/health")).json<{ spool: { poisoned: number } }>();
    expect(health.spool.poisoned).toBe(1);
  });
});

describe("alarms", () => {
  test("F47, F181: one never throws while the database is away, arms itself again, and drains once it is back", async () => {
    const scene = await openScene();
    const stub = await spooled([line(scene, "Hello")]);
    await database("down");
    for (let firing = 1; firing <= 8; firing++) {
      expect(await drainNow(stub)).toBe(true);
      expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now());
    }
    await database("up");
    await drainNow(stub);
    expect(await contents(scene)).toEqual(["Hello"]);
    expect(await alarmOf(stub)).toBeNull();
  });

  test("the back-off grows up to ten seconds, and an object that lost its memory goes on with it", async () => {
    const scene = await openScene();
    const number = numbers;
    const stub = await spooled([line(scene, "Hello")]);
    await database("down");
    for (let firing = 1; firing <= 6; firing++) await drainNow(stub);
    await abortAllDurableObjects();
    const again = spool(env, number);
    await drainNow(again);
    const wait = ((await alarmOf(again)) ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(4_000);
    expect(wait).toBeLessThanOrEqual(10_000);
  });

  test("F183: one that is lost is made good by the minute's cron", async () => {
    const scene = await openScene();
    const stub = await spooled([line(scene, "Hello")]);
    await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
    await cron("* * * * *");
    await eventually(async () => (await contents(scene)).length === 1);
  });

  test("the Pulse is told what holds something and what no longer does", async () => {
    const scene = await openScene();
    const number = numbers;
    const stub = await spooled([line(scene, "Hello")]);
    await eventually(async () => (await pulse(env).spools()).includes(number));
    await drainNow(stub);
    await eventually(async () => !(await pulse(env).spools()).includes(number));
  });
});

describe("a crash while it drains", () => {
  test.each([1, 2, 3].flatMap((step) => [[step, "before"] as const, [step, "after"] as const]))(
    "F181, F178: at webhook %i, %s Postgres has stored it, loses nothing and doubles nothing",
    async (crash, moment) => {
      const scene = await openScene();
      const number = numbers;
      const stub = await spooled([line(scene, "one"), line(scene, "two"), line(scene, "three")]);
      let struck = false;
      await withSteps(
        async (step, nth, go) => {
          if (step !== "sql" || nth !== crash) return go();
          if (moment === "after") await go();
          struck = true;
          return new Promise(() => {});
        },
        async () => {
          const dying = drainNow(stub).catch(() => {});
          await eventually(async () => struck);
          await abortAllDurableObjects();
          await dying;
        },
      );
      const again = spool(env, number);
      await again.nudge();
      await eventually(async () => (await again.status()).backlog === 0);
      expect(await contents(scene)).toEqual(["one", "two", "three"]);
    },
  );
});
