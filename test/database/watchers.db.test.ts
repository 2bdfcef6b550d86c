import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { watch } from "../../shared/operations/watch.ts";
import type { Row } from "../../shared/db/exec.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { settleSend } from "../../workers/functions/commands/settle-send.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createTenant, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { losesFirst, openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";

/** No model of the built-in list is about to retire then. */
const QUIET_DAY = new Date("2026-08-01T00:00:00Z");

let h: Harness;
let tenant: Tenant;
const people = { business: { ai_enabled: false } };

beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());
beforeEach(async () => {
  tenant = await createTenant(h.exec, people);
});

const look = (everything = false) => watch(h.exec, QUIET_DAY, everything);
const alerts = (whose = tenant): Promise<Row[]> =>
  h.rows("select * from alerts where business_id = $1 order by first_seen, id", [whose.business_id]);
const age = (id: string, text: string) => h.rows(text, [id]);

/** A send in doubt whose provider call was so many minutes ago. */
async function doubtful(minutes: number) {
  const calls: string[] = [];
  const ask = openDesk(h, losesFirst(calls));
  const conversation_id = await h.writes(tenant, newCustomer(), {});
  const { message_id } = await ask(tenant, sendMessage, { conversation_id, content: "Your order" });
  const [attempt_id = ""] = calls;
  await h.rows("update send_attempts set started_at = now() - make_interval(mins => $2) where id = $1", [
    attempt_id,
    minutes,
  ]);
  return { ask, attempt_id, message_id };
}

describe("overdue turns", () => {
  const overdue = (id: string, seconds: number) =>
    h.rows("update conversations set ai_due_at = now() - make_interval(secs => $2) where id = $1", [id, seconds]);

  test("F47: a turn two minutes late is one alert for its number, which ends with it", async () => {
    tenant = await createTenant(h.exec);
    const ids = [await h.writes(tenant, newCustomer(), {}), await h.writes(tenant, newCustomer(), {})];
    const [one = "", two = ""] = ids;
    await overdue(one, 115);
    await look();
    expect(await alerts()).toEqual([]);
    for (const id of ids) await overdue(id, 125);
    await look();
    expect(await alerts()).toMatchObject([
      { kind: "overdue_turns", count: 2, resolved_at: null, details: { channel_id: tenant.channel_id } },
    ]);
    await overdue(two, 0);
    await look();
    expect(await alerts()).toMatchObject([{ count: 1, resolved_at: null, details: { conversation_ids: [one] } }]);
    await overdue(one, 0);
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date), resolved_by: null }]);
  });
});

describe("stuck sends", () => {
  test("F69: a send in doubt for a quarter of an hour is reported until a person has settled it", async () => {
    const { ask, attempt_id, message_id } = await doubtful(14);
    await look();
    expect(await alerts()).toEqual([]);
    await age(attempt_id, "update send_attempts set started_at = now() - interval '16 minutes' where id = $1");
    await look();
    expect(await alerts()).toMatchObject([
      { kind: "stuck_sends", count: 1, details: { in_doubt: 1, overdue: 0, message_ids: [message_id] } },
    ]);
    await ask(tenant, settleSend, { attempt_id, outcome: "sent" });
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });

  test("a queued send that nobody has made for ten minutes is reported", async () => {
    const later = () =>
      Promise.resolve({
        state: "failed",
        class: "retry",
        code: "131016",
        title: "Overloaded",
        retry_after_ms: 60_000,
      } as const);
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    await openDesk(h, later)(tenant, sendMessage, { conversation_id, content: "Your order" });
    await look();
    expect(await alerts()).toEqual([]);
    await age(
      conversation_id,
      "update send_attempts set due_at = now() - interval '11 minutes' where conversation_id = $1 and state = 'queued'",
    );
    await look();
    expect(await alerts()).toMatchObject([{ kind: "stuck_sends", count: 1, details: { in_doubt: 0, overdue: 1 } }]);
  });
});

describe("numbers that may not send", () => {
  const fails = (error: { class: "auth" | "stop_channel" | "never" | "retry_pair"; code: string; title: string }) =>
    openDesk(h, async () => ({ state: "failed", ...error }));

  test("F84: a dead token is one alert, however many sends meet it; the sends fail clearly; new credentials end it", async () => {
    const ask = fails({ class: "auth", code: "190", title: "Access token invalid or expired" });
    const threads = [await h.writes(tenant, newCustomer(), {}), await h.writes(tenant, newCustomer(), {})];
    const [first = "", second = ""] = threads;
    expect(await ask(tenant, sendMessage, { conversation_id: first, content: "One" })).toMatchObject({
      delivery_status: "failed",
    });
    await look();
    const refusal = await refused(ask(tenant, sendMessage, { conversation_id: second, content: "Two" }));
    expect(refusal).toMatchObject({ code: "gate_refused", details: { rule: "channel_credentials" } });
    await look();
    expect(await alerts()).toMatchObject([
      {
        kind: "dead_token",
        count: 1,
        resolved_at: null,
        details: { channel_id: tenant.channel_id, reason: "Access token invalid or expired" },
      },
    ]);
    const token = `sealed.v1.test.${"B".repeat(40)}`;
    await h.rows("update channels set access_token = $2 where id = $1", [tenant.channel_id, token]);
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });

  test("a number that its provider stopped is told apart from a dead token", async () => {
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    const ask = fails({ class: "stop_channel", code: "131031", title: "Account locked" });
    await ask(tenant, sendMessage, { conversation_id, content: "One" });
    await look();
    expect(await alerts()).toMatchObject([{ kind: "number_stopped", details: { reason: "Account locked" } }]);
  });

  test.each([
    ["never", "10"],
    ["never", "131005"],
    ["never", "131026"],
    ["retry_pair", "131056"],
  ] as const)(
    "F85: an answer of class %s (%s) raises no alert and leaves the number in service",
    async (kind, code) => {
      const conversation_id = await h.writes(tenant, newCustomer(), {});
      await fails({ class: kind, code, title: "Odd" })(tenant, sendMessage, { conversation_id, content: "One" });
      await look();
      expect(await alerts()).toEqual([]);
      expect(await h.row("select auth_state from channels where id = $1", [tenant.channel_id])).toEqual({
        auth_state: "ok",
      });
    },
  );
});

describe("handoffs", () => {
  test("F57: a conversation that nobody takes is an alert of its own, until somebody does", async () => {
    const ids = [await h.writes(tenant, newCustomer(), {}), await h.writes(tenant, newCustomer(), {})];
    const hand =
      "update conversations set status = 'assigned', needs_human_reason = 'needs_human', needs_human_since = now() - interval '14 minutes' where id = $1";
    for (const id of ids) await age(id, hand);
    await sweep(h.exec, 500);
    await look();
    expect(await alerts()).toEqual([]);
    for (const id of ids)
      await age(id, "update conversations set needs_human_since = now() - interval '16 minutes' where id = $1");
    await sweep(h.exec, 500);
    await look();
    expect((await alerts()).map(({ kind, cause }) => [kind, cause]).toSorted()).toEqual(
      ids.map((id) => ["unclaimed_handoff", id]).toSorted(),
    );
    const { team_member_id } = tenant.owner;
    await h.as(tenant, "assign_conversation_v1", { conversation_id: ids[0], team_member_id });
    await look();
    const open = (await alerts()).filter(({ resolved_at }) => resolved_at === null);
    expect(open).toMatchObject([{ cause: ids[1] }]);
  });
});

describe("quarantine", () => {
  test("F11: events for a number that nobody owns are one alert for the account, which no tenant sees", async () => {
    const account = randomDigits(15);
    await h.arrive(message(account, newCustomer()), message(account, newCustomer()));
    await look();
    const found = "select * from alerts where cause like $1";
    const [alert, ...more] = await h.rows(found, [`%${account}%`]);
    expect(alert).toMatchObject({
      kind: "quarantine",
      org_id: null,
      business_id: null,
      count: 2,
      details: { provider: "meta", account },
    });
    expect(more).toEqual([]);
    await h.arrive(message(account, newCustomer()));
    await look();
    expect(await h.rows(found, [`%${account}%`])).toMatchObject([{ id: alert?.["id"], count: 3 }]);

    const { user_id } = tenant.owner;
    const query = { text: found, params: [`%${account}%`] };
    expect(await h.exec({ role: "authenticated", claims: { sub: user_id } }, [query])).toEqual([[]]);
    expect((await h.exec({ role: "service_role" }, [query]))[0]).toHaveLength(1);
    await h.rows("update switchboard.quarantined_events set resolved_at = now() where account = $1", [account]);
    await look();
    expect(await h.rows(found, [`%${account}%`])).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });
});

describe("models", () => {
  const days = (date: string) => watch(h.exec, new Date(date), true);

  test("F64: a business whose model is retired within 30 days is told, by whatever spelling; others are not", async () => {
    const other = await createTenant(h.exec, { business: { ai_model: "gemini-3.5-flash-lite" } });
    tenant = await createTenant(h.exec, { business: { ai_model: "models/Gemini-2.5-flash-001" } });
    await days("2026-10-30T00:00:00Z");
    expect(await alerts()).toEqual([]);
    await days("2026-11-02T00:00:00Z");
    expect(await alerts()).toMatchObject([
      {
        kind: "model_retiring",
        details: { model: "gemini-2.5-flash", successor: "gemini-3.5-flash-lite" },
        resolved_at: null,
      },
    ]);
    expect(await alerts(other)).toEqual([]);
    await h.rows("update businesses set ai_model = 'gemini-3.5-flash-lite' where id = $1", [tenant.business_id]);
    await days("2026-11-02T00:00:00Z");
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });
});
