import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { watch } from "../../shared/operations/watch.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { listAlerts } from "../../workers/functions/commands/list-alerts.ts";
import { resolveAlert } from "../../workers/functions/commands/resolve-alert.ts";
import { createMember, createTenant, insert } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";

const QUIET_DAY = new Date("2026-08-01T00:00:00Z");

let h: Harness;
let ask: ReturnType<typeof openDesk>;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  h = await openHarness();
  ask = openDesk(h);
});
afterAll(() => h.close());
beforeEach(async () => {
  ours = await createTenant(h.exec);
  theirs = await createTenant(h.exec);
});

const refuse = ({ channel_id }: Tenant, state = "auth_error") =>
  h.rows(
    "update channels set auth_state = $2, auth_state_reason = 'expired', auth_state_changed_at = now() where id = $1",
    [channel_id, state],
  );
const look = () => watch(h.exec, QUIET_DAY);
const all = ({ business_id }: Tenant) =>
  h.rows("select * from alerts where business_id = $1 order by first_seen", [business_id]);

describe("one alert a cause", () => {
  test("F84: twenty watchers at once raise one, and twenty that find it gone end it once", async () => {
    await refuse(ours);
    const looks = await Promise.all(Array.from({ length: 20 }, look));
    expect(looks.map(({ raised }) => raised).toSorted()).toEqual([...Array.from({ length: 19 }, () => 0), 1]);
    expect(await all(ours)).toMatchObject([{ kind: "dead_token", resolved_at: null }]);
    await refuse(ours, "ok");
    const after = await Promise.all(Array.from({ length: 20 }, look));
    expect(after.reduce((sum, { ended }) => sum + ended, 0)).toBe(1);
    expect(await all(ours)).toMatchObject([{ resolved_at: expect.any(Date), ended_at: expect.any(Date) }]);
  });

  test("the database itself refuses a second one while the first lasts", async () => {
    await refuse(ours);
    await look();
    const copy = `insert into public.alerts (org_id, business_id, kind, cause, subject)
      select org_id, business_id, kind, cause, subject from public.alerts where business_id = $1`;
    await expect(h.rows(copy, [ours.business_id])).rejects.toMatchObject({ code: "23505" });
  });

  test("what lasts without change is written down every quarter of an hour, not at every look", async () => {
    await refuse(ours);
    await look();
    const changes = () =>
      h.rows("select 1 from switchboard.outbox where table_name = 'alerts' and org_id = $1", [ours.org_id]);
    await look();
    expect(await changes()).toHaveLength(1);
    await h.rows("update alerts set last_seen = now() - interval '16 minutes' where business_id = $1", [
      ours.business_id,
    ]);
    const before = (await changes()).length;
    await look();
    expect(await changes()).toHaveLength(before + 1);
  });

  test("a cause that comes back is a new alert; the old one stays on record", async () => {
    for (const state of ["auth_error", "ok", "auth_error"]) {
      await refuse(ours, state);
      await look();
    }
    expect(await all(ours)).toMatchObject([{ resolved_at: expect.any(Date) }, { resolved_at: null }]);
  });

  test("one matter's end leaves the others open", async () => {
    await refuse(ours);
    await refuse(theirs, "stopped");
    await look();
    await refuse(theirs, "ok");
    await look();
    expect(await all(ours)).toMatchObject([{ kind: "dead_token", resolved_at: null }]);
    expect(await all(theirs)).toMatchObject([{ kind: "number_stopped", resolved_at: expect.any(Date) }]);
  });
});

describe("resolve-alert", () => {
  test("puts the alert aside for as long as its cause lasts", async () => {
    await refuse(ours);
    await look();
    const [alert] = (await ask(ours, listAlerts, {})).alerts;
    expect(alert).toMatchObject({ kind: "dead_token", business_id: ours.business_id, count: 1, resolved_at: null });
    const alert_id = alert?.alert_id ?? "";
    expect(await ask(ours, resolveAlert, { alert_id })).toMatchObject({ alert_id, resolved_at: expect.any(String) });
    await look();
    expect((await ask(ours, listAlerts, {})).alerts).toEqual([]);
    await refuse(ours, "ok");
    await look();
    await refuse(ours);
    await look();
    expect((await ask(ours, listAlerts, {})).alerts).toHaveLength(1);
    expect((await ask(ours, listAlerts, { resolved: true })).alerts.map((one) => one.alert_id)).toContain(alert_id);
  });

  test("names the person who did", async () => {
    await refuse(ours);
    await look();
    const [alert] = await all(ours);
    const claims = { sub: ours.owner.user_id };
    const resolving = {
      text: "select switchboard.resolve_alert_v1($1) as alert",
      params: [{ alert_id: alert?.["id"] }],
    };
    const [rows] = await h.exec({ role: "switchboard_worker", claims }, [resolving]);
    expect(rows).toMatchObject([{ alert: { resolved_by_name: "Owner" } }]);
    expect(await all(ours)).toMatchObject([{ resolved_by: ours.owner.team_member_id }]);
  });

  test("of ten at once one resolves it; the others get 409 with what is true", async () => {
    await refuse(ours);
    await look();
    const alert_id = (await ask(ours, listAlerts, {})).alerts[0]?.alert_id ?? "";
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => ask(ours, resolveAlert, { alert_id })));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const again = await refused(ask(ours, resolveAlert, { alert_id }));
    expect(again).toMatchObject({
      code: "conflict",
      details: { current: { alert_id, resolved_at: expect.any(String) } },
    });
  });
});

describe("list-alerts", () => {
  test("newest first, by pages, by kind", async () => {
    const raise = (n: number) =>
      insert("public.alerts", {
        org_id: ours.org_id,
        business_id: ours.business_id,
        kind: n % 2 ? "stuck_sends" : "overdue_turns",
        cause: `test-${ours.business_id}-${n}`,
        subject: String(n),
        first_seen: `2026-11-01T00:00:0${Math.floor(n / 2)}Z`,
      });
    await h.exec({ role: "switchboard_worker" }, [0, 1, 2, 3, 4].map(raise));
    const subjects: string[] = [];
    let after: string | undefined;
    do {
      const page: { alerts: { subject: string }[]; next: string | null } = await ask(ours, listAlerts, {
        limit: 2,
        after,
      });
      subjects.push(...page.alerts.map(({ subject }) => subject));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(subjects[0]).toBe("4");
    expect(subjects.toSorted()).toEqual(["0", "1", "2", "3", "4"]);
    const odd = await ask(ours, listAlerts, { kind: "stuck_sends" });
    expect(odd.alerts.map(({ subject }) => subject)).toEqual(["3", "1"]);
  });
});

describe("isolation", () => {
  test("another tenant's alerts are neither listed nor resolved nor read", async () => {
    await refuse(ours);
    await refuse(theirs);
    await look();
    const [other] = (await ask(theirs, listAlerts, {})).alerts;
    const { alerts } = await ask(ours, listAlerts, { resolved: true });
    expect(alerts.map(({ business_id }) => business_id)).toEqual([ours.business_id]);
    const alert_id = other?.alert_id ?? "";
    expect(await refused(ask(ours, resolveAlert, { alert_id }))).toMatchObject({ code: "not_found" });
    const { business_id } = theirs;
    expect(await refused(ask(ours, listAlerts, { business_id }))).toMatchObject({ code: "not_found" });
    const rows = { text: "select business_id from public.alerts" };
    const claims = { sub: ours.owner.user_id };
    expect(await h.exec({ role: "authenticated", claims }, [rows])).toEqual([[{ business_id: ours.business_id }]]);
    expect(await h.exec({ role: "authenticated" }, [rows])).toEqual([[]]);
    await expect(h.exec({ role: "anon" }, [rows])).rejects.toMatchObject({ code: "42501" });
  });

  test("a key to one workspace and a member without assignment see only what is theirs", async () => {
    const second = crypto.randomUUID();
    const secret = `12345678.${crypto.randomUUID()}`;
    const key = { org_id: ours.org_id, key_hash: await sha256Hex(secret), key_prefix: "12345678", scopes: ["read"] };
    const alert = { org_id: ours.org_id, kind: "quarantine", subject: "x" };
    await h.exec({ role: "switchboard_worker" }, [
      insert("public.businesses", { id: second, org_id: ours.org_id, name: "Second", slug: "second" }),
      insert("public.api_keys", { ...key, business_id: second }),
      insert("public.alerts", { ...alert, business_id: second, cause: `second-${second}` }),
      insert("public.alerts", { ...alert, business_id: ours.business_id, cause: `first-${second}` }),
      insert("public.alerts", { ...alert, cause: `whole-${second}` }),
    ]);
    const businesses = async (listing: Promise<{ alerts: { business_id: string | null }[] }>) =>
      new Set((await listing).alerts.map(({ business_id }) => business_id));
    expect(await businesses(ask({ api_key: secret }, listAlerts, {}))).toEqual(new Set([second]));
    expect(await businesses(ask(ours, listAlerts, {}))).toEqual(new Set([second, ours.business_id, null]));
    expect(await businesses(ask(ours, listAlerts, { business_id: second }))).toEqual(new Set([second]));
    const alert_id = (await ask({ api_key: secret }, listAlerts, {})).alerts[0]?.alert_id ?? "";
    expect(await refused(ask({ api_key: secret }, resolveAlert, { alert_id }))).toMatchObject({ code: "forbidden" });

    const { user_id } = await createMember(h.exec, ours, { assigned: false });
    const rows = { text: "select business_id from public.alerts" };
    expect(await h.exec({ role: "authenticated", claims: { sub: user_id } }, [rows])).toEqual([
      [{ business_id: null }],
    ]);
  });

  test("nobody but our own code writes alerts", async () => {
    await refuse(ours);
    await look();
    for (const role of ["authenticated", "service_role"] as const) {
      const writing = h.exec({ role, claims: { sub: ours.owner.user_id } }, [
        { text: "update public.alerts set subject = 'x'" },
      ]);
      await expect(writing).rejects.toMatchObject({ code: "42501" });
    }
  });
});
