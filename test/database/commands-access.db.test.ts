import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import type { CommandFunction } from "../../shared/db/call.ts";
import type { Row } from "../../shared/db/exec.ts";
import { asServiceError } from "../../shared/errors.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { newCustomer } from "../factories/events.ts";
import { createMember, createTenant, insert, randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, verdict } from "./turn-fixtures.ts";

let db: Harness;
let ours: Tenant;
let theirs: Tenant;
beforeAll(async () => {
  db = await openHarness();
  [ours, theirs] = await Promise.all([createTenant(db.exec), createTenant(db.exec)]);
});
afterAll(() => db.close());

const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "allowed",
    (error: unknown) => asServiceError(error).code,
  );

/** Every command, on what belongs to a tenant. */
const commands: [
  CommandFunction,
  (ids: { conversation_id: string; message_id: string; business_id: string }) => Row,
][] = [
  [
    "send_message_v1",
    ({ conversation_id }) => ({ conversation_id, type: "text", text: "Hi", payload: {}, lease_seconds: 30 }),
  ],
  ["approve_draft_v1", ({ message_id }) => ({ message_id, version: 1, lease_seconds: 30 })],
  ["reject_draft_v1", ({ message_id }) => ({ message_id, version: 1 })],
  ["assign_conversation_v1", ({ conversation_id }) => ({ conversation_id, team_member_id: null })],
  ["resolve_conversation_v1", ({ conversation_id }) => ({ conversation_id })],
  ["reopen_conversation_v1", ({ conversation_id }) => ({ conversation_id })],
  ["set_ai_v1", ({ conversation_id }) => ({ conversation_id, enabled: false })],
  ["set_ai_v1", ({ business_id }) => ({ business_id, enabled: false })],
  ["mark_read_v1", ({ conversation_id }) => ({ conversation_id })],
];

async function drafted(tenant: Tenant) {
  const { conversation_id, turn } = await db.begun(tenant);
  const committed = await commit(db.exec, turn, verdict({ decision: "draft" }), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  return { conversation_id, message_id: committed.message_id ?? "", business_id: tenant.business_id };
}

async function keyFor({ org_id }: Tenant, change: Row = {}) {
  const api_key = `${randomDigits(8)}.${crypto.randomUUID()}`;
  const row = { org_id, key_hash: await sha256Hex(api_key), key_prefix: api_key.slice(0, 8), ...change };
  await db.exec({ role: "switchboard_worker" }, [insert("public.api_keys", row)]);
  return { api_key };
}

describe.each(commands)("%s", (name, argument) => {
  test("another tenant's does not exist, and stays as it is", async () => {
    const ids = await drafted(theirs);
    const state = async () => [await db.conversation(ids.conversation_id), await db.messages(ids.conversation_id)];
    const before = await state();
    expect(await refusal(db.as(ours, name, argument(ids)))).toBe("not_found");
    expect(await state()).toEqual(before);
  });

  test("a key without the scope, and a revoked one, may not", async () => {
    const ids = await drafted(ours);
    const reader = await keyFor(ours, { scopes: ["read"] });
    expect(await refusal(db.as(reader, name, argument(ids)))).toBe("forbidden");
    const revoked = await keyFor(ours, { revoked_at: new Date() });
    expect(await refusal(db.as(revoked, name, argument(ids)))).toBe("unauthorized");
  });

  test("a key of another workspace of the same organization does not see it, one of its own does", async () => {
    const shop = await createTenant(db.exec);
    const ids = await drafted(shop);
    const other = { id: crypto.randomUUID(), org_id: shop.org_id, name: "Other", slug: `other-${randomDigits(8)}` };
    await db.exec({ role: "switchboard_worker" }, [insert("public.businesses", other)]);
    const stranger = await keyFor(shop, { business_id: other.id });
    expect(await refusal(db.as(stranger, name, argument(ids)))).toBe("not_found");
    const own = await keyFor(shop, { business_id: shop.business_id });
    expect(await refusal(db.as(own, name, argument(ids)))).toBe("allowed");
  });
});

test("a key revoked a moment ago does not open anything any more", async () => {
  const id = await db.writes(ours, newCustomer(), {});
  const key = await keyFor(ours);
  const read = () => refusal(db.as(key, "mark_read_v1", { conversation_id: id }));
  expect(await read()).toBe("allowed");
  await db.rows("update api_keys set revoked_at = now() where key_hash = $1", [await sha256Hex(key.api_key)]);
  expect(await read()).toBe("unauthorized");
});

describe("assign-conversation to somebody who may not have it", () => {
  const candidates: [string, () => Promise<string>][] = [
    ["a member of another organization", async () => theirs.owner.team_member_id],
    ["nobody we know", async () => crypto.randomUUID()],
    [
      "an agent who is not in this workspace",
      async () => (await createMember(db.exec, ours, { assigned: false })).team_member_id,
    ],
    [
      "a member who has left",
      async () => {
        const { team_member_id } = await createMember(db.exec, ours);
        await db.rows("update team_members set deleted_at = now() where id = $1", [team_member_id]);
        return team_member_id;
      },
    ],
  ];
  test.each(candidates)("%s: not found", async (_who, candidate) => {
    const conversation_id = await db.writes(ours, newCustomer(), {});
    const team_member_id = await candidate();
    expect(await refusal(db.as(ours, "assign_conversation_v1", { conversation_id, team_member_id }))).toBe("not_found");
  });
});

describe("giving a conversation back to the AI", () => {
  test("answers what nobody has answered, after the usual delay", async () => {
    const slow = await createTenant(db.exec, { channel: { ai_delay_seconds: 7 } });
    const customer = newCustomer();
    const id = await db.writes(slow, customer, {});
    await db.as(slow, "assign_conversation_v1", { conversation_id: id, team_member_id: slow.owner.team_member_id });
    await db.writes(slow, customer, { content: "Anybody?" });
    expect(await begin(db.exec, id, crypto.randomUUID())).toMatchObject({ outcome: "idle" });
    expect(await db.as(slow, "reopen_conversation_v1", { conversation_id: id })).toMatchObject({
      status: "ai_handling",
      assigned_to: null,
      wake: 7_000,
    });
    expect(await begin(db.exec, id, crypto.randomUUID())).toMatchObject({ outcome: "wait" });
  });

  test("has nothing to do after a person's answer, or a resolution", async () => {
    const id = await db.writes(ours, newCustomer(), {});
    await db.says(ours, id, "Nine o'clock");
    expect(await db.as(ours, "reopen_conversation_v1", { conversation_id: id })).toMatchObject({ wake: null });
    const other = await db.writes(ours, newCustomer(), {});
    await db.as(ours, "resolve_conversation_v1", { conversation_id: other });
    expect(await db.as(ours, "reopen_conversation_v1", { conversation_id: other })).toMatchObject({ wake: null });
  });

  test("the AI switched off answers nothing until it is on again, then what waited", async () => {
    const id = await db.writes(ours, newCustomer(), {});
    await db.as(ours, "set_ai_v1", { conversation_id: id, enabled: false });
    expect(await begin(db.exec, id, crypto.randomUUID())).toMatchObject({ outcome: "idle" });
    expect(await db.as(ours, "set_ai_v1", { conversation_id: id, enabled: true })).toMatchObject({ wake: 0 });
    expect(await begin(db.exec, id, crypto.randomUUID())).toMatchObject({ outcome: "begun" });
  });
});

test("mark-read takes the lines off the counter and names the last one for the provider", async () => {
  const id = await db.writes(ours, newCustomer(), { content: "1" }, { content: "2", provider_id: "wamid.last" });
  expect(await db.as(ours, "mark_read_v1", { conversation_id: id })).toMatchObject({
    unread_count: 0,
    last_inbound: "wamid.last",
  });
});

test("a person's message to a resolved conversation leaves it resolved", async () => {
  const id = await db.writes(ours, newCustomer(), {});
  await db.as(ours, "resolve_conversation_v1", { conversation_id: id });
  await db.says(ours, id, "One more thing from us");
  expect(await db.conversation(id)).toMatchObject({ status: "resolved" });
});
