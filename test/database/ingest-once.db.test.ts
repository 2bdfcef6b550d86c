import { afterAll, beforeAll, expect, test } from "vitest";
import { accountEvent, echo, edit, message, newCustomer, revoke, status } from "../factories/events.ts";
import { openIngest } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

test("F4: each kind of event, delivered again and again, changes nothing after the first time", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account, waba_id } = tenant;
  const line = message(account, newCustomer());
  const said = echo(account, newCustomer());
  await db.outcomes([line, said]);
  const once = await db.finalState(tenant);
  const feed = () => db.row("select count(*) as n from switchboard.outbox where org_id = $1", [tenant.org_id]);
  const heard = await feed();
  for (let again = 0; again < 3; again += 1) {
    const { outcomes, wake } = await db.arrive(line, said);
    expect({ outcomes, wake }).toEqual({ outcomes: ["duplicate", "duplicate"], wake: [] });
  }
  expect(await db.finalState(tenant)).toEqual(once);
  expect(await feed()).toEqual(heard);

  const changes = [edit(line, "changed"), status(account, said.provider_id, "read"), accountEvent(waba_id)];
  expect(await db.outcomes(changes)).toEqual(["stored", "stored", "stored"]);
  const changed = await db.finalState(tenant);
  expect(await db.outcomes([...changes, ...changes])).toEqual(Array.from({ length: 6 }, () => "duplicate"));
  expect(await db.finalState(tenant)).toEqual(changed);
});

test("F4: copies within one body are one message, one unread line and one wake", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer());
  const { outcomes, wake } = await db.arrive(line, line, line);
  expect(outcomes).toEqual(["stored", "duplicate", "duplicate"]);
  expect(wake).toHaveLength(1);
  expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, message_seq: "1", inbound_version: "1" });
});

test("F4: the wake of a conversation comes once, also when the batch falls apart into its items", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const lines = Array.from({ length: 5 }, () => message(tenant.phone_number_id, customer));
  const odd = { ...message(tenant.phone_number_id, customer), content: null as unknown as string };
  const { outcomes, wake } = await db.arrive(...lines, odd);
  expect(outcomes).toEqual([...lines.map(() => "stored"), "quarantined"]);
  expect(wake).toEqual([{ conversation_id: (await db.talk(tenant))["id"], due_in_ms: expect.any(Number) }]);
});

test("F5: 50 copies at the same instant make one row, one unread line and one wake", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer());
  // whoever comes first waits here, so that the others are certainly under way with it
  const gate = await db.connect();
  await gate.query("begin; lock table public.conversations in share mode");
  const copies = Array.from({ length: 50 }, () => db.arrive(line));
  await db.waiting(2);
  await gate.query("commit");
  const results = await Promise.all(copies);
  const stored = results.filter(({ outcomes }) => outcomes[0] === "stored");
  expect(stored).toHaveLength(1);
  expect(results.filter(({ outcomes }) => outcomes[0] === "duplicate")).toHaveLength(49);
  expect(results.flatMap(({ wake }) => wake)).toHaveLength(1);
  expect(await db.thread(tenant)).toHaveLength(1);
  expect(await db.talk(tenant)).toMatchObject({ unread_count: 1, message_seq: "1", inbound_version: "1" });
});

test("F21: the echo of our own message is that message, whoever wrote it", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const id = await db.writes(tenant, customer, {});
  const { message_id } = await db.says(tenant, id, "We are open.");
  await db.rows("update messages set wa_message_id = 'wamid.ours', delivery_status = 'sent' where id = $1", [
    message_id,
  ]);
  const before = await db.conversation(id);
  expect(await db.outcomes([echo(tenant.phone_number_id, customer, { provider_id: "wamid.ours" })])).toEqual([
    "duplicate",
  ]);
  expect(await db.conversation(id)).toEqual(before);
  expect(await db.messages(id)).toMatchObject([{ direction: "inbound" }, { id: message_id, origin: "api" }]);
});

test("F21: an echo that overtook our own send's answer merges into the send when a status tells them one", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const { phone_number_id: account } = tenant;
  const id = await db.writes(tenant, customer, {});
  const { message_id, next } = await db.says(tenant, id, "We are open.");
  const attempt_id = next.outcome === "claimed" ? next.attempt.id : "";
  const said = echo(account, customer, { content: "We are open." });
  expect(await db.outcomes([said, status(account, said.provider_id, "delivered")])).toEqual(["stored", "parked"]);
  await db.outcomes([message(account, customer)]);
  expect(await db.outcomes([status(account, said.provider_id, "read", { attempt_id })])).toEqual(["stored"]);
  const lines = await db.messages(id);
  expect(lines.filter((line) => line["direction"] === "outbound")).toMatchObject([
    { id: message_id, wa_message_id: said.provider_id, delivery_status: "read", delivered_at: expect.any(Date) },
  ]);
  expect(await db.attempts(id)).toMatchObject([{ state: "accepted", provider_message_id: said.provider_id }]);
});

test("F5: a change waits for the conversation before it touches the message, as everybody does", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer());
  await db.outcomes([line]);
  const person = await db.connect();
  await person.query("begin");
  await person.query("select from conversations where channel_id = $1 for no key update", [tenant.channel_id]);
  const changing = db.outcomes([edit(line, "changed")]);
  await db.waiting();
  await person.query("select from messages where channel_id = $1 for no key update nowait", [tenant.channel_id]);
  await person.query("update messages set read = true where channel_id = $1", [tenant.channel_id]);
  await person.query("commit");
  expect(await changing).toEqual(["stored"]);
  expect(await db.message(tenant, line)).toMatchObject({ read: true, content: "changed" });
});

test("F5, F14: unsorted batches that overlap in people and messages all finish, and every thread is whole", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const customers = Array.from({ length: 12 }, newCustomer);
  const said = customers.map((customer) => echo(account, customer));
  const lines = customers.map((customer) => message(account, customer));
  await db.outcomes([...said.slice(6), ...lines.slice(6)]);
  const all = [
    ...said,
    ...lines,
    ...customers.map((customer) => message(account, customer, { contact: { wa_id: customer, name: "Somebody" } })),
    ...said.map((of) => status(account, of.provider_id, "delivered")),
    ...lines.map((of) => edit(of, "changed")),
    ...lines.slice(0, 4).map((of) => revoke(of)),
  ];
  const batches = Array.from({ length: 24 }, (_, i) => rotated(all, i * 7, i % 2 === 1));
  await Promise.all(batches.map((events) => db.arrive(...events)));
  const talks = await db.rows("select id, message_seq from conversations where channel_id = $1", [tenant.channel_id]);
  expect(talks).toHaveLength(12);
  for (const { id, message_seq } of talks) {
    expect(message_seq).toBe("3");
    expect((await db.messages(String(id))).map((line) => Number(line["seq"])).toSorted()).toEqual([1, 2, 3]);
  }
  expect(await db.parked(tenant)).toEqual([]);
  expect(await db.row("select deadlocks from pg_stat_database where datname = current_database()")).toEqual({
    deadlocks: "0",
  });
  const told = await db.rows(
    "select distinct delivery_status from messages where channel_id = $1 and origin = 'phone'",
    [tenant.channel_id],
  );
  expect(told).toEqual([{ delivery_status: "delivered" }]);
});

function rotated<T>(list: T[], by: number, backwards: boolean): T[] {
  const at = by % list.length;
  const turned = [...list.slice(at), ...list.slice(0, at)];
  return backwards ? turned.toReversed() : turned;
}
