import { afterAll, beforeAll, expect, test } from "vitest";
import { explainMessage } from "../../workers/functions/commands/explain-message.ts";
import { listUnknownSends } from "../../workers/functions/commands/list-unknown-sends.ts";
import { mayISend } from "../../workers/functions/commands/may-i-send.ts";
import { sendMessage } from "../../workers/functions/commands/send-message.ts";
import { settleSend } from "../../workers/functions/commands/settle-send.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { newCustomer } from "../factories/events.ts";
import { createTenant, insert } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openDesk, refused } from "./desk.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";

let h: Harness;
let ask: ReturnType<typeof openDesk>;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  h = await openHarness();
  ask = openDesk(h, () => Promise.resolve({ state: "unknown", reason: "timeout" }));
  ours = await createTenant(h.exec, { business: { ai_enabled: false } });
  theirs = await createTenant(h.exec, { business: { ai_enabled: false } });
});
afterAll(() => h.close());

/** As many sends in doubt; their attempt ids, oldest first. */
async function lose(tenant: Tenant, times: number) {
  for (let i = 0; i < times; i++) {
    const conversation_id = await h.writes(tenant, newCustomer(), {});
    await ask(tenant, sendMessage, { conversation_id, content: `Line ${i}` });
  }
  const sql =
    "select id, conversation_id, message_id from send_attempts where business_id = $1 order by started_at, id";
  const rows = await h.rows(sql, [tenant.business_id]);
  return rows.map((row) => ({
    id: String(row["id"]),
    conversation_id: String(row["conversation_id"]),
    message_id: String(row["message_id"]),
  }));
}

test("pages follow one another without gap or repeat, also when one of the first page is settled meanwhile", async () => {
  const tenant = await createTenant(h.exec, { business: { ai_enabled: false } });
  const lost = await lose(tenant, 5);
  // in the same microsecond, ids order them
  await h.rows(
    "update send_attempts set started_at = date_trunc('hour', now()) - interval '0.000001 second' where business_id = $1",
    [tenant.business_id],
  );
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page: { sends: { attempt_id: string }[]; next: string | null } = await ask(tenant, listUnknownSends, {
      limit: 2,
      after,
    });
    seen.push(...page.sends.map((one) => one.attempt_id));
    after = page.next ?? undefined;
    if (seen.length === 2) await ask(tenant, settleSend, { attempt_id: seen[1] ?? "", outcome: "not_sent" });
  } while (after !== undefined);
  expect(seen).toEqual(lost.map(({ id }) => id).toSorted());
});

test.each(["0", "x", "1.2", `99999999999999999.${crypto.randomUUID()}`, "1.'; drop table messages"])(
  "%s is no page",
  async (after) => {
    expect(listUnknownSends.input.safeParse({ after }).success).toBe(false);
  },
);

test("another tenant's sends are neither listed nor settled, nor its messages explained", async () => {
  const [mine] = await lose(ours, 1);
  const [other] = await lose(theirs, 1);
  if (!mine || !other) throw new Error("nothing was lost");
  expect((await ask(ours, listUnknownSends, {})).sends.map((one) => one.attempt_id)).toEqual([mine.id]);
  const { business_id } = theirs;
  const { conversation_id, message_id, id: attempt_id } = other;
  const refusals = await Promise.all(
    [
      ask(ours, listUnknownSends, { business_id }),
      ask(ours, settleSend, { attempt_id, outcome: "not_sent" }),
      ask(ours, explainMessage, { message_id }),
      ask(ours, mayISend, { conversation_id }),
    ].map(refused),
  );
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: "not_found" });
  const sends = (await ask(theirs, listUnknownSends, { business_id })).sends;
  expect(sends.map((one) => one.attempt_id)).toEqual([attempt_id]);
});

test("a key to one workspace sees that one only; a key that only reads settles nothing", async () => {
  const second = crypto.randomUUID();
  const secret = `12345678.${crypto.randomUUID()}`;
  const key = { org_id: ours.org_id, key_hash: await sha256Hex(secret), key_prefix: "12345678" };
  await h.exec({ role: "switchboard_worker" }, [
    insert("public.businesses", { id: second, org_id: ours.org_id, name: "Second", slug: "second" }),
    insert("public.api_keys", { ...key, business_id: second, scopes: ["read"] }),
  ]);
  const narrow = { api_key: secret };
  const [attempt] = (await ask(ours, listUnknownSends, {})).sends;
  expect(attempt).toBeDefined();
  expect(await ask(narrow, listUnknownSends, {})).toEqual({ sends: [], next: null });
  expect(await refused(ask(narrow, listUnknownSends, { business_id: ours.business_id }))).toMatchObject({
    code: "not_found",
  });
  const settling = ask(narrow, settleSend, { attempt_id: attempt?.attempt_id ?? "", outcome: "not_sent" });
  expect(await refused(settling)).toMatchObject({ code: "forbidden" });
});
