import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import {
  becomeDue,
  eventually,
  evict,
  fire,
  openScene,
  pass,
  questions,
  sends,
  stubOf,
  write,
} from "../../test/support/scene.ts";
import { resetSimulators } from "../../test/support/simulators.ts";
import { stepsOf, withSteps } from "../../test/support/steps.ts";
import type { Step } from "../../test/support/steps.ts";
import { bodyOf, entryOf, newWamid, post, statusOf } from "../../test/support/webhook.ts";
import { sweep } from "../../test/support/worker.ts";

afterEach(resetSimulators);

/** So much later that every lease has run out. */
async function muchLater(conversation_id: string): Promise<void> {
  await sql`update public.ai_turns set lease_until = now() - interval '1 minute'
    where conversation_id = ${conversation_id} and state = 'generating'`;
  await sql`update public.send_attempts set lease_until = now() - interval '1 minute'
    where conversation_id = ${conversation_id} and state = 'sending'`;
  await becomeDue(conversation_id);
}

/** What a minute's sweep brings about. */
async function sweepAfter(conversation_id: string): Promise<void> {
  await muchLater(conversation_id);
  await sweep();
  await eventually(() => isAtRest(conversation_id));
}

async function isAtRest(conversation_id: string): Promise<boolean> {
  const { open } = await row<{ open: boolean }>`
    select v.ai_due_at is not null
      or exists (select from public.ai_turns where conversation_id = v.id and state = 'generating')
      or exists (select from public.send_attempts where conversation_id = v.id and state in ('queued', 'sending')) as open
    from public.conversations v where v.id = ${conversation_id}`;
  return !open;
}

describe("an object that loses its memory", () => {
  test("F45: between the line and its turn, the turn happens once", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await evict(conversation);
    await pass(conversation);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F45: together with its alarm, the sweep brings the turn about, once", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await runInDurableObject(stubOf(conversation), (_, state) => state.storage.deleteAll());
    await becomeDue(conversation);
    expect(await fire(conversation)).toBe(false);
    await sweepAfter(conversation);
    await sweepAfter(conversation);
    expect(await sends(scene)).toHaveLength(1);
  });
});

describe("a crash during the turn", () => {
  /** Fires the alarm; the object dies at the given outgoing request, before or after it has reached the other side. */
  async function crashAt(conversation_id: string, crash: number, moment: "before" | "after"): Promise<Step> {
    await becomeDue(conversation_id);
    let struck: Step | undefined;
    return withSteps(
      async (step, number, go) => {
        if (number !== crash) return go();
        if (moment === "after") await go();
        struck = step;
        return new Promise(() => {});
      },
      async () => {
        const dying = fire(conversation_id).catch(() => {});
        // asked again and again: a promise settled inside the object would bring us into it, and down with it
        const step = await eventually(async () => struck);
        await abortAllDurableObjects();
        await dying;
        return step;
      },
    );
  }

  const fate = (conversation_id: string) =>
    row<{ delivery_status: string; wa_message_id: string | null }>`
      select delivery_status, wa_message_id from public.messages where conversation_id = ${conversation_id} and sender_type = 'ai'`;

  test("a turn makes six requests, three of them to the database", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await becomeDue(conversation);
    const steps = await stepsOf(() => fire(conversation));
    expect(steps.toSorted()).toEqual(["meta", "meta", "model", "sql", "sql", "sql"]);
    expect(steps.at(0)).toBe("sql");
    expect(steps.slice(-3)).toEqual(["sql", "meta", "sql"]);
  });

  test.each([1, 2, 3, 4, 5, 6].flatMap((step) => [[step, "before"] as const, [step, "after"] as const]))(
    "F49, F45: at request %i, %s it arrived, ends in one answer, or in one that is known to be unknown",
    async (crash, moment) => {
      const scene = await openScene();
      const conversation = await write(scene, "Hello");
      await crashAt(conversation, crash, moment);
      for (let minute = 1; minute <= 3; minute++) await sweepAfter(conversation);

      const sent = await sends(scene);
      const { delivery_status, wa_message_id } = await fate(conversation);
      const last =
        await row`select state, reason from public.ai_turns where conversation_id = ${conversation} and state = 'committed'`;
      expect(last).toEqual({ state: "committed", reason: "confident" });
      expect(sent.length).toBeLessThanOrEqual(1);
      if (wa_message_id === null) expect(delivery_status).toBe("unknown");
      else expect(sent).toHaveLength(1);
      // only a crash between the claim of the call and the record of its answer leaves a doubt
      expect(wa_message_id === null).toBe(
        crash === 5 || (crash === 4 && moment === "after") || (crash === 6 && moment === "before"),
      );
      expect(await row`select used, reserved from public.usage_periods where org_id = ${scene.org_id}`).toEqual({
        used: 1,
        reserved: 0,
      });
    },
  );

  test("F49: whoever comes back goes on with the same turn, without waiting for its lease", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    await crashAt(conversation, 3, "before");
    await sweep();
    await eventually(() => isAtRest(conversation));
    expect(await sends(scene)).toHaveLength(1);
    expect(await sql`select state from public.ai_turns where conversation_id = ${conversation}`).toEqual([
      { state: "committed" },
    ]);
  });

  test("F69, F49: a doubt is settled by the provider's status, and nothing is sent again", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Hello");
    expect(await crashAt(conversation, 5, "after")).toBe("meta");
    await sweepAfter(conversation);
    expect(await fate(conversation)).toMatchObject({ delivery_status: "unknown" });
    const [sent] = await sends(scene);
    const biz_opaque_callback_data = sent?.body.biz_opaque_callback_data;
    const wamid = newWamid();
    await post(bodyOf(entryOf(scene, { statuses: [statusOf(wamid, "delivered", { biz_opaque_callback_data })] })));
    expect(await fate(conversation)).toEqual({ delivery_status: "delivered", wa_message_id: wamid });
    await sweepAfter(conversation);
    expect(await sends(scene)).toHaveLength(1);
    expect(await questions("Hello")).toHaveLength(1);
  });
});
