import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../../dev/database/test-database.ts";
import type { TestDatabase } from "../../../dev/database/test-database.ts";
import { createPoolExec } from "./pool.ts";
import { tellAll } from "./stories.ts";

let database: TestDatabase;
let pool: ReturnType<typeof createPoolExec>;
beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  pool = createPoolExec(database.workerUrl, 8);
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

const STORIES = 300;

test(
  `F38, F41, F43, F44, F59: in ${STORIES} seeded interleavings nothing stale is sent, and nothing after a person`,
  { timeout: 90_000 },
  async () => {
    const told = await tellAll(pool.exec, { runs: STORIES, seed: 1, at_once: 8 });
    expect(told).toMatchObject({
      stories: STORIES,
      bad: [],
      stale_sends: 0,
      after_human: 0,
      against_switch: 0,
      answered_twice: 0,
      doubled: 0,
      unanswered: 0,
      lost: 0,
    });
    // the stories are about something: answers, crashes, and lines that come while a provider call is made
    expect(told.ai_sends).toBeGreaterThan(STORIES / 3);
    expect(told.crashes).toBeGreaterThan(STORIES / 6);
    expect(told.overtaken_in_flight).toBeGreaterThan(3);
  },
);
