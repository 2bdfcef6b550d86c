import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { echo, edit, message, newCustomer, numberChange, revoke, status } from "../factories/events.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openIngest } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

/** Conversations and contacts whose counters differ from what their rows say. */
async function drifted({ business_id }: Tenant) {
  const conversations = await db.rows(
    `select v.id, v.unread_count, v.message_seq, r.unread, r.lines, r.last
     from conversations v cross join lateral (
       select count(*) filter (where m.direction = 'inbound' and not m.read) as unread, count(m.seq) as lines, max(m.seq) as last
       from messages m where m.conversation_id = v.id) r
     where v.business_id = $1 and (v.unread_count <> r.unread or v.message_seq <> r.lines or v.message_seq <> r.last)`,
    [business_id],
  );
  const contacts = await db.rows(
    `select c.id, c.unread_count, c.conversation_status, r.*
     from contacts c cross join lateral (
       select coalesce(sum(v.unread_count), 0) as unread,
         case when bool_or(v.status = 'ai_handling') then 'Open' when bool_or(v.status = 'assigned') then 'Pending' else 'Done' end as state
       from conversations v where v.contact_id = c.id having count(*) > 0) r
     where c.business_id = $1 and (c.unread_count <> r.unread or c.conversation_status <> r.state)`,
    [business_id],
  );
  return [...conversations, ...contacts];
}

const STEPS = [
  "line",
  "copy",
  "bad",
  "echo",
  "history",
  "reaction",
  "edit",
  "revoke",
  "status",
  "move",
  "read",
  "some",
  "unread",
  "resolve",
  "reopen",
  "assign",
  "ai off",
  "say",
] as const;
type Step = { what: (typeof STEPS)[number]; who: number; channel: number };

const step = fc.record({ what: fc.constantFrom(...STEPS), who: fc.nat(2), channel: fc.nat(1) });

async function stage() {
  const tenant = await db.tenant();
  const accounts = [tenant.phone_number_id, `4${tenant.phone_number_id}`];
  await db.rows(
    `insert into channels (org_id, business_id, phone_number_id, access_token)
     select org_id, business_id, $2, access_token from channels where id = $1`,
    [tenant.channel_id, accounts[1]],
  );
  return {
    tenant,
    accounts,
    customers: [newCustomer(), newCustomer(), newCustomer()],
    lines: [] as ReturnType<typeof message>[],
  };
}

async function act(
  { tenant, accounts, customers, lines }: Awaited<ReturnType<typeof stage>>,
  { what, who, channel }: Step,
) {
  const account = accounts[channel] ?? "";
  const customer = customers[who] ?? "";
  const last = lines.findLast((line) => line.account === account);
  const talk = `(select v.id from conversations v join channels c on c.id = v.channel_id join contacts k on k.id = v.contact_id
    where c.phone_number_id = $1 and k.wa_id = $2)`;
  // as every door does: the conversation first, then its messages
  const under = (text: string) =>
    db.exec({ role: "switchboard_worker" }, [
      { text: `select from conversations where id = ${talk} for no key update`, params: [account, customer] },
      { text, params: [account, customer] },
    ]);
  const update = (set: string) => under(`update conversations set ${set} where id = ${talk}`);
  const read = (set: string, which = "") =>
    under(`update messages set read = ${set} where conversation_id = ${talk} ${which}`);
  switch (what) {
    case "line":
    case "echo":
    case "history":
    case "reaction": {
      const line =
        what === "echo"
          ? echo(account, customer)
          : message(account, customer, {
              ...(what === "history" && { origin: "history" as const }),
              ...(what === "reaction" && { type: "reaction" }),
            });
      lines.push(line);
      return db.outcomes([line]);
    }
    case "copy":
      return last && db.outcomes([last, last]);
    case "bad":
      return db.outcomes([
        { ...message(account, customer), content: null as unknown as string },
        message(account, customer),
      ]);
    case "edit":
      return last && db.outcomes([edit(last, "changed")]);
    case "revoke":
      return last && db.outcomes([revoke(last)]);
    case "status":
      return last && db.outcomes([status(account, last.provider_id, "read")]);
    case "move": {
      const next = newCustomer();
      customers[who] = next;
      return db.outcomes([numberChange(account, customer, next)]);
    }
    case "read":
      return read("true");
    case "some":
      return read("true", "and seq % 2 = 0");
    case "unread":
      return read("false", "and inbound_version is not null");
    case "resolve":
      return update("status = 'resolved', answered_version = inbound_version");
    case "reopen":
      return update("status = 'ai_handling', assigned_to = null");
    case "assign":
      return update(`status = 'assigned', assigned_to = '${tenant.owner.team_member_id}'`);
    case "ai off":
      return update("ai_enabled = not ai_enabled");
    case "say": {
      const [found] = await db.rows(`select ${talk} as id`, [account, customer]);
      return found?.["id"] && db.says(tenant, String(found["id"]), "Hello");
    }
  }
}

test("F33: after any sequence of events, reads and human acts the counters are what a recount gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const scene = await stage();
      for (const each of steps) await act(scene, each);
      expect(await drifted(scene.tenant)).toEqual([]);
    }),
    { numRuns: 40, seed: 5 },
  );
});

test("F33: the same when they all happen at once, on two channels of the same people", async () => {
  const scene = await stage();
  const steps = fc.sample(step, { numRuns: 150, seed: 6 }).filter(({ what }) => what !== "move");
  await Promise.all(steps.map((each) => act(scene, each)));
  const lines = await db.row("select count(*) as n from messages where business_id = $1", [scene.tenant.business_id]);
  expect(Number(lines["n"])).toBeGreaterThan(30);
  expect(await drifted(scene.tenant)).toEqual([]);
});

test("F33: a person's conversations on two channels that change at the same instant both count", async () => {
  const { tenant, accounts, customers } = await stage();
  const [customer = ""] = customers;
  await db.outcomes(accounts.map((account) => message(account, customer)));
  const other = await db.connect();
  await other.query("begin");
  await other.query("update conversations set unread_count = 0 where channel_id = $1", [tenant.channel_id]);
  const arriving = db.outcomes([message(accounts[1] ?? "", customer)]);
  await db.waiting();
  await other.query("commit");
  await arriving;
  expect(await db.contacts(tenant)).toMatchObject([{ unread_count: 2 }]);
});
