import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { health } from "../../shared/operations/health.ts";
import { prune } from "../../shared/operations/prune.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { newCustomer, status } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, held, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const LIMIT = 500;

/** A conversation that the AI has handed over so many seconds ago. */
async function waitingForPerson(seconds: number): Promise<string> {
  const { conversation_id, turn } = await db.begun(tenant);
  await commit(db.exec, turn, verdict({ decision: "handoff", reply: null, reason: "needs_human" }), FIGURES);
  await db.rows("update conversations set needs_human_since = now() - make_interval(secs => $2) where id = $1", [
    conversation_id,
    seconds,
  ]);
  return conversation_id;
}

describe("F57: a conversation that waits for a person", () => {
  const escalated = async (id: string) => (await db.conversation(id))["escalated_at"];

  test("F57: longer than allowed is escalated once", async () => {
    const [late, early] = [await waitingForPerson(901), await waitingForPerson(600)];
    await sweep(db.exec, LIMIT);
    const first = await escalated(late);
    expect(first).toBeInstanceOf(Date);
    expect(await escalated(early)).toBeNull();
    await sweep(db.exec, LIMIT);
    expect(await escalated(late)).toEqual(first);
  });

  test("F57: is not, once somebody has taken it", async () => {
    const id = await waitingForPerson(901);
    await db.as(tenant, "assign_conversation_v1", {
      conversation_id: id,
      team_member_id: tenant.owner.team_member_id,
    });
    await sweep(db.exec, LIMIT);
    expect(await db.conversation(id)).toMatchObject({ escalated_at: null, needs_human_since: null });
  });

  test("F57: waits anew when it is given back to nobody", async () => {
    const id = await waitingForPerson(1);
    const assign = (team_member_id: string | null) =>
      db.as(tenant, "assign_conversation_v1", { conversation_id: id, team_member_id });
    await assign(tenant.owner.team_member_id);
    await assign(null);
    const talk = await db.conversation(id);
    expect(talk).toMatchObject({ status: "assigned", assigned_to: null, needs_human_reason: "unassigned" });
    expect(talk["needs_human_since"]).toBeInstanceOf(Date);
  });
});

describe("F183: the sweep", () => {
  test("F183: two at once, and a third, leave the same as one", async () => {
    const { conversation_id } = await db.begun(tenant);
    const id = await db.writes(tenant, newCustomer(), {});
    held((await db.says(tenant, id, "Hello")).next);
    await db.arrive(status(tenant.phone_number_id, "wamid.never", "delivered"));
    await db.rows("update ai_turns set lease_until = now() - interval '1 minute' where conversation_id = $1", [
      conversation_id,
    ]);
    await db.rows("update send_attempts set lease_until = now() - interval '1 minute' where conversation_id = $1", [
      id,
    ]);
    await db.rows("update switchboard.parked_events set received_at = now() - interval '8 days'");
    await Promise.all([sweep(db.exec, LIMIT), sweep(db.exec, LIMIT)]);
    const state = async () => ({
      turns: (await db.turns(conversation_id)).map((turn) => turn["state"]),
      attempts: (await db.attempts(id)).map((attempt) => [attempt["state"], attempt["ended_at"]]),
      usage: (await db.usage(tenant))["reserved"],
      quarantined: await db.rows("select reason, account from switchboard.quarantined_events"),
    });
    const once = await state();
    expect(once).toMatchObject({
      turns: ["abandoned"],
      attempts: [["unknown", expect.any(Date)]],
      usage: 0,
      quarantined: [{ reason: "message_never_arrived", account: tenant.phone_number_id }],
    });
    await sweep(db.exec, LIMIT);
    expect(await state()).toEqual(once);
  });

  test("F183: does not wait for a conversation that somebody holds, and finds it the next time", async () => {
    const { conversation_id } = await db.begun(tenant);
    await db.rows("update ai_turns set lease_until = now() - interval '1 minute' where conversation_id = $1", [
      conversation_id,
    ]);
    const other = await db.connect();
    await other.query("begin");
    await other.query("select from conversations where id = $1 for update", [conversation_id]);
    await sweep(db.exec, LIMIT);
    expect(await db.turns(conversation_id)).toMatchObject([{ state: "generating" }]);
    await other.query("commit");
    await sweep(db.exec, LIMIT);
    expect(await db.turns(conversation_id)).toMatchObject([{ state: "abandoned" }]);
  });

  test("F45: names overdue turns and sends, the longest overdue first and each once", async () => {
    const own = await createTenant(db.exec);
    const ids = [];
    for (const seconds of [10, 30, 20]) {
      const id = await db.writes(own, newCustomer(), {});
      await db.rows("update conversations set ai_due_at = now() - make_interval(secs => $2) where id = $1", [
        id,
        seconds + 3600,
      ]);
      ids.push(id);
    }
    const [one, two, three] = ids;
    await db.rows("update send_attempts set state = 'accepted' where state = 'queued'");
    expect((await sweep(db.exec, 3)).due).toEqual([two, three, one]);
    expect((await sweep(db.exec, 1)).due).toEqual([two]);
  });
});

test("F36: an overdue timer is swept until it has fired, and fires once however many sweep at once", async () => {
  const crowd = <T>(act: () => Promise<T>) => Promise.all(Array.from({ length: 6 }, act));
  const handover = await waitingForPerson(901);
  const talk = await db.writes(tenant, newCustomer(), {});
  await db.rows("update conversations set ai_due_at = now() - interval '1 hour' where id = $1", [talk]);

  for (const { due } of await crowd(() => sweep(db.exec, LIMIT))) expect(due).toContain(talk);
  const escalations = await db.rows(
    `select distinct record ->> 'escalated_at' as at from switchboard.outbox
     where table_name = 'conversations' and record ->> 'id' = $1 and record ->> 'escalated_at' is not null`,
    [handover],
  );
  expect(escalations).toHaveLength(1);

  const begun = await crowd(() => begin(db.exec, talk, crypto.randomUUID()));
  expect(await db.turns(talk)).toHaveLength(1);
  for (const one of begun) if (one.outcome === "begun") await commit(db.exec, one.turn, verdict(), FIGURES);
  expect((await sweep(db.exec, LIMIT)).due).not.toContain(talk);
});

describe("when the sweep must look again", () => {
  test("never, when nothing is planned", async () => {
    const empty = await openHarness();
    expect(await sweep(empty.exec, LIMIT)).toEqual({ due: [], next_due_in_ms: null });
    await empty.close();
  });

  test.each([
    ["a turn falls due", "update conversations set ai_due_at = now() + interval '40 seconds'", 40],
    [
      "a person has been waited for too long",
      "update conversations set status = 'assigned', ai_due_at = null, needs_human_since = now()",
      900,
    ],
  ])("in time for the moment when %s", async (_title, statement, seconds) => {
    const own = await openHarness();
    await own.writes(await createTenant(own.exec), newCustomer(), {});
    await own.rows(statement);
    const { next_due_in_ms } = await sweep(own.exec, LIMIT);
    expect(next_due_in_ms).toBeGreaterThan((seconds - 5) * 1000);
    expect(next_due_in_ms).toBeLessThanOrEqual(seconds * 1000);
    await own.close();
  });
});

test("health counts what stands still", async () => {
  const own = await openHarness();
  const shop = await createTenant(own.exec);
  const id = await own.writes(shop, newCustomer(), {});
  await own.rows("update conversations set ai_due_at = now() - interval '2 minutes' where id = $1", [id]);
  held((await own.says(shop, await own.writes(shop, newCustomer(), {}), "Hello")).next);
  await own.rows("update send_attempts set state = 'unknown'");
  await own.arrive(status(shop.phone_number_id, "wamid.unheard", "sent"), status("nobody", "wamid.x", "sent"));
  expect(await health(own.exec)).toMatchObject({ overdue_turns: 1, unknown_sends: 1, quarantined: 1, parked: 1 });
  await own.close();
});

test("pruning removes change-feed rows after seven days and no sooner", async () => {
  const own = await openHarness();
  await createTenant(own.exec);
  await own.rows("update switchboard.outbox set at = now() - interval '6 days'");
  expect(await prune(own.exec)).toEqual({ outbox_rows: 0 });
  await own.rows("update switchboard.outbox set at = now() - interval '8 days'");
  expect((await prune(own.exec)).outbox_rows).toBeGreaterThan(0);
  expect(await own.rows("select from switchboard.outbox")).toEqual([]);
  await own.close();
});
