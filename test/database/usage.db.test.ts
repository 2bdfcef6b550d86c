import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Row } from "../../shared/db/exec.ts";
import { refreshUsage } from "../../shared/operations/refresh-usage.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { begin } from "../../shared/turns/begin.ts";
import type { Turn } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { fail } from "../../shared/turns/fail.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, opened, verdict } from "./turn-fixtures.ts";

let db: Harness;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());

const FAILURE = { code: "503", message: "busy", retry_in_ms: 0, reason: "model_busy" };
const limited = (monthly_message_limit: number, more: Row = {}) =>
  createTenant(db.exec, { organization: { monthly_message_limit, ...more } });
const talks = async (tenant: Tenant, count: number): Promise<string[]> => {
  const events = Array.from({ length: count }, () => message(tenant.phone_number_id, newCustomer()));
  return (await db.arrive(...events)).wake.map(({ conversation_id }) => conversation_id);
};
const start = (id: string) => begin(db.exec, id, crypto.randomUUID());
const visible = async ({ org_id }: Tenant) =>
  (await db.row("select messages_used_this_month as used from organizations where id = $1", [org_id]))["used"];

describe("F162: the monthly limit", () => {
  test("F162: 200 turns at once under a limit of 50 are exactly 50", async () => {
    const tenant = await limited(50);
    const begun = await Promise.all((await talks(tenant, 200)).map(start));
    const turns = begun.flatMap((one) => (one.outcome === "begun" ? [one.turn] : []));
    expect(turns).toHaveLength(50);
    expect(begun.filter((one) => one.outcome === "blocked" && one.reason === "monthly_limit")).toHaveLength(150);
    await Promise.all(turns.map((turn) => commit(db.exec, turn, verdict(), FIGURES)));
    expect(await db.usage(tenant)).toMatchObject({ used: 50, reserved: 0 });
    expect(await visible(tenant)).toBe(50);
  });

  test("F162: reached, it is shown on the conversation, and people can still write", async () => {
    const tenant = await limited(0);
    const [id = ""] = await talks(tenant, 1);
    expect(await start(id)).toMatchObject({ outcome: "blocked", reason: "monthly_limit" });
    expect(await db.conversation(id)).toMatchObject({ ai_blocked_reason: "monthly_limit", status: "ai_handling" });
    expect(await db.says(tenant, id, "I am here")).toMatchObject({ delivery_status: "sending" });
  });

  test("F162: a draft counts, silence and a handover without words do not", async () => {
    const tenant = await limited(50);
    const decisions = ["draft", "none", "handoff", "send"] as const;
    const ids = await talks(tenant, decisions.length);
    for (const [place, decision] of decisions.entries()) {
      const { turn } = opened(await start(ids[place] ?? ""));
      const reply = decision === "draft" || decision === "send" ? "Yes" : null;
      await commit(db.exec, turn, verdict({ decision, reply }), FIGURES);
    }
    expect(await db.usage(tenant)).toMatchObject({ used: 2, reserved: 0, cost_micro_usd: "1600" });
  });
});

describe("F163: a reservation", () => {
  const balance = async ({ org_id }: Tenant) =>
    db.row(
      `select coalesce(u.reserved, 0) as reserved, coalesce(u.used, 0) as used,
         (select count(*)::int from ai_turns t where t.org_id = o.id and t.state = 'generating') as open,
         (select count(*)::int from ai_turns t where t.org_id = o.id and t.message_id is not null) as replies,
         coalesce(u.cost_micro_usd, 0)::int as cost,
         (select coalesce(sum(t.cost_micro_usd), 0)::int from ai_turns t where t.org_id = o.id) as cost_of_turns
       from organizations o left join usage_periods u on u.org_id = o.id where o.id = $1`,
      [org_id],
    );

  test("F163: returns when the turn's lease ends, through the next turn or through the sweep", async () => {
    const tenant = await limited(1);
    const [one = ""] = await talks(tenant, 1);
    opened(await start(one));
    const silence = () =>
      db.rows("update ai_turns set lease_until = now() - interval '1 second' where org_id = $1", [tenant.org_id]);
    await silence();
    expect(await start(one)).toMatchObject({ outcome: "begun" });
    expect(await db.usage(tenant)).toMatchObject({ reserved: 1 });
    await silence();
    await sweep(db.exec, 500);
    expect(await db.usage(tenant)).toMatchObject({ reserved: 0, used: 0 });
  });

  test("F163: whatever happens: reserved = open turns, used = replies, cost = the turns' cost", async () => {
    type Step = { talk: number; act: "begin" | "send" | "none" | "fail" | "line" | "expire" | "sweep" };
    const steps = fc.array(
      fc.record({
        talk: fc.nat(2),
        act: fc.constantFrom("begin", "send", "none", "fail", "line", "expire", "sweep"),
      }) as fc.Arbitrary<Step>,
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const tenant = await limited(4);
        const customers = [newCustomer(), newCustomer(), newCustomer()];
        const ids = await Promise.all(customers.map((customer) => db.writes(tenant, customer, {})));
        const turns: (Turn | null)[] = [null, null, null];
        for (const { talk, act } of script) {
          const [id = "", customer = "", turn] = [ids[talk], customers[talk], turns[talk]];
          if (act === "line") await db.writes(tenant, customer, {});
          if (act === "sweep") await sweep(db.exec, 500);
          if (act === "expire") {
            await db.rows("update ai_turns set lease_until = now() - interval '1 second' where conversation_id = $1", [
              id,
            ]);
          }
          if (act === "begin") {
            const begun = await start(id);
            if (begun.outcome === "begun") turns[talk] = begun.turn;
          }
          if (turn && (act === "send" || act === "none")) {
            await commit(db.exec, turn, verdict({ decision: act, reply: act === "send" ? "Yes" : null }), FIGURES);
          }
          if (turn && act === "fail") await fail(db.exec, turn.id, FAILURE, FIGURES);
          const { reserved, open, used, replies, cost, cost_of_turns } = await balance(tenant);
          expect([reserved, used, cost]).toEqual([open, replies, cost_of_turns]);
          expect(Number(used) + Number(reserved)).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 30, seed: 163 },
    );
  });
});

describe("F164: the month", () => {
  test("F164: is a key: a new one starts at nothing without a reset, and the old one stays", async () => {
    const tenant = await limited(1);
    const [one = ""] = await talks(tenant, 1);
    await commit(db.exec, opened(await start(one)).turn, verdict(), FIGURES);
    await db.rows("update usage_periods set period = period - interval '1 month' where org_id = $1", [tenant.org_id]);
    const [two = ""] = await talks(tenant, 1);
    await commit(db.exec, opened(await start(two)).turn, verdict(), FIGURES);
    expect(await db.rows("select used from usage_periods where org_id = $1", [tenant.org_id])).toEqual([
      { used: 1 },
      { used: 1 },
    ]);
    expect(await visible(tenant)).toBe(1);
  });

  test("F164: a turn that began in the old month is settled there", async () => {
    const tenant = await limited(5);
    const [one = ""] = await talks(tenant, 1);
    const { turn } = opened(await start(one));
    await db.rows("update usage_periods set period = period - interval '1 month' where org_id = $1", [tenant.org_id]);
    await db.rows("update ai_turns set reserved_period = reserved_period - interval '1 month' where id = $1", [
      turn.id,
    ]);
    await commit(db.exec, turn, verdict(), FIGURES);
    expect(await db.rows("select used, reserved from usage_periods where org_id = $1", [tenant.org_id])).toEqual([
      { used: 1, reserved: 0 },
    ]);
    expect(await visible(tenant)).toBe(0);
  });

  test.each([["UTC"], ["Pacific/Kiritimati"], ["Pacific/Pago_Pago"]])(
    "F164: begins at midnight UTC, whatever the session's zone is: %s",
    async (zone) => {
      const { same } = (await inZone(zone)) ?? {};
      expect(same).toBe(true);
    },
  );

  async function inZone(zone: string) {
    const session = await db.connect();
    await session.query(`set time zone '${zone}'`);
    const { rows } = await session.query(
      "select switchboard.current_period() = date_trunc('month', (extract(epoch from now()) * interval '1 second') + timestamp 'epoch')::date as same",
    );
    return rows[0] as Row | undefined;
  }

  test("F164: the column is put right by a run that comes late, and by a second one not at all", async () => {
    const tenant = await limited(5);
    await db.rows("update organizations set messages_used_this_month = 40 where id = $1", [tenant.org_id]);
    expect(await refreshUsage(db.exec)).toMatchObject({ corrected: 1 });
    expect(await visible(tenant)).toBe(0);
    expect(await refreshUsage(db.exec)).toMatchObject({ corrected: 0 });
  });

  test("F164: a reply committed while the column is put right is not forgotten", async () => {
    const tenant = await limited(5);
    const [one = ""] = await talks(tenant, 1);
    const { turn } = opened(await start(one));
    await db.rows("update organizations set messages_used_this_month = 40 where id = $1", [tenant.org_id]);
    const session = await db.connect();
    await session.query("begin");
    await session.query("select switchboard.settle_usage($1, 1, 0)", [turn.id]);
    const refreshing = refreshUsage(db.exec);
    await db.waiting();
    await session.query("commit");
    await refreshing;
    expect(await visible(tenant)).toBe(1);
  });
});

describe("F165: cost", () => {
  test("F165: of discarded and failed turns stays in the ledger, and in the hour's figures", async () => {
    const tenant = await limited(5);
    const customer = newCustomer();
    const id = await db.writes(tenant, customer, {});
    const { turn } = opened(await start(id));
    await db.writes(tenant, customer, {});
    await commit(db.exec, turn, verdict(), FIGURES);
    await fail(db.exec, opened(await start(id)).turn.id, FAILURE, FIGURES);
    await commit(db.exec, opened(await start(id)).turn, verdict(), FIGURES);
    expect(await db.usage(tenant)).toMatchObject({ used: 1, cost_micro_usd: "1200" });
    expect(
      await db.rows("select requests_count, tokens_used, cost_cents from ai_usage_metrics where org_id = $1", [
        tenant.org_id,
      ]),
    ).toEqual([{ requests_count: 3, tokens_used: "390", cost_cents: "0.1200" }]);
  });

  test("F165: of an answer that came after the lease is counted, once however often it is told", async () => {
    const tenant = await limited(5);
    const [id = ""] = await talks(tenant, 1);
    const { turn } = opened(await start(id));
    await db.rows("update ai_turns set lease_until = now() - interval '1 second' where id = $1", [turn.id]);
    await sweep(db.exec, 500);
    await commit(db.exec, turn, verdict(), FIGURES);
    await commit(db.exec, turn, verdict(), FIGURES);
    expect(await db.usage(tenant)).toMatchObject({ used: 0, reserved: 0, cost_micro_usd: "400" });
  });

  test("F165: of both who ran the same turn is counted, though one answer is used", async () => {
    const tenant = await limited(5);
    const { turn, conversation_id, customer } = await db.begun(tenant);
    await db.writes(tenant, customer, {});
    const twin = opened(await begin(db.exec, conversation_id, turn.id));
    await commit(db.exec, turn, verdict(), FIGURES);
    await commit(db.exec, twin.turn, verdict(), FIGURES);
    expect(await db.usage(tenant)).toMatchObject({ used: 1, reserved: 0, cost_micro_usd: "800" });
    expect(await db.turns(conversation_id)).toMatchObject([{ cost_micro_usd: "800" }]);
  });

  test("F165: telling a commit again does not charge it again", async () => {
    const tenant = await limited(5);
    const [id = ""] = await talks(tenant, 1);
    const { turn } = opened(await start(id));
    await commit(db.exec, turn, verdict(), FIGURES);
    await commit(db.exec, turn, verdict(), FIGURES);
    expect(await db.usage(tenant)).toMatchObject({ used: 1, cost_micro_usd: "400" });
  });
});

test("F166: turns at once do not pass the budget: what is settled and what is set aside fit in it", async () => {
  const tenant = await limited(50, { monthly_ai_budget_usd: 0.1 });
  const begun = await Promise.all((await talks(tenant, 20)).map(start));
  const turns = begun.flatMap((one) => (one.outcome === "begun" ? [one.turn] : []));
  expect(turns).toHaveLength(5);
  expect(begun.filter((one) => one.outcome === "blocked" && one.reason === "ai_budget")).toHaveLength(15);
  expect(await db.usage(tenant)).toMatchObject({ reserved_cost_micro_usd: "100000" });
  const dear = { ...FIGURES, usage: { ...FIGURES.usage, cost_micro_usd: 20_000 } };
  await Promise.all(turns.map((turn) => commit(db.exec, turn, verdict(), dear)));
  expect(await db.usage(tenant)).toMatchObject({ cost_micro_usd: "100000", reserved_cost_micro_usd: "0" });
  const [late = ""] = await talks(tenant, 1);
  expect(await start(late)).toMatchObject({ outcome: "blocked", reason: "ai_budget" });
});
