import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlRequest } from "../../../dev/database/neon-proxy.ts";
import { runTurn } from "../../../shared/turns/run.ts";
import { openHarness } from "../../database/harness.ts";
import type { Harness } from "../../database/harness.ts";
import { acceptsAll, answer, scripted } from "../../database/turn-fixtures.ts";
import { message, newCustomer } from "../../factories/events.ts";
import { createTenant } from "../../factories/tenant.ts";
import type { Tenant } from "../../factories/tenant.ts";

let db: Harness;
let tenant: Tenant;
/** What happens when the next commit's answer is lost on its way back. */
let meanwhile: (() => Promise<unknown>) | null = null;
beforeAll(async () => {
  db = await openHarness({
    after: async ({ batch }: SqlRequest) => {
      const work = meanwhile;
      if (!work || !batch.queries.some(({ query }) => query.includes("switchboard.turn_commit_v1("))) return;
      meanwhile = null;
      await work();
      throw new Error("the answer is lost");
    },
  });
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

/** A turn whose commit is answered at the second time of asking; returns what was sent, and the conversation. */
async function commitTwice(between: (id: string, customer: string) => Promise<unknown>) {
  const customer = newCustomer();
  const id = await db.writes(tenant, customer, {});
  const calls: Parameters<typeof acceptsAll>[0] = [];
  meanwhile = () => between(id, customer);
  await runTurn(id, crypto.randomUUID(), db.tools({ model: scripted(answer()).model, send: acceptsAll(calls) }));
  expect(meanwhile).toBeNull();
  return { id, sent: (calls ?? []).map(({ content }) => content) };
}

test("F49: a commit whose answer was lost sends its reply once, at the second time of asking", async () => {
  const { id, sent } = await commitTwice(() => Promise.resolve());
  expect(sent).toHaveLength(1);
  expect(await db.attempts(id)).toMatchObject([{ state: "accepted", number: 1, gate: { allowed: true } }]);
});

test("F43, F44: nothing is sent when a person has acted before the commit is asked again", async () => {
  const { id, sent } = await commitTwice((conversation_id) =>
    db.as(tenant, "assign_conversation_v1", { conversation_id, team_member_id: tenant.owner.team_member_id }),
  );
  expect(sent).toEqual([]);
  expect(await db.attempts(id)).toMatchObject([{ state: "cancelled" }]);
  expect(await db.messages(id)).toMatchObject([{ direction: "inbound" }, { is_draft: true, delivery_status: null }]);
});

test("F41: nothing is sent when the customer has written before the commit is asked again", async () => {
  const { id, sent } = await commitTwice((_, customer) => db.arrive(message(tenant.phone_number_id, customer)));
  expect(sent).toEqual([]);
  expect(await db.attempts(id)).toMatchObject([{ state: "cancelled" }]);
  expect(await db.conversation(id)).toMatchObject({ answered_version: "1", inbound_version: "2" });
});
