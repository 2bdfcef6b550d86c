import { afterAll, beforeAll, expect, test } from "vitest";
import { accountEvent, echo, edit, message, newCustomer, revoke, status } from "../factories/events.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openIngest } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

test("F11: events for a number that nobody owns are quarantined whole and touch no tenant", async () => {
  await db.tenant();
  const stranger = `9${Date.now()}`;
  const line = message(stranger, newCustomer());
  const events = [
    line,
    echo(stranger, newCustomer()),
    edit(line, "x"),
    revoke(line),
    status(stranger, "wamid.1", "read"),
  ];
  const before = await everything();
  expect(await db.outcomes(events)).toEqual(events.map(() => "quarantined"));
  expect(await everything()).toEqual(before);
  const kept = await db.quarantined(stranger);
  expect(kept.map(({ reason }) => reason)).toEqual(events.map(() => "unknown_channel"));
  expect(kept.map(({ text }) => JSON.parse(String(text)))).toEqual(expect.arrayContaining(events));
});

test("F11: a number that is switched off is nobody's", async () => {
  const tenant = await db.tenant();
  await db.rows("update channels set active = false where id = $1", [tenant.channel_id]);
  expect(await db.outcomes([message(tenant.phone_number_id, newCustomer())])).toEqual(["quarantined"]);
  expect(await db.quarantined(tenant.phone_number_id)).toMatchObject([{ reason: "channel_inactive" }]);
  expect(await db.thread(tenant)).toEqual([]);
});

test("F11: another provider's number of the same name is another number", async () => {
  const tenant = await db.tenant();
  const number = `${tenant.org_id}/+15550001111`;
  await db.rows("update channels set provider = 'telnyx', phone_number_id = $2 where id = $1", [
    tenant.channel_id,
    number,
  ]);
  expect(await db.outcomes([message(number, newCustomer())])).toEqual(["quarantined"]);
});

test("F11: an event of an account goes to the account's organization, of an unknown account to nobody", async () => {
  const [tenant] = [await db.tenant(), await db.tenant()];
  const stray = accountEvent("no-such-account");
  expect(await db.outcomes([accountEvent(tenant.waba_id), stray])).toEqual(["stored", "quarantined"]);
  expect(await db.rows("select org_id from switchboard.provider_events where entry = $1", [tenant.waba_id])).toEqual([
    { org_id: tenant.org_id },
  ]);
  expect(await db.quarantined("no-such-account")).toMatchObject([{ reason: "unknown_account" }]);
});

test("F11: an account event that names a number goes to that number's owner, not to the account's first", async () => {
  const [first, second] = [await db.tenant(), await db.tenant()];
  await db.rows("update channels set waba_id = $1 where id = $2", [first.waba_id, second.channel_id]);
  const event = accountEvent(first.waba_id, { account: second.phone_number_id });
  await db.outcomes([event]);
  expect(await db.row("select org_id from switchboard.provider_events where dedupe = $1", [event.dedupe])).toEqual({
    org_id: second.org_id,
  });
});

test("F12: while a number changes hands, each message goes to exactly one owner; afterwards to the new one only", async () => {
  const [from, to] = [await db.tenant(), await db.tenant()];
  const number = from.phone_number_id;
  const lines = Array.from({ length: 60 }, () => message(number, newCustomer()));
  const early = lines.slice(0, 30).map((line) => db.outcomes([line]));
  const handover = await db.connect();
  await handover.query("begin");
  await handover.query("update channels set active = false where id = $1", [from.channel_id]);
  await handover.query("update channels set phone_number_id = $1 where id = $2", [number, to.channel_id]);
  const during = lines.slice(30, 45).map((line) => db.outcomes([line]));
  await Promise.all(during);
  await handover.query("commit");
  const late = lines.slice(45).map((line) => db.outcomes([line]));
  const outcomes = (await Promise.all([...early, ...during, ...late])).flat();
  expect(outcomes).toEqual(lines.map(() => "stored"));
  const owners = await Promise.all([from, to].map(async (tenant) => idsOf(tenant)));
  expect(owners.flat().toSorted()).toEqual(lines.map((line) => line.provider_id).toSorted());
  expect(owners[1]).toEqual(expect.arrayContaining(lines.slice(45).map((line) => line.provider_id)));
  expect(owners[0]).toEqual(expect.arrayContaining(lines.slice(30, 45).map((line) => line.provider_id)));
});

test("F12: a message whose number changes hands while it waits for its writer goes to the new owner, whole", async () => {
  const [from, to] = [await db.tenant(), await db.tenant()];
  const line = message(from.phone_number_id, newCustomer());
  const other = await db.connect();
  await other.query("begin");
  await other.query("select switchboard.lock_people(array[$1::uuid], array[$2::jsonb])", [
    from.business_id,
    JSON.stringify(line.contact),
  ]);
  const arriving = db.outcomes([line]);
  await db.waiting();
  await db.rows("update channels set active = false where id = $1", [from.channel_id]);
  await db.rows("update channels set phone_number_id = $1 where id = $2", [from.phone_number_id, to.channel_id]);
  await other.query("commit");
  expect(await arriving).toEqual(["stored"]);
  expect(await idsOf(to)).toEqual([line.provider_id]);
  expect(await idsOf(from)).toEqual([]);
  expect(await db.quarantined(from.phone_number_id)).toEqual([]);
});

test("F12: two organizations cannot both have a number switched on", async () => {
  const [one, two] = [await db.tenant(), await db.tenant()];
  const take = db.rows("update channels set phone_number_id = $1 where id = $2", [one.phone_number_id, two.channel_id]);
  await expect(take).rejects.toThrow("channels_phone_number_id");
});

test("F12: a status of the old owner's message, delivered to the new one, waits there and tells the old one nothing", async () => {
  const [from, to] = [await db.tenant(), await db.tenant()];
  const said = echo(from.phone_number_id, newCustomer());
  await db.outcomes([said]);
  await db.rows("update channels set active = false where id = $1", [from.channel_id]);
  await db.rows("update channels set phone_number_id = $1 where id = $2", [from.phone_number_id, to.channel_id]);
  expect(await db.outcomes([status(from.phone_number_id, said.provider_id, "read")])).toEqual(["parked"]);
  expect(await db.message(from, said)).toMatchObject({ delivery_status: "sent" });
});

async function idsOf(tenant: Tenant): Promise<string[]> {
  return (await db.thread(tenant)).map((line) => String(line["wa_message_id"]));
}

async function everything() {
  return db.row(`select (select count(*) from contacts) as contacts, (select count(*) from conversations) as conversations,
    (select count(*) from messages) as messages, (select count(*) from switchboard.parked_events) as parked`);
}
