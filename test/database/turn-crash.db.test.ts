import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlRequest } from "../../dev/database/neon-proxy.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { runTurn } from "../../shared/turns/run.ts";
import type { ClaimedAttempt } from "../../shared/sending/attempt.ts";
import { newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { acceptsAll, answer, FIGURES, held, opened, scripted, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
/** The name of the function whose next answer is lost on its way back, after it has been committed. */
let lose: string | null = null;
beforeAll(async () => {
  db = await openHarness({
    after: ({ batch }: SqlRequest) => {
      if (lose === null || !batch.queries.some(({ query }) => query.includes(`switchboard.${lose}(`))) return;
      lose = null;
      throw new Error("the answer is lost");
    },
  });
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const expire = (id: string) =>
  db.rows(
    `with t as (update ai_turns set lease_until = now() - interval '1 minute' where conversation_id = $1 and state = 'generating')
     update send_attempts set lease_until = now() - interval '1 minute' where conversation_id = $1 and state = 'sending'`,
    [id],
  );

test("F49: a crash during generation: the same turn id goes on, another waits for the lease, then takes over", async () => {
  const own = await createTenant(db.exec);
  const { conversation_id, turn } = await db.begun(own);
  expect(opened(await begin(db.exec, conversation_id, turn.id)).turn).toEqual(turn);
  expect(await begin(db.exec, conversation_id, crypto.randomUUID())).toMatchObject({ outcome: "busy" });
  await expire(conversation_id);
  const next = opened(await begin(db.exec, conversation_id, crypto.randomUUID()));
  expect((await db.turns(conversation_id)).map(({ state }) => state).toSorted()).toEqual(["abandoned", "generating"]);
  expect(await db.usage(own)).toMatchObject({ reserved: 1 });
  expect(await commit(db.exec, turn, verdict(), FIGURES)).toEqual({ outcome: "lost", state: "abandoned" });
  expect(await commit(db.exec, next.turn, verdict(), FIGURES)).toMatchObject({ outcome: "committed" });
  expect((await db.messages(conversation_id)).filter(({ sender_type }) => sender_type === "ai")).toHaveLength(1);
});

test("F49: a turn id that was used up begins nothing, and what is due says so", async () => {
  const { conversation_id, turn, customer } = await db.begun(tenant);
  const committed = await commit(db.exec, turn, verdict(), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  await record(db.exec, held(committed.next), { state: "accepted", provider_id: "wamid.ended", held: false });
  expect(await begin(db.exec, conversation_id, turn.id)).toMatchObject({ outcome: "idle", send_in_ms: null });
  await db.writes(tenant, customer, { content: "Again" });
  expect(await begin(db.exec, conversation_id, turn.id)).toMatchObject({ outcome: "ended" });
});

test("F49 F71: a crash after the commit: the send is on record, and unknown when its lease is over, never made again", async () => {
  const { conversation_id, turn } = await db.begun(tenant);
  await commit(db.exec, turn, verdict(), FIGURES);
  expect(await db.attempts(conversation_id)).toMatchObject([{ state: "sending", provider_message_id: null }]);
  expect(await claim(db.exec, conversation_id)).toMatchObject({ outcome: "busy" });
  await expire(conversation_id);
  const calls: ClaimedAttempt[] = [];
  const tools = db.tools({ model: scripted(answer()).model, send: acceptsAll(calls) });
  expect(await runTurn(conversation_id, turn.id, tools)).toBeNull();
  expect(calls).toEqual([]);
  expect(await db.attempts(conversation_id)).toMatchObject([{ state: "unknown" }]);
  expect((await db.messages(conversation_id)).at(-1)).toMatchObject({ delivery_status: "unknown" });
});

test.each(["turn_begin_v1", "turn_commit_v1", "record_v1"])(
  "F49: the lost answer of %s loses no reply and sends none twice",
  async (name) => {
    const id = await db.writes(tenant, newCustomer(), {});
    const calls: ClaimedAttempt[] = [];
    const { model } = scripted(answer());
    const turn_id = crypto.randomUUID();
    const look = () => runTurn(id, turn_id, db.tools({ model, send: acceptsAll(calls) }));
    lose = name;
    await look().catch(look);
    expect(lose).toBeNull();
    expect(calls).toHaveLength(1);
    expect(await db.attempts(id)).toMatchObject([{ state: "accepted" }]);
    expect((await db.turns(id)).filter(({ state }) => state === "committed")).toHaveLength(1);
  },
);

test("the next message of the line is not lost with the answer that hands it out", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  const first = held((await db.says(tenant, id, "one")).next);
  await db.says(tenant, id, "two");
  const calls: ClaimedAttempt[] = [];
  lose = "record_v1";
  await db.tools({ model: scripted().model, send: acceptsAll(calls) }).deliver({ outcome: "claimed", attempt: first });
  expect(calls.map(({ content }) => content)).toEqual([
    { type: "text", text: "one" },
    { type: "text", text: "two" },
  ]);
});

test("F45: a wake-up that never came is found by the sweep", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  expect((await sweep(db.exec, 500)).due).toContain(id);
  await runTurn(id, crypto.randomUUID(), db.tools({ model: scripted(answer()).model }));
  expect((await sweep(db.exec, 500)).due).not.toContain(id);
});

test("F45: a deadline with nothing to answer is taken down, and not found for ever", async () => {
  const id = await db.writes(tenant, newCustomer(), {});
  await db.rows("update conversations set answered_version = inbound_version where id = $1", [id]);
  expect(await begin(db.exec, id, crypto.randomUUID())).toMatchObject({ outcome: "idle" });
  expect((await sweep(db.exec, 500)).due).not.toContain(id);
});

type Step = "line" | "edit" | "begin" | "same" | "send" | "draft" | "none" | "person" | "reopen" | "expire" | "deliver";
const STEPS: Step[] = [
  "line",
  "edit",
  "begin",
  "same",
  "send",
  "draft",
  "none",
  "person",
  "reopen",
  "expire",
  "deliver",
];

test("F39: whatever happens in between, in the end every line was read by a committed turn or answered by a person", async () => {
  const property = fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { maxLength: 25 }), async (steps) => {
    const customer = newCustomer();
    const id = await db.writes(tenant, customer, {});
    let open = await begin(db.exec, id, crypto.randomUUID());
    const handled = new Set<number>();
    const decide = async (decision: "send" | "draft" | "none") => {
      if (open.outcome !== "begun") return;
      const outcome = await commit(
        db.exec,
        open.turn,
        verdict({ decision, reply: decision === "none" ? null : "Yes" }),
        FIGURES,
      );
      if (outcome.outcome === "committed") for (let n = 1; n <= open.turn.cursor; n++) handled.add(n);
    };
    const act: Record<Step, () => Promise<unknown>> = {
      line: () => db.writes(tenant, customer, {}),
      edit: async () => {
        const line = (await db.messages(id)).findLast(({ direction }) => direction === "inbound");
        await db.rows("select switchboard.apply_change($1, $2)", [
          line?.["id"],
          {
            kind: "edit",
            provider_id: crypto.randomUUID(),
            at: Date.now() / 1000,
            type: "text",
            content: "x",
            raw: {},
          },
        ]);
      },
      begin: async () => (open = await begin(db.exec, id, crypto.randomUUID())),
      same: async () => open.outcome === "begun" && (open = await begin(db.exec, id, open.turn.id)),
      send: () => decide("send"),
      draft: () => decide("draft"),
      none: () => decide("none"),
      person: async () => {
        await db.says(tenant, id, "I am here");
        const { inbound_version } = await db.conversation(id);
        for (let n = 1; n <= Number(inbound_version); n++) handled.add(n);
      },
      reopen: () => db.as(tenant, "reopen_conversation_v1", { conversation_id: id }),
      expire: () => expire(id),
      deliver: async () => db.tools({ model: scripted().model }).deliver(await claim(db.exec, id)),
    };
    for (const step of steps) await act[step]();

    // left alone, the object finishes what is due
    await db.as(tenant, "reopen_conversation_v1", { conversation_id: id });
    await expire(id);
    for (let looks = 0; looks < 5; looks++) {
      open = await begin(db.exec, id, crypto.randomUUID());
      await decide("none");
    }
    const { inbound_version, answered_version, ai_due_at } = await db.conversation(id);
    expect(ai_due_at).toBeNull();
    expect(Number(answered_version)).toBe(Number(inbound_version));
    for (let n = 1; n <= Number(inbound_version); n++) expect(handled, `line ${n}`).toContain(n);
  });
  await fc.assert(property, { numRuns: 40, seed: 39 });
});
