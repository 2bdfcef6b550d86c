import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProviderEvent, StatusEvent } from "../../shared/channels/events.ts";
import { NUMBER } from "../../shared/channels/meta/fixtures.ts";
import { echo, edit, message, newCustomer, revoke, seconds, status } from "../factories/events.ts";
import { permute } from "../permuter/permute.ts";
import { arrangements, openIngest, permutations } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

const AT = seconds() - 600;

test("F15: an edit and a revocation that come before their message wait for it", async () => {
  const tenant = await db.tenant();
  const [edited, revoked] = [1, 2].map(() => message(tenant.phone_number_id, newCustomer()));
  if (!edited || !revoked) throw new Error("two messages");
  expect(await db.outcomes([edit(edited, "changed"), revoke(revoked)])).toEqual(["parked", "parked"]);
  expect(await db.parked(tenant)).toHaveLength(2);
  await db.outcomes([edited, revoked]);
  expect(await db.message(tenant, edited)).toMatchObject({ content: "changed", edited_at: expect.any(Date) });
  expect(await db.message(tenant, revoked)).toMatchObject({
    content: "[message deleted]",
    revoked_at: expect.any(Date),
  });
  expect(await db.parked(tenant)).toEqual([]);
});

test("F15: an event whose message never comes is on the quarantine list after seven days, not before", async () => {
  const tenant = await db.tenant();
  const lost = edit(message(tenant.phone_number_id, newCustomer()), "changed");
  await db.outcomes([lost]);
  const sweep = () => db.exec({ role: "switchboard_worker" }, [{ text: "select switchboard.sweep_v1('{}')" }]);
  const age = (days: string) =>
    db.rows("update switchboard.parked_events set received_at = now() - $1::interval where channel_id = $2", [
      days,
      tenant.channel_id,
    ]);
  await age("6 days 23 hours");
  await sweep();
  expect(await db.parked(tenant)).toHaveLength(1);
  await age("7 days 1 hour");
  await sweep();
  expect(await db.parked(tenant)).toEqual([]);
  expect(await db.quarantined(tenant.phone_number_id)).toMatchObject([
    { kind: "edit", reason: "message_never_arrived", detail: lost.target },
  ]);
});

test("F15: edits in any order, also after the revocation, end the same; the newest shows, all are kept", async () => {
  const customer = newCustomer();
  const line = (account: string) => message(account, customer, { provider_id: "wamid.line", at: AT });
  const changes = (account: string): ProviderEvent[] => [
    line(account),
    edit(line(account), "first", { provider_id: "wamid.e1", at: AT + 1 }),
    edit(line(account), "second", { provider_id: "wamid.e2", at: AT + 2 }),
    edit(line(account), "same second", { provider_id: "wamid.e3", at: AT + 2 }),
  ];
  const withRevoke = (account: string) => [
    ...changes(account).slice(0, 3),
    revoke(line(account), { provider_id: "wamid.r1", at: AT + 3 }),
    revoke(line(account), { provider_id: "wamid.r2", at: AT + 4 }),
  ];
  const { messages: edited } = await converge(changes);
  expect(edited).toMatchObject([{ content: "same second", payload: { edits: [{ id: "wamid.e1" }, {}, {}] } }]);
  const { messages: revoked } = await converge(withRevoke);
  expect(revoked).toMatchObject([{ content: "[message deleted]", payload: { edits: [{}, {}] } }]);
});

test("F15: an unanswered line that changes is new input for the answer; an answered one is not", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer());
  await db.outcomes([line]);
  await db.outcomes([edit(line, "changed")]);
  expect(await db.talk(tenant)).toMatchObject({ inbound_version: "2" });
  await db.rows("update conversations set answered_version = 2 where channel_id = $1", [tenant.channel_id]);
  await db.outcomes([edit(line, "once more", { at: line.at + 2 })]);
  expect(await db.talk(tenant)).toMatchObject({ inbound_version: "2" });
});

test("F15: what the business wrote on its phone can be edited and taken back too", async () => {
  const tenant = await db.tenant();
  const [one, two] = [1, 2].map(() => echo(tenant.phone_number_id, newCustomer()));
  if (!one || !two) throw new Error("two messages");
  await db.outcomes([one, two]);
  expect(await db.outcomes([edit(one, "changed"), revoke(two)])).toEqual(["stored", "stored"]);
  expect(await db.message(tenant, one)).toMatchObject({ content: "changed", direction: "outbound" });
  expect(await db.message(tenant, two)).toMatchObject({ content: "[message deleted]" });
});

test("F15, F16: events that arrive while their message is being stored are never left waiting", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const gate = await db.connect();
  for (let round = 0; round < 10; round += 1) {
    const said = echo(account, newCustomer());
    await gate.query("begin; lock table switchboard.outbox in share mode");
    const storing = db.arrive(said);
    await db.waiting();
    const telling = db.arrive(status(account, said.provider_id, "read"), edit(said, "changed"));
    await db.waiting(2);
    await gate.query("commit");
    await Promise.all([storing, telling]);
    expect(await db.message(tenant, said)).toMatchObject({ delivery_status: "read", content: "changed" });
  }
  expect(await db.parked(tenant)).toEqual([]);
});

test("F16: a status that overtakes the answer to its send finds the message by our own attempt id", async () => {
  const tenant = await db.tenant();
  const id = await db.writes(tenant, newCustomer(), {});
  const { message_id, next } = await db.says(tenant, id, "We are open.");
  const attempt_id = next.outcome === "claimed" ? next.attempt.id : "";
  const early = status(tenant.phone_number_id, "wamid.early", "delivered", { attempt_id });
  expect(await db.outcomes([early])).toEqual(["stored"]);
  expect(await db.row("select wa_message_id, delivery_status from messages where id = $1", [message_id])).toEqual({
    wa_message_id: "wamid.early",
    delivery_status: "delivered",
  });
  expect(await db.attempts(id)).toMatchObject([{ state: "accepted", provider_message_id: "wamid.early" }]);
});

test("F16: another channel's attempt id adopts nothing", async () => {
  const [tenant, other] = [await db.tenant(), await db.tenant()];
  const id = await db.writes(tenant, newCustomer(), {});
  const { next } = await db.says(tenant, id, "We are open.");
  const attempt_id = next.outcome === "claimed" ? next.attempt.id : "";
  const stray = status(other.phone_number_id, "wamid.stray", "delivered", { attempt_id });
  expect(await db.outcomes([stray])).toEqual(["parked"]);
  expect(await db.attempts(id)).toMatchObject([{ state: "sending", provider_message_id: null }]);
});

const STEPS: [StatusEvent["status"], number][] = [
  ["sent", 1],
  ["delivered", 2],
  ["read", 3],
  ["played", 4],
  ["failed", 2],
  ["held", 0],
  ["delivered", 5],
];

test("F76: any order and repetition of statuses ends in one state with the same times", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const finals = new Map<string, unknown>();
  const customer = newCustomer();
  const orders = [...arrangements(STEPS.slice(0, 5), 4), ...permutations(STEPS.slice(1, 6))];
  // every order is told about a message of its own, in two bodies and in a single one
  for (let from = 0; from < orders.length; from += 100) {
    const told = orders.slice(from, from + 100).flatMap((order) => {
      const said = [echo(account, customer), echo(account, customer)];
      return said.map((line, i) => ({ order, line, split: i === 0 ? order.length : 2 }));
    });
    const events = (part: (split: number) => [number, number]) =>
      told.flatMap(({ order, line, split }) =>
        order.slice(...part(split)).map(([name, after]) =>
          status(account, line.provider_id, name, {
            at: AT + after,
            ...(name === "failed" && { error: { code: 131000, title: "x" } }),
          }),
        ),
      );
    await db.outcomes(told.map(({ line }) => line));
    await db.outcomes(events((split) => [0, split]));
    await db.outcomes(events((split) => [split, Infinity]));
    const rows = await db.rows(
      `select wa_message_id, delivery_status, sent_at, delivered_at, read_at, played_at, failed_at, error
       from messages where wa_message_id = any($1)`,
      [told.map(({ line }) => line.provider_id)],
    );
    const found = new Map(rows.map(({ wa_message_id, ...row }) => [wa_message_id, row]));
    for (const { order, line } of told) {
      const said = new Set(order.map(([name, after]) => `${name}@${after}`));
      const key = [...said].toSorted().join(" ");
      const row = found.get(line.provider_id);
      if (finals.has(key)) expect(row, key).toEqual(finals.get(key));
      else finals.set(key, row);
    }
  }
  expect(finals.size).toBeGreaterThan(25);
  expect(finals.get("failed@2 sent@1")).toMatchObject({
    delivery_status: "failed",
    sent_at: new Date((AT + 1) * 1000),
  });
  expect(finals.get("delivered@2 failed@2 sent@1")).toMatchObject({ delivery_status: "delivered" });
  expect(finals.get("delivered@2 read@3")).toMatchObject({
    delivery_status: "read",
    delivered_at: new Date((AT + 2) * 1000),
  });
});

test("F77: a message that was read was delivered, so no funnel shows more read than delivered", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const lines = Array.from({ length: 5 }, () => echo(account, newCustomer()));
  await db.outcomes(lines);
  const names = fc.constantFrom<StatusEvent["status"][]>("sent", "delivered", "read", "played", "failed");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...lines), names, fc.nat(100))), async (told) => {
      await db.outcomes(told.map(([line, name, after]) => status(account, line.provider_id, name, { at: AT + after })));
      const [funnel] = await db.rows(
        `select count(delivered_at) >= count(read_at) as falling, coalesce(bool_and(delivered_at <= read_at), true) as ordered
         from messages where channel_id = $1`,
        [tenant.channel_id],
      );
      expect(funnel).toEqual({ falling: true, ordered: true });
    }),
    { numRuns: 30, seed: 2 },
  );
});

test("F76: whatever happens to one message, in any order, in one body or in many, ends in the same rows", async () => {
  const customer = newCustomer();
  const name = { wa_id: customer, phone: `+${customer}`, name: "Ada" };
  await converge((account) => {
    const said = echo(account, customer, { provider_id: "wamid.said", at: AT });
    return [
      said,
      message(account, customer, { provider_id: "wamid.asked", at: AT + 2, contact: name }),
      edit(said, "changed", { provider_id: "wamid.edit", at: AT + 3 }),
      status(account, said.provider_id, "delivered", { at: AT + 1, pricing: { category: "service" } }),
      status(account, said.provider_id, "read", { at: AT + 4 }),
    ];
  });
});

/** Delivers a list in every order, one by one, all at once and in between, with repeats; returns the one final state. */
const converge = (list: (account: string) => ProviderEvent[]) => permute(db.exec, list(NUMBER), { seed: 1, runs: 0 });
