import { afterAll, beforeAll, expect, test } from "vitest";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import { newCustomer, status } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { held } from "./turn-fixtures.ts";

const T = 30;

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec, { channel: { strict_order_seconds: T } });
});
afterAll(() => db.close());

/** Two parts written; the first is accepted by the provider. */
async function firstPartAccepted(own = tenant) {
  const id = await db.writes(own, newCustomer(), {});
  const first = held((await db.says(own, id, "part 1")).next);
  await db.says(own, id, "part 2");
  const provider_id = `wamid.${crypto.randomUUID()}`;
  const { next } = await record(db.exec, first, { state: "accepted", provider_id, held: false });
  return { id, next, provider_id };
}

test("F75: with strict order the second part waits until the first is delivered, and is woken then", async () => {
  const { id, next, provider_id } = await firstPartAccepted();
  expect(next).toMatchObject({ outcome: "wait" });
  expect((next as { wait_ms: number }).wait_ms).toBeLessThanOrEqual(T * 1_000);

  expect((await db.arrive(status(tenant.phone_number_id, provider_id, "sent"))).wake).toEqual([]);
  expect(await claim(db.exec, id)).toMatchObject({ outcome: "wait" });

  const { wake } = await db.arrive(status(tenant.phone_number_id, provider_id, "delivered"));
  expect(wake).toEqual([{ conversation_id: id, due_in_ms: 0 }]);
  expect(held(await claim(db.exec, id)).content).toEqual({ type: "text", text: "part 2" });
});

test("F75: a first part that is never confirmed holds the second back for the given seconds only", async () => {
  const { id } = await firstPartAccepted();
  await db.rows("update send_attempts set ended_at = ended_at - make_interval(secs => $2) where conversation_id = $1", [
    id,
    T,
  ]);
  expect(held(await claim(db.exec, id)).content).toEqual({ type: "text", text: "part 2" });
});

test("F75: a first part that failed does not hold the second back", async () => {
  const { id, provider_id } = await firstPartAccepted();
  const error = { code: 131026, title: "Undeliverable" };
  const { wake } = await db.arrive(status(tenant.phone_number_id, provider_id, "failed", { error }));
  expect(wake).toEqual([{ conversation_id: id, due_in_ms: 0 }]);
  expect(held(await claim(db.exec, id)).content).toEqual({ type: "text", text: "part 2" });
});

test("F75: without strict order acceptance is enough", async () => {
  const { next } = await firstPartAccepted(await createTenant(db.exec));
  expect(held(next).content).toEqual({ type: "text", text: "part 2" });
});
