import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProviderEvent } from "../../shared/channels/events.ts";
import { normalise } from "../../shared/channels/meta/normalise.ts";
import {
  accountEvent,
  echo,
  edit,
  malformed,
  message,
  newCustomer,
  revoke,
  seconds,
  status,
} from "../factories/events.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openIngest } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

const count = async (text: string, params: unknown[]) => Number((await db.row(text, params))["n"]);

test("F1: everything in a batch of every kind is stored or quarantined, each with its own outcome", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account, waba_id } = tenant;
  const [first, second] = [message(account, newCustomer()), message(account, newCustomer())];
  const answer = echo(account, newCustomer());
  const outcomes = await db.outcomes([
    first,
    second,
    answer,
    accountEvent(waba_id),
    malformed(account),
    status(account, "wamid.unknown", "sent"),
    message("no-such-number", newCustomer()),
  ]);
  expect(outcomes).toEqual(["stored", "stored", "stored", "stored", "quarantined", "parked", "quarantined"]);
  expect(await db.thread(tenant)).toHaveLength(3);
  expect(await db.quarantined(account)).toMatchObject([{ kind: "malformed", reason: "malformed" }]);
  expect(await count("select count(*) as n from switchboard.provider_events where entry = $1", [waba_id])).toBe(1);
});

test("F1: stored, duplicate, parked and quarantined add up to the items, and each can be found again", async () => {
  const tenant = await db.tenant();
  const known = Array.from({ length: 3 }, () => message(tenant.phone_number_id, newCustomer()));
  await db.outcomes(known);
  await fc.assert(
    fc.asyncProperty(fc.array(itemOf(tenant, known), { minLength: 1, maxLength: 12 }), async (events) => {
      const before = await kept(tenant);
      const outcomes = await db.outcomes(events);
      const after = await kept(tenant);
      expect(outcomes).toHaveLength(events.length);
      const lines = events.filter(({ kind }, i) => isLine(kind) && outcomes[i] === "stored").length;
      const quarantined = outcomes.filter((outcome) => outcome === "quarantined").length;
      expect(after.lines - before.lines).toBe(lines);
      expect(after.quarantined - before.quarantined).toBe(quarantined);
    }),
    { numRuns: 60, seed: 1 },
  );
});

const isLine = (kind: string) => kind === "message" || kind === "identity";

/** Rows of this database that hold a tenant's messages, and all that is quarantined (no other test runs beside). */
async function kept({ channel_id }: Tenant) {
  return {
    lines: await count("select count(*) as n from messages where channel_id = $1", [channel_id]),
    quarantined: await count("select count(*) as n from switchboard.quarantined_events where $1::uuid is not null", [
      channel_id,
    ]),
  };
}

function itemOf({ phone_number_id: account, waba_id }: Tenant, known: ReturnType<typeof message>[]) {
  const pool = ["wamid.a", "wamid.b", "wamid.c"];
  const customers = [newCustomer(), newCustomer()];
  return fc.oneof(
    fc
      .record({ id: fc.constantFrom(...pool), who: fc.constantFrom(...customers), text: fc.string() })
      .map(({ id, who, text }): ProviderEvent =>
        // what the edge would have cleaned away
        message(account, who, { provider_id: id, content: text.replaceAll(/[\0\p{Cs}]/gu, "") }),
      ),
    fc
      .record({ of: fc.constantFrom(...known), name: fc.constantFrom("sent" as const, "read" as const) })
      .map(({ of, name }) => status(account, of.provider_id, name)),
    fc.constantFrom(...known).map((of) => edit(of, "changed")),
    fc.constantFrom(...known).map((of) => revoke(of)),
    fc.constantFrom(...pool).map((id) => status(account, id, "delivered")),
    fc.constant(null).map(() => accountEvent(waba_id)),
    fc.constantFrom(account, "nobody").map((number) => malformed(number)),
    fc.constant(null).map(() => message("nobody", newCustomer())),
    hostile(account),
  );
}

/** Events that no normaliser of ours makes. */
function hostile(account: string) {
  return fc
    .record({ change: fc.constantFrom(...HOSTILE), customer: fc.constant(null).map(newCustomer) })
    .map(({ change, customer }) => ({ ...message(account, customer), ...change }) as ProviderEvent);
}

const HOSTILE: Record<string, unknown>[] = [
  { at: "NaN" },
  { at: 1e300 },
  { at: null },
  { at: { nested: [] } },
  { content: null },
  { content: { $ne: 1 } },
  { direction: "sideways" },
  { origin: "moon" },
  { wakes: "perhaps" },
  { provider_id: null },
  { provider_id: "" },
  { kind: "surprise" },
  { kind: null },
  { contact: null },
  { contact: [] },
  { contact: {} },
  { contact: { wa_id: "" } },
  { contact: { wa_id: "0", phone: "not a phone" } },
  { contact: { wa_id: "4915100000000", variants: "4915" } },
  { raw: null },
  { media: [] },
  { media: { id: { a: 1 }, mime_type: 7 } },
  { kind: "status", status: "sent", attempt_id: "not-a-uuid" },
  { kind: "status", status: null },
  { kind: "edit", target: null, content: null },
  { kind: "identity", next: null },
  { kind: "account", entry: null },
  { surprise: { deep: [[[{}]]] }, seq: -1, org_id: "00000000-0000-0000-0000-000000000000" },
];

test.each(HOSTILE.map((change) => [JSON.stringify(change), change] as const))(
  "F3: an item with %s neither fails the batch nor loses a neighbour",
  async (_, change) => {
    const tenant = await db.tenant();
    const { phone_number_id: account } = tenant;
    const [before, after] = [message(account, newCustomer()), message(account, newCustomer())];
    const odd = { ...message(account, newCustomer()), ...change } as ProviderEvent;
    const [first, verdict, last] = await db.outcomes([before, odd, after]);
    expect([first, last]).toEqual(["stored", "stored"]);
    expect(["stored", "parked", "quarantined"]).toContain(verdict);
    expect((await db.thread(tenant)).map((row) => row["wa_message_id"])).toEqual(
      expect.arrayContaining([before.provider_id, after.provider_id]),
    );
  },
);

test("F3: items that are no objects at all are quarantined", async () => {
  const tenant = await db.tenant();
  const odd = [null, 7, "text", [], {}] as unknown as ProviderEvent[];
  const fine = message(tenant.phone_number_id, newCustomer());
  expect(await db.outcomes([...odd, fine])).toEqual([...odd.map(() => "quarantined"), "stored"]);
});

test("F3: a quarantined item carries the database's reason and itself", async () => {
  const tenant = await db.tenant();
  const odd = message(tenant.phone_number_id, newCustomer(), { direction: "sideways" as "inbound" });
  await db.outcomes([odd]);
  const [row] = await db.quarantined(tenant.phone_number_id);
  expect(row).toMatchObject({ reason: "not_storable", detail: expect.stringMatching(/^23514: /) });
  expect(JSON.parse(String(row?.["text"]))).toEqual(odd);
});

test("F2: messages and statuses of one body are independent", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const said = echo(account, newCustomer());
  await db.outcomes([said]);
  const line = message(account, newCustomer());
  expect(await db.outcomes([line, status(account, said.provider_id, "delivered")])).toEqual(["stored", "stored"]);
  expect(await db.message(tenant, said)).toMatchObject({ delivery_status: "delivered" });
  expect(await db.message(tenant, line)).toMatchObject({ content: line.content });
});

test("F7: two messages with equal text and different ids are two", async () => {
  const tenant = await db.tenant();
  const customer = newCustomer();
  const yes = () => message(tenant.phone_number_id, customer, { content: "yes" });
  expect(await db.outcomes([yes(), yes()])).toEqual(["stored", "stored"]);
  expect((await db.thread(tenant)).map((row) => row["content"])).toEqual(["yes", "yes"]);
});

test("F13: a message of an unknown kind has its type, its placeholder and its raw form", async () => {
  const tenant = await db.tenant();
  const raw = { type: "hologram", hologram: { depth: 3 } };
  const odd = { type: "hologram", content: "[hologram]", wakes: false, raw };
  await db.outcomes([message(tenant.phone_number_id, newCustomer(), odd)]);
  expect(await db.thread(tenant)).toMatchObject([
    { type: "hologram", content: "[hologram]", payload: raw, read: false },
  ]);
});

test("F13: a status in a word that we do not know is kept raw, once, and changes no message", async () => {
  const tenant = await db.tenant();
  const { phone_number_id: account } = tenant;
  const said = echo(account, newCustomer());
  await db.outcomes([said]);
  const odd = status(account, said.provider_id, "other", { raw: { id: said.provider_id, status: "warning" } });
  expect(await db.outcomes([odd, odd])).toEqual(["stored", "duplicate"]);
  expect(await db.outcomes([odd])).toEqual(["duplicate"]);
  expect(await db.row("select field, payload from switchboard.provider_events where entry = $1", [account])).toEqual({
    field: "statuses",
    payload: odd.raw,
  });
  expect(await db.thread(tenant)).toMatchObject([{ delivery_status: "sent" }]);
});

test("F177: three megabytes in a thousand items are stored in one call", async () => {
  const tenant = await db.tenant();
  const text = "ä".repeat(1_450);
  const events = Array.from({ length: 1_000 }, () =>
    message(tenant.phone_number_id, newCustomer(), { content: "long", raw: { text } }),
  );
  expect(JSON.stringify(events).length).toBeGreaterThan(1_500_000);
  const outcomes = await db.outcomes(events);
  expect(new Set(outcomes)).toEqual(new Set(["stored"]));
  expect(await db.thread(tenant)).toHaveLength(1_000);
});

test("F177: one bad item among a thousand costs the others nothing", async () => {
  const tenant = await db.tenant();
  const events = Array.from({ length: 1_000 }, () => message(tenant.phone_number_id, newCustomer()));
  events[617] = { ...message(tenant.phone_number_id, newCustomer()), content: null as unknown as string };
  const outcomes = await db.outcomes(events);
  expect(outcomes.flatMap((outcome, i) => (outcome === "stored" ? [] : [i]))).toEqual([617]);
});

test("F3: text that Postgres cannot hold arrives cleaned, and so do its neighbours", async () => {
  const tenant = await db.tenant();
  const text = (id: string, body: string) => ({
    from: newCustomer(),
    id,
    timestamp: String(seconds()),
    type: "text",
    text: { body },
  });
  const value = {
    metadata: { phone_number_id: tenant.phone_number_id, display_phone_number: "15550001111" },
    messages: [text("wamid.nul", "a\u0000b"), text("wamid.half", "a\ud800b"), text("wamid.fine", "ab")],
  };
  const body = { object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value }] }] };
  expect(await db.outcomes(await normalise(body))).toEqual(["stored", "stored", "stored"]);
  const texts = (await db.thread(tenant)).map((line) => line["content"]);
  expect(texts.toSorted()).toEqual(["ab", "ab", "a\ufffdb"]);
});

test("F3: 100 KB of text is a message like others", async () => {
  const tenant = await db.tenant();
  const content = "é".repeat(50_000);
  expect(await db.outcomes([message(tenant.phone_number_id, newCustomer(), { content })])).toEqual(["stored"]);
  expect(await db.thread(tenant)).toMatchObject([{ content }]);
});
