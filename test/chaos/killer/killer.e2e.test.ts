import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../../dev/database/test-database.ts";
import { interruptible } from "../database.ts";
import { CONVERSATIONS, FEWEST_STEPS, killEverywhere } from "./run.ts";
import { openStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (hooks) => interruptible(await createTestDatabase(inject("cluster"), hooks)));
});
afterAll(() => stage.close());

const SEED = 20_261_120;
const SAMPLE = 5;
/** Whether the message left is known to nobody here: what law 2 is about. */
const WORST = "after provider send";

/** The worst step, and one from each equal part of the run, the same ones every time. */
function sample(steps: number): (number | string)[] {
  let state = SEED;
  const parts = Array.from({ length: SAMPLE }, (_, part) => {
    state = (state * 48_271) % 2_147_483_647;
    return 1 + Math.floor(((part + state / 2_147_483_647) * steps) / SAMPLE);
  });
  return [WORST, ...parts];
}

test(
  "F6, F45, F49, F69, F70, F71: killed at some step, the Worker loses, doubles and talks over nothing",
  { timeout: 300_000 },
  async () => {
    const runs = await killEverywhere(stage, "worker", CONVERSATIONS, undefined, sample);
    console.info(runs.map(({ k, step, steps }) => `${k ?? "none"}: ${step ?? "-"} (${steps} steps)`).join("\n"));
    expect(runs[0]?.steps).toBeGreaterThanOrEqual(FEWEST_STEPS);
    expect(runs.filter(({ step }) => step !== null).length).toBe(SAMPLE + 1);
    expect(runs.flatMap(({ broken, step }) => broken.map((law) => `${step}: ${law}`))).toEqual([]);
  },
);
