import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claimBatch } from "../../shared/campaigns/claim.ts";
import { lease } from "../../shared/campaigns/lease.ts";
import { recordBatch } from "../../shared/campaigns/record.ts";
import { sweepCampaigns } from "../../shared/campaigns/sweep.ts";
import { sweep } from "../../shared/operations/sweep.ts";
import type { CampaignView } from "../../workers/functions/campaign-view.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { status } from "../factories/events.ts";
import {
  accepts,
  counted,
  createContacts,
  createTemplate,
  draft,
  fails,
  goRound,
  running,
} from "./campaign-fixtures.ts";
import { refused } from "./desk.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenant = await createTenant(db.exec);
});

const campaign = (id: string) => db.row("select * from campaigns where id = $1", [id]);
const states = async (id: string) =>
  Object.fromEntries(
    (
      await db.rows(
        "select concat_ws(' ', state, reason) as state, count(*)::integer as n from campaign_recipients where campaign_id = $1 group by 1",
        [id],
      )
    ).map(({ state, n }) => [state, n]),
  );
const attemptsOf = (id: string) =>
  db.rows("select a.* from send_attempts a join messages m on m.id = a.message_id where m.campaign_id = $1", [id]);
function head<T>(list: T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("there is none");
  return first;
}
const act = (name: "start" | "pause" | "resume" | "cancel" | "retry", campaign_id: string, more = {}) =>
  db.as<CampaignView>(tenant, `${name}_campaign_v1`, { campaign_id, ...more });

describe("audience", () => {
  test("F97: one person is one recipient, whoever is left out has a row that says why, and nobody else has one", async () => {
    await createContacts(db, tenant, 2);
    const [twice] = await createContacts(db, tenant, 1, { wa_id: "4915100000001", phone: "+4915100000001" });
    await createContacts(db, tenant, 1, { wa_id: "4915100000001", phone: null, tags: ["all", "more"] });
    await createContacts(db, tenant, 1, { opted_in: false });
    await createContacts(db, tenant, 1, { opted_in: null });
    await createContacts(db, tenant, 1, { phone: null, wa_id: null });
    await createContacts(db, tenant, 1, { name: null });
    await createContacts(db, tenant, 1, { tags: ["all", "not"] });
    await createContacts(db, tenant, 1, { tags: ["other"] });
    const { campaign_id } = await draft(db, tenant, {
      audience: { tags: ["all", "more"], match: "any", contact_ids: [twice], exclude_tags: ["not"] },
    });
    const reasons = {
      duplicate_person: 1,
      opted_out: 1,
      no_consent: 1,
      unreachable: 1,
      missing_variable: 1,
      excluded_tag: 1,
    };
    expect(await db.as(tenant, "estimate_campaign_v1", { campaign_id }, "read")).toMatchObject({
      recipients: 3,
      excluded: 6,
      excluded_by_reason: reasons,
      duration_seconds: 1,
    });
    await act("start", campaign_id);
    expect(await states(campaign_id)).toEqual({
      pending: 3,
      ...Object.fromEntries(Object.entries(reasons).map(([reason, n]) => [`skipped ${reason}`, n])),
    });
  });

  test("F97: of two contacts with one number the stricter consent holds for both", async () => {
    await createContacts(db, tenant, 1, { wa_id: "4915100000002", phone: "+4915100000002" });
    await createContacts(db, tenant, 1, { wa_id: "4915100000002", phone: null, opted_in: false });
    const { campaign_id } = await draft(db, tenant);
    await act("start", campaign_id);
    expect(await states(campaign_id)).toEqual({ "skipped duplicate_person": 1, "skipped opted_out": 1 });
    expect(await campaign(campaign_id)).toMatchObject({ status: "COMPLETED", total_contacts: 2, skipped_count: 2 });
  });

  test("F99: who is tagged after the launch is not written to, and who loses the tag still is", async () => {
    const ids = await createContacts(db, tenant, 2);
    const { campaign_id } = await draft(db, tenant);
    await act("start", campaign_id);
    await db.rows("update contacts set tags = '{}' where id = $1", [ids[0]]);
    await createContacts(db, tenant, 1);
    expect(await goRound(db, campaign_id)).toHaveLength(2);
    expect(await campaign(campaign_id)).toMatchObject({ status: "COMPLETED", total_contacts: 2, sent_count: 2 });
  });

  test("a price for each country comes from the workspace's own table", async () => {
    await createContacts(db, tenant, 3);
    await db.rows("update businesses set settings = $2 where id = $1", [
      tenant.business_id,
      JSON.stringify({ message_prices: { MARKETING: { "49": 0.1, default: 0.2 } } }),
    ]);
    const { campaign_id } = await draft(db, tenant);
    expect(await db.as(tenant, "estimate_campaign_v1", { campaign_id }, "read")).toMatchObject({
      cost_usd: 0.3,
      cost_by_country: [{ calling_code: "49", recipients: 3, price_usd: 0.1 }],
    });
  });

  test("F111: a contact stays in the same arm, and the arms are of their weights", async () => {
    await createContacts(db, tenant, 300);
    const arms = [
      { name: "a", weight: 1, components: [{ type: "body", parameters: [{ type: "text", text: "A" }] }] },
      { name: "b", weight: 2, components: [{ type: "body", parameters: [{ type: "text", text: "B" }] }] },
    ];
    const { campaign_id } = await draft(db, tenant, { arms });
    await act("start", campaign_id);
    const [{ a, changed } = {}] = await db.rows(
      `select (count(*) filter (where r.arm = 'a'))::integer as a,
         (count(*) filter (where r.arm is distinct from switchboard.arm_of(c, r.contact_id)))::integer as changed
       from campaign_recipients r join campaigns c on c.id = r.campaign_id where c.id = $1`,
      [campaign_id],
    );
    expect(changed).toBe(0);
    expect(a).toBeGreaterThan(60);
    expect(a).toBeLessThan(140);
    const [one] = await goRound(db, campaign_id, accepts, 1);
    expect(["A", "B"]).toContain(JSON.parse(JSON.stringify(one?.attempt.content)).components[0].parameters[0].text);
  });
});

describe("what is sent", () => {
  test("each recipient's own name, whatever it is made of", async () => {
    await createContacts(db, tenant, 1, { name: 'Ana "}]\n\\u0041 {{1}}' });
    const { campaign_id } = await draft(db, tenant);
    await act("start", campaign_id);
    const [one] = await goRound(db, campaign_id);
    expect(one?.attempt.content).toMatchObject({
      type: "template",
      components: [{ parameters: [{ text: 'Ana "}] \\u0041 {{1}}' }] }],
    });
  });

  test("F92: a template whose variables are missing is refused before anything is made", async () => {
    const answer = await refused(draft(db, tenant, { components: [] }));
    expect(answer).toMatchObject({ code: "invalid_input", message: expect.stringContaining("takes 1 variables") });
    expect(await db.rows("select from campaigns where business_id = $1", [tenant.business_id])).toEqual([]);
  });

  test("F98: who opts out after the launch is not written to", async () => {
    const id = await running(db, tenant, 3);
    await db.rows(
      "update contacts set opted_in = false where id = (select contact_id from campaign_recipients where campaign_id = $1 limit 1)",
      [id],
    );
    expect(await goRound(db, id)).toHaveLength(2);
    expect(await states(id)).toEqual({ accepted: 2, "skipped campaign_consent": 1 });
  });

  test("F89: a conversation in which a person's message is under way comes later", async () => {
    await createContacts(db, tenant, 1);
    const { campaign_id } = await draft(db, tenant);
    await act("start", campaign_id);
    const { id } = await db.row(
      `insert into conversations (org_id, business_id, channel_id, contact_id, window_expires_at)
       select org_id, business_id, $2, contact_id, now() + interval '1 day' from campaign_recipients where campaign_id = $1 returning id`,
      [campaign_id, tenant.channel_id],
    );
    await db.says(tenant, String(id), "One moment");
    expect(await goRound(db, campaign_id)).toEqual([]);
    expect(await states(campaign_id)).toEqual({ pending: 1 });
  });
});

describe("once and nobody lost", () => {
  test("F93: leased by twelve at once, no recipient is handed out twice", async () => {
    const id = await running(db, tenant, 120);
    const leases = await Promise.all(
      Array.from({ length: 12 }, () => lease(db.exec, id, { batches: 2, batch_size: 10 })),
    );
    const handed = leases.flatMap(({ batches }) => batches.flatMap(({ recipient_ids }) => recipient_ids));
    expect(new Set(handed).size).toBe(handed.length);
    const claims = await Promise.all(
      leases.flatMap(({ batches }) =>
        batches.flatMap((batch) => [batch, batch].map((one) => claimBatch(db.exec, id, one))),
      ),
    );
    expect(claims.flatMap(({ attempts }) => attempts)).toHaveLength(handed.length);
    expect(await attemptsOf(id)).toHaveLength(handed.length);
    const { counters, rows } = await counted(db, id);
    expect(counters).toEqual(rows);
  });

  test("F94: a lease that ran out goes to others, and its first holder gets nothing for it", async () => {
    const id = await running(db, tenant, 5);
    const first = head((await lease(db.exec, id, { batches: 1 })).batches);
    await db.rows("update campaign_recipients set lease_until = now() - interval '1 second' where campaign_id = $1", [
      id,
    ]);
    expect((await sweepCampaigns(db.exec, 100)).due).toContain(id);
    expect((await claimBatch(db.exec, id, first)).attempts).toEqual([]);
    expect(await goRound(db, id)).toHaveLength(5);
    expect((await claimBatch(db.exec, id, first)).attempts).toEqual([]);
    expect(await states(id)).toEqual({ accepted: 5 });
  });

  test("F94: a claim whose holder dies is unknown, is not sent again, and keeps the campaign open until a status tells", async () => {
    const id = await running(db, tenant, 2);
    const batch = head((await lease(db.exec, id, { batches: 1 })).batches);
    const { attempts } = await claimBatch(db.exec, id, batch);
    await db.rows("update send_attempts set lease_until = now() - interval '1 minute' where id = any ($1)", [
      attempts.map(({ attempt }) => attempt.id),
    ]);
    await sweep(db.exec, 100);
    expect(await states(id)).toEqual({ unknown: 2 });
    expect(await goRound(db, id)).toEqual([]);
    expect(await campaign(id)).toMatchObject({ status: "RUNNING", unknown_count: 2 });
    await db.arrive(
      ...attempts.map(({ attempt }) =>
        status(tenant.phone_number_id, `wamid.${attempt.id}`, "delivered", { attempt_id: attempt.id }),
      ),
    );
    expect(await states(id)).toEqual({ delivered: 2 });
    expect(await campaign(id)).toMatchObject({ status: "COMPLETED", delivered_count: 2, sent_count: 2 });
  });

  test("F102: a slot that has passed is not used", async () => {
    const id = await running(db, tenant, 1);
    const batch = head((await lease(db.exec, id, { batches: 1 })).batches);
    expect(await claimBatch(db.exec, id, batch, Date.now() - 5000)).toEqual({ outcome: "late", attempts: [] });
    const { attempts } = await claimBatch(db.exec, id, batch, Date.now() + 5000);
    expect(attempts).toHaveLength(1);
    const [{ started_at } = {}] = await attemptsOf(id);
    expect(Number(started_at)).toBeGreaterThan(Date.now() + 3000);
  });

  test("F96: what is leased when a person pauses or cancels is not sent, and resuming leaves nobody out", async () => {
    const id = await running(db, tenant, 4);
    const batch = head((await lease(db.exec, id, { batches: 1 })).batches);
    expect(await act("pause", id)).toMatchObject({ status: "PAUSED" });
    expect(await claimBatch(db.exec, id, batch)).toEqual({ outcome: "stopped", attempts: [] });
    expect((await lease(db.exec, id, { batches: 1 })).batches).toEqual([]);
    await act("resume", id);
    const again = head((await lease(db.exec, id, { batches: 1, batch_size: 2 })).batches);
    expect(await act("cancel", id)).toMatchObject({ status: "CANCELLED", recipients: { cancelled: 4 } });
    expect(await claimBatch(db.exec, id, again)).toEqual({ outcome: "stopped", attempts: [] });
    expect(await attemptsOf(id)).toEqual([]);
  });

  test("F107: a bad recipient fails by itself; one who may be tried again comes later, as the same message", async () => {
    const id = await running(db, tenant, 3);
    let n = 0;
    await goRound(db, id, () => head([accepts(), fails("131026"), fails("131000", "retry")].slice(n++)));
    expect(await states(id)).toEqual({ accepted: 1, "failed 131026": 1, "pending 131000": 1 });
    expect(await campaign(id)).toMatchObject({ status: "RUNNING" });
    await db.rows("update campaign_recipients set due_at = now() where campaign_id = $1", [id]);
    expect(await goRound(db, id)).toHaveLength(1);
    expect(await campaign(id)).toMatchObject({ status: "COMPLETED", sent_count: 2, failed_count: 1 });
    expect(await db.rows("select from messages where campaign_id = $1", [id])).toHaveLength(3);
    expect(await attemptsOf(id)).toHaveLength(4);
  });

  test("F105: the counters equal the rows at every step", async () => {
    const id = await running(db, tenant, 12);
    const agree = async () => {
      const { counters, rows } = await counted(db, id);
      expect(counters).toEqual(rows);
      return counters;
    };
    await agree();
    const batch = head((await lease(db.exec, id, { batches: 1 })).batches);
    await agree();
    const { attempts } = await claimBatch(db.exec, id, batch);
    await agree();
    const answers = [fails("131026"), fails("131000", "retry"), { state: "unknown", reason: "timeout" } as const];
    const results = attempts.map((one, i) => ({ ...one, outcome: answers[i] ?? accepts() }));
    await recordBatch(db.exec, id, results);
    expect(await agree()).toMatchObject({ failed: 1, pending: 1, unknown: 1, sent: 9 });
    await recordBatch(db.exec, id, results);
    expect(await agree()).toMatchObject({ failed: 1, pending: 1, unknown: 1, sent: 9 });
    const ids = results.flatMap(({ outcome }) => (outcome.state === "accepted" ? [outcome.provider_id] : []));
    await db.arrive(...ids.slice(0, 6).map((one) => status(tenant.phone_number_id, one, "delivered")));
    await db.arrive(...ids.slice(0, 3).map((one) => status(tenant.phone_number_id, one, "read")));
    await db.arrive(status(tenant.phone_number_id, head(ids.slice(8)), "failed"));
    expect(await agree()).toMatchObject({ sent: 8, delivered: 6, read: 3, failed: 2 });
    await act("cancel", id);
    expect(await agree()).toMatchObject({ pending: 0, cancelled: 1, total: 12 });
  });

  test("F95: a scheduled campaign is found when its time has come and starts with the next look", async () => {
    await createContacts(db, tenant, 1);
    const { campaign_id } = await draft(db, tenant);
    const past = await refused(
      db.as(tenant, "schedule_campaign_v1", { campaign_id, scheduled_at: new Date(Date.now() - 1000).toISOString() }),
    );
    expect(past).toMatchObject({ code: "invalid_input", message: "scheduled_at is in the past." });
    const soon = new Date(Date.now() + 60_000).toISOString();
    await db.as(tenant, "schedule_campaign_v1", { campaign_id, scheduled_at: soon });
    expect((await lease(db.exec, campaign_id, { batches: 1 })).next_due_in_ms).toBeGreaterThan(50_000);
    await db.rows("update campaigns set scheduled_at = now() where id = $1", [campaign_id]);
    expect((await sweepCampaigns(db.exec, 100)).due).toContain(campaign_id);
    expect((await lease(db.exec, campaign_id, { batches: 1 })).batches).toHaveLength(1);
  });

  test("retry makes a campaign of those who failed, and of nobody who may have got it", async () => {
    const id = await running(db, tenant, 4);
    let n = 0;
    await goRound(db, id, () =>
      head([accepts(), fails("131026"), fails("131049"), { state: "unknown", reason: "timeout" } as const].slice(n++)),
    );
    expect((await refused(act("retry", id))).code).toBe("conflict");
    await act("cancel", id);
    const again = await act("retry", id, { reasons: ["131049"] });
    expect(again).toMatchObject({ status: "DRAFT", retry_of: id });
    await act("start", again.campaign_id);
    // F101: not before a day has passed
    expect(await goRound(db, again.campaign_id)).toEqual([]);
    expect(
      await db.rows("select from campaign_recipients where campaign_id = $1 and due_at > now() + interval '23 hours'", [
        again.campaign_id,
      ]),
    ).toHaveLength(1);
  });
});

describe("it stops itself", () => {
  test.each([
    ["131048", "stop_channel"],
    ["132015", "never"],
    ["190", "auth"],
  ] as const)("F100: within one batch at %s, with the cause", async (code, kind) => {
    const id = await running(db, tenant, 30);
    const first = head((await lease(db.exec, id, { batches: 3, batch_size: 10 })).batches);
    const { attempts } = await claimBatch(db.exec, id, first);
    const recorded = await recordBatch(
      db.exec,
      id,
      attempts.map((one) => ({ ...one, outcome: fails(code, kind) })),
    );
    expect(recorded).toMatchObject({ status: "PAUSED", paused_reason: `Refused with ${code}` });
    expect((await lease(db.exec, id, { batches: 3 })).batches).toEqual([]);
    expect(await attemptsOf(id)).toHaveLength(10);
  });

  test("F100: when its template is paused or becomes another category", async () => {
    for (const change of ["status = 'PAUSED'", "category = 'UTILITY'"]) {
      const id = await running(db, tenant, 2);
      const batch = head((await lease(db.exec, id, { batches: 1 })).batches);
      await db.rows(`update templates set ${change} where id = (select template_id from campaigns where id = $1)`, [
        id,
      ]);
      expect(await claimBatch(db.exec, id, batch)).toEqual({ outcome: "stopped", attempts: [] });
      expect(await campaign(id)).toMatchObject({ status: "PAUSED", paused_by_system: true });
      expect((await refused(act("resume", id))).code).toBe("conflict");
    }
  });

  test("after a wave of refusals", async () => {
    const id = await running(db, tenant, 60);
    await goRound(db, id, () => fails("131026"), 1);
    expect(await campaign(id)).toMatchObject({ status: "PAUSED", failed_count: 50, pending_count: 10 });
  });

  test("F101: whoever asked the provider to be left alone has opted out", async () => {
    const id = await running(db, tenant, 1);
    await goRound(db, id, () => fails("131050"));
    expect(await db.rows("select opted_in from contacts where business_id = $1", [tenant.business_id])).toEqual([
      { opted_in: false },
    ]);
  });
});

test("F88: what a portfolio may write to in a day holds over its numbers", async () => {
  const second = crypto.randomUUID();
  await db.rows("update channels set daily_user_limit = 5, portfolio_id = 'p' || id where id = $1", [
    tenant.channel_id,
  ]);
  await db.rows(
    `insert into channels (id, org_id, business_id, phone_number_id, access_token, waba_id, portfolio_id)
     select $2, org_id, business_id, phone_number_id || '9', access_token, waba_id, portfolio_id from channels where id = $1`,
    [tenant.channel_id, second],
  );
  const template_id = await createTemplate(db, tenant);
  const ids = [
    await running(db, tenant, 4, { template_id, audience: { tags: ["all"] } }),
    await running(db, tenant, 4, { template_id, channel_id: second }),
  ];
  const second_id = head(ids.slice(1));
  const made = (await Promise.all(ids.map((id) => goRound(db, id)))).flat();
  // whoever was written to already takes no further place
  for (let round = 0; round < 6; round++) made.push(...(await goRound(db, second_id)));
  expect(new Set(made.map(({ attempt }) => attempt.to.phone)).size).toBe(5);
  expect((await lease(db.exec, second_id, { batches: 1 })).next_due_in_ms).toBeGreaterThan(60_000);
});

test("another tenant's campaign does not exist", async () => {
  const { campaign_id } = await draft(db, tenant);
  const other = await createTenant(db.exec);
  expect((await refused(db.as(other, "start_campaign_v1", { campaign_id }))).code).toBe("not_found");
});
