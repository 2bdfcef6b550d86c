import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../../dev/database/test-database.ts";
import { interruptible } from "../database.ts";
import { campaignTo } from "./campaign.ts";
import { killEverywhere } from "./run.ts";
import { openStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (hooks) => interruptible(await createTestDatabase(inject("cluster"), hooks)));
});
afterAll(() => stage.close());

/** Two batches; the long form has six. */
const PEOPLE = 80;

/** What a crash can cut in two: calls that were made, and a record that was not. */
const MOMENTS = ["after provider send", "before sql campaign_record_v1"];

test(
  "F94, F106, F110: a campaign whose Worker is killed between call and record writes to each of 80 once, and leaves out nobody",
  { timeout: 300_000 },
  async () => {
    const runs = await killEverywhere(stage, "worker", campaignTo(PEOPLE), undefined, () => MOMENTS);
    console.info(
      runs
        .map(({ k, step, steps, unknown }) => `${k ?? "none"}: ${step ?? "-"} (${steps} steps, ${unknown} unknown)`)
        .join("\n"),
    );
    expect(runs.filter(({ step }) => step !== null)).toHaveLength(MOMENTS.length);
    expect(runs.flatMap(({ broken, step }) => broken.map((law) => `${step}: ${law}`))).toEqual([]);
  },
);
