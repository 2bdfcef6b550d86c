import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../../shared/operations/watch.ts";
import { newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";

const QUIET_DAY = new Date("2026-08-01T00:00:00Z");

// a database of its own: what other tests leave due would be seen here
let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

test("an idle system need not be looked at again; a turn under way sets the moment at which it would be an alert", async () => {
  expect(await watch(h.exec, QUIET_DAY)).toEqual({ raised: 0, ended: 0, next_due_in_ms: null });
  const tenant = await createTenant(h.exec);
  await h.writes(tenant, newCustomer(), {});
  await h.rows("update conversations set ai_due_at = now() + interval '30 seconds'");
  const { next_due_in_ms } = await watch(h.exec, QUIET_DAY);
  expect(next_due_in_ms).toBeGreaterThan(120_000);
  expect(next_due_in_ms).toBeLessThanOrEqual(150_000);
});
