import { expect, inject, test } from "vitest";
import { runLive } from "./live/run.ts";

const CONVERSATIONS = 20;

test("F38, F41, F43: conversations through the running Worker: nothing stale, nothing after a person, all answered", async () => {
  const result = await runLive(inject("cluster"), { runs: CONVERSATIONS, seed: 1, at_once: 20, crashes: 0 });
  expect(result).toMatchObject({
    conversations: CONVERSATIONS,
    bad: [],
    stale_sends: 0,
    after_human: 0,
    against_switch: 0,
    answered_twice: 0,
    doubled: 0,
    lost: 0,
    unanswered: 0,
    quarantined: 0,
  });
  expect(result.ai_sends).toBeGreaterThan(CONVERSATIONS / 4);
  expect(result.window_ms.length).toBeGreaterThanOrEqual(result.ai_sends);
});
