import { afterAll, beforeAll, expect, test } from "vitest";
import { message, newCustomer, status } from "../factories/events.ts";
import { openIngest } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
/** Where the next request is cut off; then requests pass again. */
let cut: "before" | "after" | null = null;

const cutAt = (place: "before" | "after") => () => {
  if (cut !== place) return;
  cut = null;
  throw new Error("cut");
};

beforeAll(async () => void (db = await openIngest({ before: cutAt("before"), after: cutAt("after") })));
afterAll(() => db.close());

test.each([
  ["before", ["stored", "parked"]],
  ["after", ["duplicate", "duplicate"]],
] as const)("F6: cut %s its commit and delivered again, a body has its effect exactly once", async (place, again) => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const events = [message(account, newCustomer()), status(account, "wamid.not-here-yet", "read")];
  cut = place;
  await expect(db.arrive(...events)).rejects.toThrow("did not answer");
  expect(await db.outcomes(events)).toEqual(again);
  expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, message_seq: "1", inbound_version: "1" });
  expect(await db.parked(tenant)).toHaveLength(1);
});

test.each(["public.contacts", "public.conversations", "public.messages", "switchboard.outbox"])(
  "F6: a backend that dies before it writes %s leaves nothing, and the redelivery everything",
  async (table) => {
    const tenant = await db.tenant();
    const line = message(tenant.phone_number_id, newCustomer());
    const gate = await db.connect();
    await gate.query(`begin; lock table ${table} in share mode`);
    const killed = expect(db.arrive(line)).rejects.toThrow();
    await db.waiting();
    await db.rows(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    await gate.query("commit");
    await killed;
    expect(await db.contacts(tenant)).toEqual([]);
    expect(await db.outcomes([line])).toEqual(["stored"]);
    expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, message_seq: "1" });
  },
);
