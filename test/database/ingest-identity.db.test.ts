import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ContactRef } from "../../shared/channels/events.ts";
import { variants } from "../../shared/phone/spellings.ts";
import { echo, edit, message, newCustomer, numberChange, seconds, status } from "../factories/events.ts";
import { randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openIngest, permutations } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

const newUserId = () => `DE.${randomDigits(18)}`;
const by = (tenant: Tenant, contact: ContactRef, at = seconds()) =>
  message(tenant.phone_number_id, "", { contact: { scope: tenant.waba_id, ...contact }, at });
const number = (wa_id: string) => ({ wa_id, phone: `+${wa_id}` });
const identities = (tenant: Tenant) =>
  db.rows(
    "select kind, value, ended_at is null as current from contact_identities where business_id = $1 order by kind, value",
    [tenant.business_id],
  );

test("F25: 100 first messages at once make one contact and one conversation", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const gate = await db.connect();
  await gate.query("begin; lock table public.contacts in share mode");
  const firsts = Array.from({ length: 100 }, () => db.outcomes([message(tenant.phone_number_id, customer)]));
  // one waits to make the contact, another for the first: they do overlap
  await db.waiting(2);
  await gate.query("commit");
  expect((await Promise.all(firsts)).flat()).toEqual(firsts.map(() => "stored"));
  expect(await db.contacts(tenant)).toMatchObject([{ wa_id: customer, unread_count: 100 }]);
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "100", unread_count: 100, status: "ai_handling" });
});

test("F25, F26: the same for a person without a phone", async () => {
  const tenant = await db.tenant();
  const bsuid = newUserId();
  const gate = await db.connect();
  await gate.query("begin; lock table public.contacts in share mode");
  const firsts = Array.from({ length: 30 }, () => db.outcomes([by(tenant, { bsuid })]));
  await db.waiting(2);
  await gate.query("commit");
  await Promise.all(firsts);
  expect(await db.contacts(tenant)).toMatchObject([{ platform_id: bsuid, unread_count: 30 }]);
});

test("F25: firsts that name the same person by different names still make one", async () => {
  const tenant = await db.tenant();
  const names = { ...number(newCustomer()), bsuid: newUserId() };
  const { bsuid, ...phone } = names;
  await db.outcomes([by(tenant, names)]);
  const refs = [names, phone, { bsuid }];
  await Promise.all(Array.from({ length: 30 }, (_, i) => db.outcomes([by(tenant, refs[i % 3] ?? names)])));
  expect(await db.contacts(tenant)).toHaveLength(1);
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "31" });
});

test("F25: a contact that a person types in at the same moment is the same one", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const typing = await db.connect();
  await typing.query("begin");
  await typing.query(
    `insert into contacts (org_id, business_id, platform_id, name, phone) values ($1, $2, $3, 'Typed in', '+' || $3)`,
    [tenant.org_id, tenant.business_id, customer],
  );
  const arriving = db.outcomes([message(tenant.phone_number_id, customer)]);
  await db.waiting();
  await typing.query("commit");
  expect(await arriving).toEqual(["stored"]);
  expect(await db.contacts(tenant)).toMatchObject([{ name: "Typed in", wa_id: customer, unread_count: 1 }]);
});

test("F26: a person known by a user id alone has a contact, a conversation and a window", async () => {
  const tenant = await db.tenant();
  const bsuid = newUserId();
  await db.outcomes([by(tenant, { bsuid }), by(tenant, { bsuid })]);
  expect(await db.contacts(tenant)).toMatchObject([{ platform_id: bsuid, phone: null, wa_id: null, unread_count: 2 }]);
  expect(await db.talk(tenant)).toMatchObject({ window_expires_at: expect.any(Date), ai_due_at: expect.any(Date) });
});

test("F26: an empty phone matches nobody", async () => {
  const tenant = await db.tenant();
  const people = [newUserId(), newUserId(), newUserId()];
  await db.outcomes(people.map((bsuid) => by(tenant, { wa_id: "", phone: "", bsuid })));
  expect((await db.contacts(tenant)).map((contact) => contact["platform_id"]).toSorted()).toEqual(people.toSorted());
  expect(await identities(tenant)).toMatchObject(people.map(() => ({ kind: "bsuid" })));
});

test("F27: a phone that shows up later joins the known person, in either order, and the thread goes on", async () => {
  const names = { ...number(newCustomer()), bsuid: newUserId() };
  const { bsuid, ...phone } = names;
  const refs: ContactRef[][] = [
    [{ bsuid }, names],
    [phone, names],
    [{ bsuid }, names, phone],
    [phone, names, { bsuid }],
    [names, phone, { bsuid }],
  ];
  for (const order of refs) {
    const tenant = await db.tenant();
    for (const ref of order) await db.outcomes([by(tenant, ref)]);
    expect(await db.contacts(tenant)).toMatchObject([{ wa_id: phone.wa_id, phone: phone.phone }]);
    expect(await db.talk(tenant)).toMatchObject({ message_seq: String(order.length) });
    expect((await identities(tenant)).map(({ kind }) => kind)).toEqual(["bsuid", "wa_id"]);
  }
});

test("F27: a name that the provider gives later completes the contact and never replaces a person's correction", async () => {
  const tenant = await db.tenant();
  const customer = number(newCustomer());
  await db.outcomes([by(tenant, customer)]);
  await db.outcomes([by(tenant, { ...customer, name: "Ada" })]);
  expect(await db.contacts(tenant)).toMatchObject([{ name: "Ada" }]);
  await db.rows("update contacts set name = 'Ada L.' where business_id = $1", [tenant.business_id]);
  await db.outcomes([by(tenant, { ...customer, name: "ada_1815" })]);
  expect(await db.contacts(tenant)).toMatchObject([{ name: "Ada L." }]);
});

test("F28: the new holder of a number starts a thread of its own; the former keeps its thread without the number", async () => {
  const tenant = await db.tenant();
  const phone = number(newCustomer());
  const [former, next] = [newUserId(), newUserId()];
  const at = seconds() - 100;
  const before = by(tenant, { ...phone, bsuid: former }, at);
  const after = by(tenant, { ...phone, bsuid: next }, at + 50);
  await db.outcomes([before]);
  await db.outcomes([after]);
  const contacts = await db.rows(
    "select platform_id, phone, wa_id from contacts where business_id = $1 order by created_at",
    [tenant.business_id],
  );
  expect(contacts).toEqual([
    { platform_id: phone.wa_id, phone: null, wa_id: null },
    { platform_id: phone.wa_id, phone: phone.phone, wa_id: phone.wa_id },
  ]);
  const threads = await db.rows("select distinct conversation_id from messages where channel_id = $1", [
    tenant.channel_id,
  ]);
  expect(threads).toHaveLength(2);
  // what the former holder sent before, and comes only now, is not shown to the new one
  const late = by(tenant, phone, at + 10);
  await db.outcomes([late]);
  const [of, to] = await Promise.all([db.message(tenant, late), db.message(tenant, before)]);
  expect(of["contact_id"]).toBe(to["contact_id"]);
  // and the new holder's, known by its user id, is never the former's
  const early = by(tenant, { ...phone, bsuid: next }, at + 20);
  await db.outcomes([early]);
  const [mine, theirs] = await Promise.all([db.message(tenant, early), db.message(tenant, after)]);
  expect(mine["contact_id"]).toBe(theirs["contact_id"]);
});

test("F28: a change of number keeps the person and the thread, and the names with their history", async () => {
  const tenant = await db.tenant();
  const [old, next] = [newCustomer(), newCustomer()];
  const at = seconds() - 100;
  await db.outcomes([by(tenant, number(old), at)]);
  await db.outcomes([numberChange(tenant.phone_number_id, old, next, { at: at + 10 })]);
  await db.outcomes([by(tenant, number(next), at + 20)]);
  expect(await db.contacts(tenant)).toMatchObject([{ wa_id: next, phone: `+${next}` }]);
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "3", unread_count: 2 });
  expect(await identities(tenant)).toEqual(
    [
      { kind: "wa_id", value: old, current: false },
      { kind: "wa_id", value: next, current: true },
    ].toSorted((a, b) => (a.value < b.value ? -1 : 1)),
  );
  // whoever gets the old number is somebody else
  await db.outcomes([by(tenant, number(old), at + 30)]);
  expect(await db.contacts(tenant)).toHaveLength(2);
});

test("F28: a regenerated user id, announced twice in two forms, is one change of one person", async () => {
  const tenant = await db.tenant();
  const [old, next] = [newUserId(), newUserId()];
  const scope = tenant.waba_id;
  const at = seconds() - 100;
  const change = { contact: { bsuid: old, scope }, next: { bsuid: next, scope }, at: at + 10 };
  await db.outcomes([by(tenant, { bsuid: old }, at)]);
  await db.outcomes([numberChange(tenant.phone_number_id, "1", "2", change)]);
  await db.outcomes([numberChange(tenant.phone_number_id, "1", "2", change)]);
  await db.outcomes([by(tenant, { bsuid: next }, at + 20)]);
  expect(await db.contacts(tenant)).toHaveLength(1);
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "4" });
});

test("F28: a change of number in any order with what was written before it ends in the same rows", async () => {
  const [old, next] = [newCustomer(), newCustomer()];
  const at = seconds() - 100;
  let first: unknown;
  for (const order of permutations([0, 1, 2, 3, 4])) {
    const tenant = await db.tenant();
    const { phone_number_id: account } = tenant;
    const line = message(account, old, { provider_id: "wamid.line", at });
    const said = echo(account, old, { provider_id: "wamid.said", at: at + 1 });
    const events = [
      line,
      said,
      edit(line, "changed", { provider_id: "wamid.edit", at: at + 2 }),
      status(account, said.provider_id, "read", { at: at + 3 }),
      numberChange(account, old, next, { provider_id: "wamid.change", at: at + 10 }),
    ];
    for (const i of order) await db.outcomes(events.slice(i, i + 1));
    await db.outcomes([message(account, next, { provider_id: "wamid.after", at: at + 20 })]);
    const state = await db.finalState(tenant);
    first ??= state;
    expect(state, order.join()).toEqual(first);
  }
});

test("F29: a user id is unique within its portfolio only", async () => {
  const tenant = await db.tenant();
  const bsuid = newUserId();
  await db.outcomes([by(tenant, { bsuid, scope: "portfolio-1" }), by(tenant, { bsuid, scope: "portfolio-2" })]);
  expect(await db.contacts(tenant)).toHaveLength(2);
  await db.outcomes([by(tenant, { bsuid, scope: "portfolio-1" })]);
  const threads = await db.rows("select message_seq from conversations where channel_id = $1 order by 1", [
    tenant.channel_id,
  ]);
  expect(threads).toEqual([{ message_seq: "1" }, { message_seq: "2" }]);
});

test("F29: two numbers of one portfolio share a person; another business's contact of that name is another", async () => {
  const [tenant, other] = [await db.tenant(), await db.tenant()];
  const bsuid = newUserId();
  await db.rows("update channels set portfolio_id = 'one' where id = any($1)", [[tenant.channel_id, other.channel_id]]);
  await db.outcomes([by(tenant, { bsuid, scope: "a" }), by(tenant, { bsuid, scope: "b" }), by(other, { bsuid })]);
  expect(await db.contacts(tenant)).toHaveLength(1);
  expect(await db.contacts(other)).toHaveLength(1);
});

test.each([
  ["Brazil", "5511987654321"],
  ["Argentina", "5491123456789"],
  ["Mexico", "5215512345678"],
])("F30: in %s both spellings are one person, and the provider's own is the one to send to", async (_, wa_id) => {
  const tenant = await db.tenant();
  const [short] = variants(wa_id);
  if (short === undefined) throw new Error("has a second spelling");
  const spelled = (id: string) => ({ ...number(id), variants: variants(id) });
  await db.outcomes([by(tenant, spelled(wa_id))]);
  await db.outcomes([by(tenant, spelled(short))]);
  await db.outcomes([by(tenant, spelled(wa_id)), by(tenant, spelled(short))]);
  expect(await db.contacts(tenant)).toMatchObject([{ wa_id, phone: `+${wa_id}`, unread_count: 4 }]);
});

test("F30: a contact typed in with the other spelling is found, and gets the provider's", async () => {
  const tenant = await db.tenant();
  await db.rows(
    "insert into contacts (org_id, business_id, platform_id, phone) values ($1, $2, 'typed', '+5511987654321')",
    [tenant.org_id, tenant.business_id],
  );
  await db.outcomes([by(tenant, { wa_id: "551187654321", phone: "+551187654321", variants: ["5511987654321"] })]);
  expect(await db.contacts(tenant)).toMatchObject([{ wa_id: "551187654321", phone: "+5511987654321" }]);
});

test("F30: a landline that differs from a mobile by the same digit is another person", async () => {
  const tenant = await db.tenant();
  const [mobile, landline] = ["5511932345678", "551132345678"];
  const spelled = (id: string) => ({ ...number(id), variants: variants(id) });
  await db.outcomes([by(tenant, spelled(mobile)), by(tenant, spelled(landline))]);
  expect(await db.contacts(tenant)).toHaveLength(2);
});

test("F25, F27: any mix of names never gives one name to two people, nor one message to a stranger", async () => {
  const people = [1, 2, 3].map(() => ({ ...number(newCustomer()), bsuid: newUserId() }));
  const ref = fc.record({ who: fc.nat(2), names: fc.constantFrom("both", "user id", "phone") });
  await fc.assert(
    fc.asyncProperty(fc.array(ref, { minLength: 1, maxLength: 8 }), async (list) => {
      const tenant = await db.tenant();
      const owner = new Map<string, number>();
      for (const { who, names } of list) {
        const { bsuid, wa_id, phone } = people[who] ?? { bsuid: "", wa_id: "", phone: "" };
        const event = by(
          tenant,
          names === "both" ? { bsuid, wa_id, phone } : names === "phone" ? { wa_id, phone } : { bsuid },
        );
        owner.set(event.provider_id, who);
        await db.outcomes([event]);
      }
      const names = new Map<unknown, Set<number | undefined>>();
      for (const [id, who] of Object.entries(await writersByContact(tenant))) {
        names.set(who, (names.get(who) ?? new Set()).add(owner.get(id)));
      }
      for (const owners of names.values()) expect(owners.size).toBe(1);
    }),
    { numRuns: 40, seed: 4 },
  );
});

async function writersByContact(tenant: Tenant): Promise<Record<string, unknown>> {
  const lines = await db.thread(tenant);
  return Object.fromEntries(lines.map((line) => [String(line["wa_message_id"]), line["contact_id"]]));
}
