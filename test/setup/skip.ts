import type { TestContext } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why the test did not run; reaches `docs/invariants.md` through the runner's report. */
    skipped?: string;
  }
}

/** Ends the running test as skipped, on record. A test that is skipped without a reason fails `npm run invariants`. */
export function skipBecause(context: TestContext, reason: string): never {
  context.task.meta.skipped = reason;
  return context.skip(reason);
}
