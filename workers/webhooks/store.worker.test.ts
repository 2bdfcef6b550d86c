import { afterEach, expect, test } from "vitest";
import { sql } from "../../test/support/database.ts";
import { eventually, openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { resetSimulators } from "../../test/support/simulators.ts";
import { withSteps } from "../../test/support/steps.ts";
import { bodyOf, entryOf, post, textFrom } from "../../test/support/webhook.ts";
import { newCustomer } from "../../test/factories/events.ts";

afterEach(resetSimulators);

const line = (scene: Scene, text: string) => bodyOf(entryOf(scene, { messages: [textFrom(newCustomer(), text)] }));

const contents = async ({ channel_id }: Scene) =>
  (
    await sql<{
      content: string;
    }>`select content from public.messages where channel_id = ${channel_id} order by content`
  ).map(({ content }) => content);

/**
 * Posts the first body, and the others while its call to Postgres is held back; how many calls that took.
 * @param answer what the call of a number is answered instead of being made
 */
async function during(
  first: object,
  others: object[],
  answer: (number: number) => Response | undefined = () => undefined,
): Promise<{ statuses: number[]; calls: number }> {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  let calls = 0;
  const statuses = await withSteps(
    async (_, number, go) => {
      calls = number;
      if (number === 1) {
        reached.resolve();
        await held.promise;
      }
      return answer(number) ?? go();
    },
    async () => {
      const answers = [post(first)];
      await reached.promise;
      answers.push(...others.map((body) => post(body)));
      // they are verified and read, and then wait
      await new Promise((resolve) => setTimeout(resolve, 100));
      held.resolve();
      return Promise.all(answers.map(async (posted) => (await posted).status));
    },
  );
  return { statuses, calls };
}

test("F1, F8: webhooks of one number that come during a call share the next one, and each is stored before its 200", async () => {
  const scene = await openScene();
  const { statuses, calls } = await during(
    line(scene, "1"),
    ["2", "3", "4", "5"].map((text) => line(scene, text)),
  );
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  expect(await contents(scene)).toEqual(["1", "2", "3", "4", "5"]);
  expect(calls).toBe(2);
});

test("F4: the same webhook twice in one call is stored once", async () => {
  const scene = await openScene();
  const twice = line(scene, "twice");
  expect((await during(line(scene, "once"), [twice, twice])).statuses).toEqual([200, 200, 200]);
  expect(await contents(scene)).toEqual(["once", "twice"]);
});

test("F24: another tenant's webhook does not wait for them", async () => {
  const [scene, other] = [await openScene(), await openScene()];
  const { calls } = await during(line(scene, "1"), [line(scene, "2"), line(other, "other"), line(scene, "3")]);
  expect(calls).toBe(3);
  expect(await contents(scene)).toEqual(["1", "2", "3"]);
  expect(await contents(other)).toEqual(["other"]);
});

test("F3: what cannot be read harms nobody who shares its call", async () => {
  const scene = await openScene();
  const odd = bodyOf(entryOf(scene, { messages: [{ type: "text" }] }));
  const { statuses, calls } = await during(line(scene, "1"), [line(scene, "2"), odd, line(scene, "3")]);
  expect(statuses).toEqual([200, 200, 200, 200]);
  expect(calls).toBe(2);
  expect(await contents(scene)).toEqual(["1", "2", "3"]);
});

test("F3, F8: a call that is refused is made again for each webhook alone", async () => {
  const scene = await openScene();
  const refuse = (number: number) =>
    number === 2 || number === 4 ? Response.json({ message: "no", code: "22P02" }, { status: 400 }) : undefined;
  const { statuses, calls } = await during(
    line(scene, "1"),
    ["2", "3", "4"].map((text) => line(scene, text)),
    refuse,
  );
  expect(statuses).toEqual([200, 200, 200, 200]);
  expect(calls).toBe(5);
  // the one that is refused again went to the Spool, which brings it later
  await eventually(async () => (await contents(scene)).length === 4);
});
